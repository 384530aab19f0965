/** A pool in four figures, each with its last five minutes. */
import { type ReactNode, useMemo } from 'react';
import type { PoolSeries } from '../../../worker/objects/series.ts';
import type { Pulse } from '../../api/status.ts';
import { Sparkline } from '../../components/sparkline.tsx';
import { healthText } from '../../components/state.tsx';
import { useFigure } from '../../live/use-live.ts';
import { duration, percent, perSecond } from '../../model/format.ts';
import { isProblem, summarise } from '../../model/health.ts';
import { rate } from '../../model/rates.ts';
import { failedShare, recentRate, whole } from '../../model/series.ts';
import { firstProblem, sharesFailed } from './kpis.ts';

interface KpiStripProps {
  readonly pulse: Pulse | undefined;
  readonly series: PoolSeries | undefined;
  readonly causes: Readonly<Record<string, string>>;
}

/** The strip. */
export function KpiStrip({ pulse, series, causes }: KpiStripProps) {
  const perS = useFigure((now) => perSecond((pulse ? rate(pulse.samples, now) : null) ?? recentRate(series)));
  const problem = useFigure((now) => firstProblem(pulse?.status, causes, now));
  const summary = summarise(pulse?.status);
  const failed = failedShare(series);
  const { requests, sharesOfFailed, p95Ms } = useMemo(() => linesOf(series), [series]);
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-lg border border-kumo-line bg-kumo-base xl:grid-cols-4">
      <Kpi name="Requests a second" value={perS}>
        <Sparkline values={requests} label="Requests over five minutes" />
      </Kpi>
      <Kpi
        name="Attempts failed"
        title="In the last minute; those that were tried again elsewhere count too"
        value={percent(failed)}
        isBad={(failed ?? 0) > 0}
      >
        <Sparkline values={sharesOfFailed} label="Attempts failed over five minutes" tone="bad" />
      </Kpi>
      <Kpi name="p95 to headers" value={duration(pulse?.status.latencyMs.p95 ?? null)}>
        <Sparkline values={p95Ms} label="p95 over five minutes" />
      </Kpi>
      <Kpi
        name="Backends"
        value={pulse ? `${summary.available} of ${summary.total} available` : '–'}
        isBad={isProblem(summary.health)}
      >
        <span className={`line-clamp-2 ${healthText(summary.health)}`}>{problem}</span>
      </Kpi>
    </dl>
  );
}

/** The same arrays for the same series, so that lines are drawn once. */
function linesOf(series: PoolSeries | undefined) {
  const requests = whole(series?.requests ?? []);
  const sharesOfFailed = sharesFailed(requests, whole(series?.failures ?? []));
  return { requests, sharesOfFailed, p95Ms: whole(series?.p95Ms ?? []) };
}

interface KpiProps {
  readonly name: string;
  /** What the figure is of, where the name does not say it. */
  readonly title?: string;
  readonly value: string;
  readonly isBad?: boolean;
  readonly children: ReactNode;
}

function Kpi({ name, title, value, isBad = false, children }: KpiProps) {
  return (
    <div className="-mt-px -ml-px flex min-w-0 flex-col gap-1 border-t border-l border-kumo-line p-4">
      <dt className="text-kumo-subtle" title={title}>
        {name}
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
