/** Imports a configuration: pasted, chosen or dropped. The API checks it before anything changes. */

import { Button } from '@cloudflare/kumo/components/button';
import { InputArea } from '@cloudflare/kumo/components/input';
import { FileArrowUpIcon } from '@phosphor-icons/react';
import { type DragEvent, useRef, useState } from 'react';
import { replaceConfig } from '../../changes/change.ts';
import { useChange } from '../../changes/submit-change.ts';
import { toastError } from '../../changes/toasts.ts';
import { Card } from '../../components/card.tsx';
import { ChangeButton } from '../../components/change-button.tsx';
import { plural } from '../../model/format.ts';
import { ImportVerdict } from './import-verdict.tsx';
import { useImport } from './use-import.ts';

/** `revision`: the one in force. */
export function ImportCard({ revision }: { readonly revision: number }) {
  const [text, setText] = useState('');
  const [isOver, setOver] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const { run, busy } = useChange();
  const state = useImport(text, revision);
  const accepted = state.phase === 'accepted' && state.accepted.changes.length > 0 ? state.accepted : null;

  const take = async (chosen: File | undefined) => {
    if (!chosen) return;
    try {
      setText(await chosen.text());
    } catch (error) {
      toastError(`${chosen.name} could not be read`, (error as Error).message);
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  const apply = async () => {
    if (!accepted) return;
    const label = `Imported a configuration: ${plural(accepted.changes.length, 'difference')}`;
    if (await run(replaceConfig(accepted.config, label))) setText('');
  };

  return (
    <Card title="Import">
      <div className="flex flex-col gap-4 p-4 pt-1">
        <p className="text-kumo-subtle">
          Replaces the whole configuration. You see the differences before you apply it, and you can undo it.
        </p>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the button below accepts files too */}
        <div
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
          className={isOver ? 'rounded-lg ring-2 ring-kumo-brand' : ''}
        >
          <InputArea
            aria-label="Configuration as JSON"
            value={text}
            onValueChange={(value: string) => setText(value)}
            placeholder={'Paste JSON or drop a file here: {"pools": […], "routes": […]}'}
            rows={8}
            spellCheck={false}
            disabled={busy}
            className="w-full font-mono text-[13px]"
          />
        </div>
        <div aria-live="polite" className="empty:-mt-4">
          <ImportVerdict state={state} />
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <input
            ref={file}
            type="file"
            accept=".json,application/json"
            aria-label="Configuration file"
            className="hidden"
            onChange={({ currentTarget }) => {
              void take(currentTarget.files?.[0]);
              // Allows choosing the same file again after it was corrected.
              currentTarget.value = '';
            }}
          />
          <Button
            variant="secondary"
            icon={FileArrowUpIcon}
            disabled={busy}
            onClick={() => file.current?.click()}
          >
            Choose file
          </Button>
          {text !== '' && !busy && (
            <Button variant="ghost" onClick={() => setText('')}>
              Clear
            </Button>
          )}
          <span role="status" className="ml-auto text-kumo-subtle">
            {busy && accepted && `Applying to ${plural(accepted.config.pools.length, 'pool')}…`}
          </span>
          <ChangeButton variant="primary" disabled={!accepted} loading={busy} onClick={apply}>
            Apply
          </ChangeButton>
        </div>
      </div>
    </Card>
  );
}
