/** What the time line is narrowed to: a kind of entry, a pool. */
import { Choice } from '../../components/choice.tsx';
import { SHOWS, type Show } from '../../model/timeline.ts';

interface HistoryFiltersProps {
  readonly show: Show | null;
  readonly pool: string | undefined;
  readonly pools: readonly string[];
  readonly onChange: (next: { show?: string | undefined; pool?: string | undefined }) => void;
}

/** The two choices. */
export function HistoryFilters({ show, pool, pools, onChange }: HistoryFiltersProps) {
  return (
    <search
      aria-label="Filters"
      className="grid grid-cols-2 gap-3 sm:grid-cols-[repeat(2,minmax(8rem,14rem))]"
    >
      <Choice
        label="Show"
        any="everything"
        value={show ?? undefined}
        choices={Object.entries(SHOWS)}
        onChange={(next) => onChange({ show: next })}
      />
      <Choice
        label="Pool"
        any="any pool"
        value={pool}
        choices={pools.map((id) => [id, id])}
        onChange={(next) => onChange({ pool: next })}
      />
    </search>
  );
}
