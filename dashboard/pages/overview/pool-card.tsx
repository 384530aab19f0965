/** One pool as a card: backends available, request rate, failures and latency. */
import { Link } from '@tanstack/react-router';
import { createContext, memo, useContext, useMemo } from 'react';
import type { PoolSample, PoolSamples } from '../../api/status.ts';
import { Sparkline } from '../../components/sparkline.tsx';
import { HealthDot, healthText } from '../../components/state.tsx';
import { useFigure, useTicking } from '../../live/use-live.ts';
import { duration, percent, perSecond } from '../../model/format.ts';
import { stateInWords, summarise } from '../../model/health.ts';
import { completed, failedShare, rate, recentRate } from '../../model/rates.ts';
import type { PoolSeries } from '../../model/series.ts';

/** The figures of the cards. Links are costly to draw, so only their contents follow the figures. */
export const Figures = createContext<{
  readonly poolSamples: PoolSamples;
  readonly series: ReadonlyMap<string, PoolSeries>;
}>({ poolSamples: {}, series: new Map() });

/** A link to the pool. */
export const PoolCard = memo(function PoolCard({ id }: { readonly id: string }) {
  return (
    <Link
      to="/pools/$pool"
      params={{ pool: id }}
      className="flex h-full flex-col gap-3 rounded-lg border border-kumo-line bg-kumo-base p-4 hover:border-kumo-brand"
    >
      <Inside id={id} />
    </Link>
  );
});

function Inside({ id }: { readonly id: string }) {
  const figures = useContext(Figures);
  const poolSample = figures.poolSamples[id];
  const series = figures.series.get(id);
  const requests = useMemo(() => completed(series?.requests ?? []), [series]);
  const summary = summarise(poolSample?.status);
  const words = useTicking((now) => stateInWords(summary, poolSample?.status, now));
  return (
    <>
      <span className="flex items-baseline gap-2">
        <HealthDot health={summary.health} />
        <span className="truncate text-base font-medium text-kumo-default">{id}</span>
        <span className="ml-auto text-kumo-subtle">
          {summary.available} of {summary.total} available
        </span>
      </span>
      <span className={`min-h-5 truncate ${healthText(summary.health)}`}>{words}</span>
      <Sparkline values={requests} label={`Requests to ${id} in the last five minutes`} />
      <span className="grid grid-cols-3 gap-2">
        <Figure name="req/s" value={<Rate poolSample={poolSample} series={series} />} />
        <Figure name="failed attempts" value={percent(failedShare(series))} />
        <Figure name="p95 latency" value={duration(poolSample?.status.latencyMs.p95 ?? null)} />
      </span>
    </>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: React.ReactNode }) {
  return (
    <span className="flex flex-col">
      <span className="text-xs text-kumo-subtle">{name}</span>
      <span className="text-base text-kumo-default">{value}</span>
    </span>
  );
}

interface RateProps {
  readonly poolSample: PoolSample | undefined;
  readonly series: PoolSeries | undefined;
}

function Rate({ poolSample, series }: RateProps) {
  return useFigure((now) =>
    perSecond((poolSample ? rate(poolSample.samples, now) : null) ?? recentRate(series)),
  );
}
