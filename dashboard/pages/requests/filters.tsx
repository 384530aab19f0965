/** The list's filters: pool, backend, outcome, status, path. */
import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { type ComponentProps, memo, useEffect, useState } from 'react';
import type { Config } from '../../api/config.ts';
import type { RequestFilter } from '../../api/requests.ts';
import { Choice } from '../../components/choice.tsx';
import { outcomes } from '../../model/mapping.ts';
import { filterOf, isFiltered, isStatus, type RequestsSearch, withFilter, withoutFilters } from './filter.ts';

interface FiltersProps {
  readonly search: RequestsSearch;
  readonly config: Config | undefined;
  /** Takes a function of the current search, because two fields may change it in quick succession. */
  readonly onChange: (change: (now: RequestsSearch) => RequestsSearch) => void;
}

/** The row of filters with a button that clears them. The list below changes every second; the filters do not. */
export const Filters = memo(function Filters({ search, config, onChange }: FiltersProps) {
  const pools = config?.pools ?? [];
  const inPools = search.pool === undefined ? pools : pools.filter(({ id }) => id === search.pool);
  const backends = [...new Set(inPools.flatMap((pool) => pool.backends.map(({ id }) => id)))];
  const set =
    (key: keyof RequestFilter) =>
    (value = '') =>
      onChange((now) => withFilter(now, key, value));
  return (
    <search
      aria-label="Filters"
      className="grid grid-cols-2 items-end gap-3 sm:grid-cols-3 lg:grid-cols-[repeat(2,minmax(8rem,12rem))_minmax(8rem,16rem)_7rem_minmax(8rem,1fr)_auto]"
    >
      <Choice
        label="Pool"
        any="any pool"
        value={search.pool}
        choices={pools.map(({ id }) => [id, id])}
        onChange={set('pool')}
      />
      <Choice
        label="Backend"
        any="any backend"
        value={search.backend}
        choices={backends.map((id) => [id, id])}
        onChange={set('backend')}
      />
      <Choice
        label="Attempt outcome"
        any="any outcome"
        value={search.outcome}
        choices={outcomes}
        onChange={set('outcome')}
      />
      <TypedFilter
        label="Status"
        placeholder="502"
        inputMode="numeric"
        maxLength={3}
        value={search.status ?? ''}
        isComplete={isStatus}
        hint="Three digits, such as 502"
        onChange={set('status')}
      />
      <TypedFilter
        label="Path starts with"
        placeholder="/cart"
        value={search.path ?? ''}
        onChange={set('path')}
      />
      <Button
        variant="secondary"
        disabled={!isFiltered(filterOf(search))}
        onClick={() => onChange(withoutFilters)}
      >
        Clear
      </Button>
    </search>
  );
});

interface TypedFilterProps extends Pick<ComponentProps<'input'>, 'placeholder' | 'inputMode' | 'maxLength'> {
  readonly label: string;
  readonly value: string;
  readonly isComplete?: (text: string) => boolean;
  /** What a complete value looks like. */
  readonly hint?: string;
  readonly onChange: (value: string) => void;
}

const PAUSE_MS = 300;

/** A filter that is typed: applied a moment after the last keystroke, once the text is complete. `value`: the URL's. */
function TypedFilter({ label, value, isComplete = () => true, hint, onChange, ...rest }: TypedFilterProps) {
  const [draft, setDraft] = useState(value);
  const [sent, setSent] = useState(value);
  if (value !== sent) {
    // Changed elsewhere: cleared, or the browser went back.
    setSent(value);
    setDraft(value);
  }
  const text = draft.trim();
  const complete = isComplete(text);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a keystroke starts the timer
  useEffect(() => {
    if (text === value || !complete) return;
    const timer = setTimeout(() => {
      setSent(text);
      onChange(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <Input
      {...rest}
      label={label}
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      className="w-full min-w-0"
      autoComplete="off"
      spellCheck={false}
      {...(complete ? {} : { title: hint, 'aria-invalid': true })}
    />
  );
}
