/** The list's filters: a few by one click, and all by field. */
import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { type ComponentProps, memo, useEffect, useState } from 'react';
import type { Config } from '../../api/config.ts';
import type { RequestFilter } from '../../api/requests.ts';
import { Choice } from '../../components/choice.tsx';
import { outcomes } from '../../model/mapping.ts';
import { exactDuration, parseDuration } from '../../model/quantity.ts';
import {
  filterOf,
  isFiltered,
  isStatus,
  QUICK,
  type RequestsSearch,
  WITHIN,
  withFilter,
  withoutFilters,
} from './filter.ts';

interface FiltersProps {
  readonly search: RequestsSearch;
  readonly config: Config | undefined;
  /** Takes a function of the current search, because two fields may change it in quick succession. */
  readonly onChange: (change: (now: RequestsSearch) => RequestsSearch) => void;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Filters, and a button that clears them. The list below changes every second; the filters do not. */
export const Filters = memo(function Filters({ search, config, onChange }: FiltersProps) {
  const pools = config?.pools ?? [];
  const inPools = search.pool === undefined ? pools : pools.filter(({ id }) => id === search.pool);
  const backends = [...new Set(inPools.flatMap((pool) => pool.backends.map(({ id }) => id)))];
  const set =
    (key: keyof RequestFilter) =>
    (value = '') =>
      onChange((now) => withFilter(now, key, value));
  const slower = search.slowerThanMs;
  return (
    <search aria-label="Filters" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        {QUICK.map(({ name, key, value }) => (
          <Button
            key={name}
            size="sm"
            variant={search[key] === value ? 'primary' : 'secondary'}
            aria-pressed={search[key] === value}
            onClick={() => set(key)(search[key] === value ? '' : value)}
          >
            {name}
          </Button>
        ))}
        <Button
          size="sm"
          variant="secondary"
          className="ml-auto"
          disabled={!isFiltered(filterOf(search))}
          onClick={() => onChange(withoutFilters)}
        >
          Clear
        </Button>
      </div>
      <div className="grid grid-cols-2 items-start gap-3 sm:grid-cols-3 lg:grid-cols-5 2xl:grid-cols-9">
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
        <Choice
          label="Method"
          any="any method"
          value={search.method}
          choices={METHODS.map((method) => [method, method])}
          onChange={set('method')}
        />
        <Choice
          label="Answered"
          any="any time"
          value={search.withinMs}
          choices={WITHIN}
          onChange={set('withinMs')}
        />
        <TypedFilter
          label="Status"
          placeholder="502 or 5xx"
          value={search.status ?? ''}
          isComplete={isStatus}
          hint="Write a status such as 502, or a class such as 5xx."
          onChange={set('status')}
        />
        <TypedFilter
          label="Slower than"
          placeholder="500 ms"
          value={slower === undefined ? '' : exactDuration(Number(slower))}
          isComplete={(text) => text === '' || parseDuration(text) !== null}
          hint="Write a time such as 500 ms or 2 s."
          onChange={(text) => set('slowerThanMs')(text === '' ? '' : String(parseDuration(text)))}
        />
        <TypedFilter
          label="Host"
          placeholder="shop.example.com"
          value={search.host ?? ''}
          onChange={(text) => set('host')(text.toLowerCase())}
        />
        <TypedFilter
          label="Path starts with"
          placeholder="/cart"
          value={search.path ?? ''}
          isComplete={(text) => text === '' || text.startsWith('/')}
          hint="A path starts with /."
          onChange={set('path')}
        />
      </div>
    </search>
  );
});

interface TypedFilterProps extends Pick<ComponentProps<'input'>, 'placeholder'> {
  readonly label: string;
  readonly value: string;
  readonly isComplete?: (text: string) => boolean;
  /** What a complete value looks like: shown while it is not. */
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
      error={complete ? undefined : `Not applied. ${hint}`}
      aria-invalid={!complete}
    />
  );
}
