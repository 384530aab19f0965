/** One pool as a card: its health in words, and what its clients get. */
import { Link } from '@tanstack/react-router';
import { memo, type ReactNode, useContext, useMemo } from 'react';
import { Sparkline } from '../../components/sparkline.tsx';
import { HealthState, healthText } from '../../components/state.tsx';
import { useFigure, useTicking } from '../../live/use-live.ts';
import { duration, percent, perSecond } from '../../model/format.ts';
import { availability, sinceInWords } from '../../model/health.ts';
import { perSecondOf, sharesOf } from '../../model/series.ts';
import { Figures, poolFigures } from './figures.ts';

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
  const context = useContext(Figures);
  const now = useFigure((time) => time);
  const figures = poolFigures(context, id, now);
  const { summary, columns } = figures;
  const { rates, shares } = useMemo(
    () => ({
      rates: columns ? perSecondOf(columns.requests, columns.stepMs).slice(0, -1) : [],
      shares: columns ? sharesOf(columns['5xx'], columns.requests).slice(0, -1) : [],
    }),
    [columns],
  );
  const since = useTicking((time) => sinceInWords(summary, time));
  return (
    <>
      <span className="flex flex-wrap items-baseline gap-x-3">
        <span className="min-w-0 truncate text-base font-medium text-kumo-default" title={id}>
          {id}
        </span>
        <HealthState health={summary.health} />
        <span className="ml-auto text-kumo-subtle">{availability(summary)}</span>
      </span>
      <span className="flex min-h-10 flex-col">
        <span className={`line-clamp-2 ${healthText(summary.health)}`}>{summary.why}</span>
        <span className="text-kumo-subtle">
          {[figures.isRouteless ? 'No route leads here.' : '', since, figures.cost]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </span>
      <span className="mt-auto grid grid-cols-3 gap-3">
        <Figure name="req/s" over="10 s" value={perSecond(figures.rate)}>
          <Sparkline values={rates} label={`Requests to ${id} in the last five minutes`} />
        </Figure>
        <Figure
          name="failed"
          over="5xx, last minute"
          value={percent(figures.share)}
          isBad={(figures.failed ?? 0) > 0}
        >
          <Sparkline values={shares} label={`Failed requests to ${id} in the last five minutes`} tone="bad" />
        </Figure>
        <Figure name="p95" over="1–2 min" value={duration(figures.p95)}>
          <Sparkline
            values={columns?.p95Ms.slice(0, -1) ?? []}
            label={`p95 of ${id} in the last five minutes`}
          />
        </Figure>
      </span>
    </>
  );
}

interface FigureProps {
  readonly name: string;
  readonly over: string;
  readonly value: string;
  readonly isBad?: boolean;
  readonly children: ReactNode;
}

function Figure({ name, over, value, isBad = false, children }: FigureProps) {
  return (
    <span className="flex min-w-0 flex-col">
      <span className="text-xs text-kumo-subtle">
        {name} <span className="block whitespace-nowrap">{over}</span>
      </span>
      <span className={`text-base ${isBad ? 'font-medium text-kumo-danger' : 'text-kumo-default'}`}>
        {value}
      </span>
      {children}
    </span>
  );
}
