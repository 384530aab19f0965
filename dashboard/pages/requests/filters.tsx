/** What the list is narrowed to: pool, backend, outcome, status, path. */
import { Button } from '@cloudflare/kumo/components/button';
import { memo } from 'react';
import type { Config } from '../../api/config.ts';
import type { RequestFilter } from '../../api/requests.ts';
import { Choice } from '../../components/choice.tsx';
import { outcomes } from '../../model/mapping.ts';
import { filterOf, isFiltered, isStatus, type RequestsSearch, withFilter, withoutFilters } from './filter.ts';
import { TypedFilter } from './typed-filter.tsx';

interface FiltersProps {
  readonly search: RequestsSearch;
  readonly config: Config | undefined;
  /** Takes what becomes of the search, as it then is: two fields may change it one right after the other. */
  readonly onChange: (change: (now: RequestsSearch) => RequestsSearch) => void;
}

/** The row of filters, and the way out of them. The list beside it changes every second; these do not. */
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
        label="Outcome of an attempt"
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
        isWhole={isStatus}
        hint="three digits, such as 502"
        onChange={set('status')}
      />
      <TypedFilter
        label="Path begins with"
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
