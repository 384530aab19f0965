/** A pool in a few figures: its health with cause and cost, and what its clients get. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useCallback, useMemo } from 'react';
import { type Incident, incidentsQuery } from '../../api/incidents.ts';
import type { PoolSample } from '../../api/status.ts';
import { Sparkline } from '../../components/sparkline.tsx';
import { HealthState, healthText } from '../../components/state.tsx';
import { useFigure, useTicking } from '../../live/use-live.ts';
import { bytesPerSecond, count, duration, percent, perSecond } from '../../model/format.ts';
import {
  availability,
  costInWords,
  isProblem,
  nextProbe,
  reasonOf,
  sinceInWords,
  summarise,
} from '../../model/health.ts';
import { rate } from '../../model/rates.ts';
import {
  type Columns,
  lastMinute,
  lately,
  perSecondOf,
  recentRate,
  sharesOf,
  total,
} from '../../model/series.ts';

interface KpiStripProps {
  readonly pool: string;
  readonly poolSample: PoolSample | undefined;
  /** The last five minutes. */
  readonly columns: Columns | undefined;
  /** Why each backend was last ejected, by id. */
  readonly causes: Readonly<Record<string, string>>;
}

/** The health in words, then the figures. */
export function KpiStrip({ pool, poolSample, columns, causes }: KpiStripProps) {
  const now = useFigure((time) => time);
  const perS = (poolSample ? rate(poolSample.samples, now) : null) ?? recentRate(columns);
  const { failed, requests, share } = lastMinute(columns);
  const status = poolSample?.status;
  const lines = useMemo(() => linesOf(columns), [columns]);
  const bytes = columns ? total(lately(columns, columns.bytesOut, MINUTE_MS)) / 60 : null;
  return (
    <div className="overflow-hidden rounded-lg border border-kumo-line bg-kumo-base">
      <HealthLine
        pool={pool}
        poolSample={poolSample}
        causes={causes}
        isIdle={columns !== undefined && requests === 0}
      />
      <dl className="grid grid-cols-2 border-t border-kumo-line lg:grid-cols-4">
        <Kpi name="Requests per second" over="last 10 s" value={perSecond(perS)} more={bytesPerSecond(bytes)}>
          <Sparkline values={lines.rates} label="Requests in the last five minutes" />
        </Kpi>
        <Kpi
          name="Failed requests"
          over="5xx to clients, last minute"
          value={percent(share)}
          more={failed > 0 ? `${count(failed)} of ${count(requests)}` : undefined}
          isBad={failed > 0}
        >
          <Sparkline values={lines.shares} label="Failed requests in the last five minutes" tone="bad" />
        </Kpi>
        <Kpi
          name="p95 latency"
          over="to headers, last 1–2 min, ±12 %"
          value={duration(status?.latencyMs.p95 ?? null)}
          more={`p50 ${duration(status?.latencyMs.p50 ?? null)}, p99 ${duration(status?.latencyMs.p99 ?? null)}`}
        >
          <Sparkline values={lines.p95Ms} label="p95 of what clients waited in the last five minutes" />
        </Kpi>
        <Since status={status} />
      </dl>
    </div>
  );
}

const MINUTE_MS = 60_000;

/** What was counted since the pool was created. */
function Since({ status }: { readonly status: PoolSample['status'] | undefined }) {
  const responses = Object.entries(status?.responses ?? {}).filter(
    ([name, n]) => n > 0 || /[245]xx/.test(name),
  );
  const own = Object.entries(status?.own ?? {});
  const refused = Object.entries(status?.retriesRefused ?? {}).filter(([, n]) => n > 0);
  return (
    <div className="-mt-px -ml-px flex min-w-0 flex-col gap-1 border-t border-l border-kumo-line p-4">
      <dt className="text-kumo-subtle">
        Responses <span className="block text-xs">since the pool was created</span>
      </dt>
      <dd className="flex flex-wrap gap-x-3">
        {responses.map(([name, n]) => (
          <span key={name} className="whitespace-nowrap">
            {name} <span className={name === '5xx' && n > 0 ? 'text-kumo-danger' : ''}>{count(n)}</span>
          </span>
        ))}
        {status && status.clientClosed > 0 && (
          <span className="whitespace-nowrap">clients left {count(status.clientClosed)}</span>
        )}
      </dd>
      <dd className="text-xs text-kumo-subtle">
        {own.length > 0 && (
          <span>By the balancer itself: {own.map(([code, n]) => `${code} ${count(n)}`).join(', ')}. </span>
        )}
        {status && status.savedByRetry > 0 && <span>Saved by a retry: {count(status.savedByRetry)}. </span>}
        {refused.length > 0 && (
          <span>Not retried: {refused.map(([why, n]) => `${why} ${count(n)}`).join(', ')}.</span>
        )}
      </dd>
    </div>
  );
}

