/** A pool in four figures, three of them with their last five minutes. */
import { type ReactNode, useMemo } from 'react';
import type { PoolSample } from '../../api/status.ts';
import { Sparkline } from '../../components/sparkline.tsx';
import { healthText } from '../../components/state.tsx';
import { useFigure } from '../../live/use-live.ts';
import { duration, percent, perSecond } from '../../model/format.ts';
import { isProblem, summarise, worstProblem } from '../../model/health.ts';
import { completed, failedShare, failedShares, rate, recentRate } from '../../model/rates.ts';
import type { PoolSeries } from '../../model/series.ts';

interface KpiStripProps {
  readonly poolSample: PoolSample | undefined;
  readonly series: PoolSeries | undefined;
  readonly causes: Readonly<Record<string, string>>;
}

/** The strip. */
export function KpiStrip({ poolSample, series, causes }: KpiStripProps) {
  const perS = useFigure((now) =>
    perSecond((poolSample ? rate(poolSample.samples, now) : null) ?? recentRate(series)),
  );
  const problem = useFigure((now) => worstProblem(poolSample?.status, causes, now));
  const summary = summarise(poolSample?.status);
  const failed = failedShare(series);
  const { requests, sharesOfFailed, p95Ms } = useMemo(() => linesOf(series), [series]);
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-lg border border-kumo-line bg-kumo-base xl:grid-cols-4">
      <Kpi name="Attempts per second" over="last 10 s" value={perS}>
        <Sparkline values={requests} label="Requests in the last five minutes" />
      </Kpi>
      <Kpi
        name="Failed attempts"
        over="last minute, those saved by a retry too"
        value={percent(failed)}
        isBad={(failed ?? 0) > 0}
      >
        <Sparkline
          values={sharesOfFailed}
          label="Failed attempts in the last five minutes"
          tone={(failed ?? 0) > 0 || sharesOfFailed.some((share) => share) ? 'bad' : 'calm'}
        />
      </Kpi>
      <Kpi
        name="p95 latency"
        over="to headers, last 1–2 min"
        value={duration(poolSample?.status.latencyMs.p95 ?? null)}
      >
        <Sparkline values={p95Ms} label="p95 latency in the last five minutes" />
      </Kpi>
      <Kpi
        name="Backends"
        over="now"
        value={poolSample ? `${summary.available} of ${summary.total} available` : '–'}
        isBad={isProblem(summary.health)}
      >
        <span className={`line-clamp-2 ${healthText(summary.health)}`}>{problem}</span>
      </Kpi>
    </dl>
  );
}

/** The lines of a series. */
function linesOf(series: PoolSeries | undefined) {
  const requests = completed(series?.requests ?? []);
  const sharesOfFailed = failedShares(requests, completed(series?.failures ?? []));
  return { requests, sharesOfFailed, p95Ms: completed(series?.p95Ms ?? []) };
}

interface KpiProps {
  readonly name: string;
  /** The time that the figure covers. */
  readonly over: string;
  readonly value: string;
  readonly isBad?: boolean;
  readonly children: ReactNode;
}

function Kpi({ name, over, value, isBad = false, children }: KpiProps) {
  return (
    <div className="-mt-px -ml-px flex min-w-0 flex-col gap-1 border-t border-l border-kumo-line p-4">
      <dt className="text-kumo-subtle">
        {name} <span className="text-xs">{over}</span>
      </dt>
      <dd className="flex flex-col gap-1">
        <span
          className={`truncate text-base font-semibold sm:text-xl ${isBad ? 'text-kumo-danger' : 'text-kumo-default'}`}
        >
          {value}
        </span>
        <span className="block min-h-7">{children}</span>
      </dd>
    </div>
  );
}
