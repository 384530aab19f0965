/** One pool in small: how many backends take requests, how much comes in, how much fails, how long it takes. */
import { Link } from '@tanstack/react-router';
import { createContext, memo, useContext, useMemo } from 'react';
import type { PoolSeries } from '../../../worker/objects/series.ts';
import type { Pulse, Pulses } from '../../api/status.ts';
import { Sparkline } from '../../components/sparkline.tsx';
import { HealthDot, healthText } from '../../components/state.tsx';
import { useFigure, useTicking } from '../../live/use-live.ts';
import { duration, percent, perSecond } from '../../model/format.ts';
import { summarise } from '../../model/health.ts';
import { rate } from '../../model/rates.ts';
import { failedShare, recentRate, whole } from '../../model/series.ts';
import { inWords } from './in-words.ts';

/** What the cards show. A link is costly to draw: only what is in it follows the figures. */
export const Figures = createContext<{
  readonly pulses: Pulses;
  readonly series: ReadonlyMap<string, PoolSeries>;
}>({ pulses: {}, series: new Map() });

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
  const pulse = figures.pulses[id];
  const series = figures.series.get(id);
  const requests = useMemo(() => whole(series?.requests ?? []), [series]);
  const summary = summarise(pulse?.status);
  const words = useTicking((now) => inWords(summary, pulse?.status, now));
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
      <Sparkline values={requests} label={`Requests to ${id} over five minutes`} />
      <span className="grid grid-cols-3 gap-2">
        <Figure name="req/s" value={<Rate pulse={pulse} series={series} />} />
        <Figure name="attempts failed" value={percent(failedShare(series))} />
        <Figure name="p95" value={duration(pulse?.status.latencyMs.p95 ?? null)} />
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
  readonly pulse: Pulse | undefined;
  readonly series: PoolSeries | undefined;
}

function Rate({ pulse, series }: RateProps) {
  return useFigure((now) => perSecond((pulse ? rate(pulse.samples, now) : null) ?? recentRate(series)));
}