/** The columns as sparklines, without the step that is still under way. */
function linesOf(columns: Columns | undefined) {
  if (!columns) return { rates: [], shares: [], p95Ms: [] };
  const { requests, stepMs, p95Ms } = columns;
  return {
    rates: perSecondOf(requests, stepMs).slice(0, -1),
    shares: sharesOf(columns['5xx'], requests).slice(0, -1),
    p95Ms: p95Ms.slice(0, -1),
  };
}

interface HealthLineProps extends Omit<KpiStripProps, 'columns'> {
  /** There were no requests in the last minute. */
  readonly isIdle: boolean;
}

/** The health: a word, why, since when, what it has cost, and what comes next. */
function HealthLine({ pool, poolSample, causes, isIdle }: HealthLineProps) {
  const summary = summarise(poolSample?.status);
  const since = useTicking((now) => sinceInWords(summary, now));
  const probe = useFigure((now) => nextProbe(poolSample?.status, now));
  const { data: incident } = useQuery({
    ...incidentsQuery,
    select: useCallback(
      (all: readonly Incident[]) => all.find((one) => one.pool === pool && one.to === null) ?? null,
      [pool],
    ),
  });
  const { health } = summary;
  const out = poolSample?.status.backends.find(
    ({ ejectedUntil, status }) => ejectedUntil || status === 'failing',
  );
  const cause = out && causes[out.id] ? `${out.id}: ${causes[out.id]}` : '';
  const facts = [
    cause,
    since,
    incident ? costInWords(incident.requestsFailed, incident.savedByRetry) : '',
    probe,
  ];
  return (
    <section aria-label={`Health of ${pool}`} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 p-4">
      <span className="text-base font-semibold">
        <HealthState health={health} />
      </span>
      <span className="min-w-0 flex-1 basis-72">
        {isProblem(health) || health === 'reduced' ? (
          <>
            <span className={`block ${healthText(health)}`}>{reasonOf(summary)}</span>
            <span className="block text-kumo-subtle">{facts.filter((fact) => fact !== '').join(' · ')}</span>
          </>
        ) : (
          <span className="text-kumo-subtle">
            {health !== 'ok'
              ? 'No figures yet.'
              : isIdle
                ? 'No requests in the last minute.'
                : 'Its clients get what they ask for.'}
          </span>
        )}
      </span>
      <span className="text-kumo-default">{availability(summary)}</span>
      {incident && (
        <Link to="/incidents" search={{ id: String(incident.id) }} className="text-kumo-link underline">
          Open incident
        </Link>
      )}
    </section>
  );
}

interface KpiProps {
  readonly name: string;
  /** The time that the figure covers. */
  readonly over: string;
  readonly value: string;
  readonly more?: string | undefined;
  readonly isBad?: boolean;
  readonly children: ReactNode;
}

function Kpi({ name, over, value, more, isBad = false, children }: KpiProps) {
  return (
    <div className="-mt-px -ml-px flex min-w-0 flex-col gap-1 border-t border-l border-kumo-line p-4">
      <dt className="text-kumo-subtle">
        {name} <span className="block text-xs">{over}</span>
      </dt>
      <dd className="flex flex-col gap-1">
        <span className="flex flex-wrap items-baseline gap-x-2">
          <span
            className={`text-base font-semibold sm:text-xl ${isBad ? 'text-kumo-danger' : 'text-kumo-default'}`}
          >
            {value}
          </span>
          {more && <span className="text-xs text-kumo-subtle">{more}</span>}
        </span>
        <span className="block min-h-7">{children}</span>
      </dd>
    </div>
  );
}
