/** The whole deployment in one line: what clients get, and what is open. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { incidentsQuery } from '../../api/incidents.ts';
import { overviewSeriesQuery } from '../../api/series.ts';
import { deploymentQuery, poolSamplesQuery } from '../../api/status.ts';
import { useFigure } from '../../live/use-live.ts';
import { count, duration, percent, perSecond } from '../../model/format.ts';
import { rate } from '../../model/rates.ts';
import { lastMinute, lately, recentRate } from '../../model/series.ts';

const MINUTE_MS = 60_000;

/** The line. */
export function Totals() {
  const { data: series } = useQuery(overviewSeriesQuery);
  const { data: incidents } = useQuery(incidentsQuery);
  const { data: unrouted } = useQuery(deploymentQuery);
  const { data: poolSamples } = useQuery(poolSamplesQuery);
  const { requests, failed, share } = lastMinute(series);
  const perS = useFigure((now) => {
    const rates = Object.values(poolSamples ?? {}).map(({ samples }) => rate(samples, now));
    const known = rates.filter((one) => one !== null);
    return known.length > 0 ? known.reduce((sum, one) => sum + one, 0) : recentRate(series);
  });
  const p95 = series ? newest(lately(series, series.p95Ms, MINUTE_MS)) : null;
  const open = incidents?.filter(({ to }) => to === null).length;
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-lg border border-kumo-line bg-kumo-base sm:grid-cols-3 xl:grid-cols-5">
      <Total name="Requests per second" over="last 10 s" value={perSecond(perS)} />
      <Total
        name="Failed requests"
        over="5xx to clients, last minute"
        value={percent(share)}
        more={failed > 0 ? `${count(failed)} of ${count(requests)}` : undefined}
        isBad={failed > 0}
      />
      <Total name="p95 wait" over="to headers, newest 15 s" value={duration(p95)} />
      <Total
        name="Open incidents"
        over="now"
        value={
          <Link to="/incidents" className="hover:underline">
            {open === undefined ? '–' : count(open)}
          </Link>
        }
        isBad={(open ?? 0) > 0}
      />
      <Total
        name="Requests without a route"
        over="last minute, answered 404"
        value={
          <Link to="/requests" search={{ unrouted: 'true' }} className="hover:underline">
            {unrouted ? count(unrouted.lastMinute) : '–'}
          </Link>
        }
        isWarning={(unrouted?.lastMinute ?? 0) > 0}
      />
    </dl>
  );
}

/** The newest known value. */
const newest = (column: readonly (number | null)[]): number | null =>
  column.findLast((value) => value !== null) ?? null;

interface TotalProps {
  readonly name: string;
  /** The time that the figure covers. */
  readonly over: string;
  readonly value: ReactNode;
  readonly more?: string | undefined;
  readonly isBad?: boolean;
  readonly isWarning?: boolean;
}

function Total({ name, over, value, more, isBad = false, isWarning = false }: TotalProps) {
  const tone = isBad ? 'text-kumo-danger' : isWarning ? 'text-kumo-warning' : 'text-kumo-default';
  return (
    <div className="-mt-px -ml-px flex min-w-0 flex-col border-t border-l border-kumo-line px-4 py-3">
      <dt className="text-kumo-subtle">
        {name} <span className="block text-xs">{over}</span>
      </dt>
      <dd className={`flex flex-wrap items-baseline gap-x-2 text-xl font-semibold whitespace-nowrap ${tone}`}>
        {value}
        {more && <span className="text-xs font-normal">{more}</span>}
      </dd>
    </div>
  );
}
