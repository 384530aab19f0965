/** The actions on all selected backends. */

import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { XIcon } from '@phosphor-icons/react';
import { type FormEvent, useState } from 'react';
import { ChangeButton } from '../../components/change-button.tsx';
import { plural } from '../../model/format.ts';
import type { Actions } from './actions.ts';
import { weightProblem } from './weight.tsx';

interface BulkBarProps {
  readonly ids: readonly string[];
  readonly actions: Actions;
  readonly onClear: () => void;
}

/** The bar, in the heading's line, so that the rows below stay in place. */
export function BulkBar({ ids, actions, onClear }: BulkBarProps) {
  const [weight, setWeight] = useState('');
  const problem = weightProblem(weight);
  const setAll = (event: FormEvent) => {
    event.preventDefault();
    if (problem === null) actions.setWeight(ids, Number(weight));
  };
  const button = (name: string, act: (ids: readonly string[]) => void) => (
    <ChangeButton size="sm" variant="secondary" onClick={() => act(ids)}>
      {name}
    </ChangeButton>
  );
  return (
    <div
      role="toolbar"
      aria-label={`Actions for ${plural(ids.length, 'backend')}`}
      className="flex flex-wrap items-center gap-2"
    >
      <span className="text-kumo-default">{ids.length} selected</span>
      {button('Drain', actions.drain)}
      {button('Enable', actions.enable)}
      {button('Disable', actions.disable)}
      <form onSubmit={setAll} className="flex items-center gap-1">
        <Input
          size="sm"
          aria-label="Weight for all selected"
          inputMode="numeric"
          placeholder="weight"
          value={weight}
          onChange={(event) => setWeight(event.currentTarget.value)}
          className="w-18"
          aria-invalid={weight !== '' && problem !== null}
          title={weight === '' ? undefined : (problem ?? undefined)}
        />
        <ChangeButton size="sm" type="submit" variant="secondary" disabled={problem !== null}>
          Set
        </ChangeButton>
        {weight !== '' && problem !== null && (
          <span role="alert" className="text-kumo-danger">
            {problem}
          </span>
        )}
      </form>
      <ChangeButton size="sm" variant="secondary-destructive" onClick={() => actions.remove(ids)}>
        Remove
      </ChangeButton>
      <Button
        size="sm"
        variant="ghost"
        shape="square"
        icon={XIcon}
        aria-label="Clear selection"
        onClick={onClear}
      />
    </div>
  );
}
