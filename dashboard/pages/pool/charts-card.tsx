/** The charts of a pool with their range, which is in the URL. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, memo, Suspense, useState } from 'react';
import type { PoolConfig } from '../../api/config.ts';
import { poolSeriesQuery } from '../../api/series.ts';
import { Card } from '../../components/card.tsx';
import { Choice } from '../../components/choice.tsx';
import { RANGES, rangeOf } from '../../model/series.ts';

/** uPlot is loaded only with the charts. */
const TrafficCharts = lazy(async () => ({
  default: (await import('./traffic-charts.tsx')).TrafficCharts,
}));

const route = getRouteApi('/pools/$pool');

/** With more backends than this their lines are not read together; one can be chosen. */
const MANY = 24;

/** The card. */
export const ChartsCard = memo(function ChartsCard({ pool }: { readonly pool: PoolConfig }) {
  const { range: rangeId } = route.useSearch();
  const navigate = route.useNavigate();
  const range = rangeOf(rangeId);
  const [backend, setBackend] = useState<string | undefined>(undefined);
  const isLarge = pool.backends.length > MANY;
  const { data: series, error } = useQuery(
    poolSeriesQuery({ pool: pool.id, backend, byBackend: !isLarge }, range),
  );
  return (
    <Card
      title="Traffic"
      actions={
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">Range</legend>
          {RANGES.map(({ id, words }) => (
            <button
              key={id}
              type="button"
              aria-pressed={range.id === id}
              onClick={() =>
                void navigate({
                  search: (before) => ({ ...before, range: id === RANGES[0].id ? undefined : id }),
                  replace: true,
                  resetScroll: false,
                })
              }
              className={`min-h-8 rounded-md border px-2.5 text-kumo-default ${range.id === id ? 'border-kumo-brand bg-kumo-tint' : 'border-kumo-line hover:bg-kumo-tint'}`}
            >
              {words}
            </button>
          ))}
        </fieldset>
      }
    >
      <div className="flex min-h-80 flex-col gap-4 p-4 pt-2">
        {isLarge && (
          <div className="max-w-xs">
            <Choice
              label="Backend"
              any="the whole pool"
              value={backend}
              choices={pool.backends.map(({ id }) => [id, id])}
              onChange={setBackend}
            />
          </div>
        )}
        {error && !series && <p className="text-kumo-danger">{error.message}</p>}
        <Suspense fallback={null}>
          {series && (
            <TrafficCharts
              key={pool.id}
              pool={pool.id}
              series={series}
              range={`in the last ${range.words}`}
            />
          )}
        </Suspense>
      </div>
    </Card>
  );
});
