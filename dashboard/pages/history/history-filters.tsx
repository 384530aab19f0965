/** What the time line is narrowed to: a kind of entry, a pool. */
import { Select } from '@cloudflare/kumo/components/select';
import { SHOWS, type Show } from '../../model/timeline.ts';

interface HistoryFiltersProps {
  readonly show: Show | null;
  readonly pool: string | undefined;
  readonly pools: readonly string[];
  readonly onChange: (next: { show?: string | undefined; pool?: string | undefined }) => void;
}

const KINDS = [
  { value: '', label: 'everything' },
  ...Object.entries(SHOWS).map(([value, label]) => ({ value, label })),
];

/** The two choices. */
export function HistoryFilters({ show, pool = '', pools, onChange }: HistoryFiltersProps) {
  const ids = pool === '' || pools.includes(pool) ? pools : [pool, ...pools];
  const items = [{ value: '', label: 'any pool' }, ...ids.map((id) => ({ value: id, label: id }))];
  return (
    <search
      aria-label="Filters"
      className="grid grid-cols-2 gap-3 sm:grid-cols-[repeat(2,minmax(8rem,14rem))]"
    >
      <Select
        label="Show"
        className="w-full min-w-0"
        value={show ?? ''}
        items={KINDS}
        onValueChange={(next) => onChange({ show: next || undefined })}
      >
        {KINDS.map(({ value, label }) => (
          <Select.Option key={value} value={value}>
            {label}
          </Select.Option>
        ))}
      </Select>
      <Select
        label="Pool"
        className="w-full min-w-0"
        value={pool}
        items={items}
        onValueChange={(next) => onChange({ pool: next || undefined })}
      >
        {items.map(({ value, label }) => (
          <Select.Option key={value} value={value}>
            {label}
          </Select.Option>
        ))}
      </Select>
    </search>
  );
}
