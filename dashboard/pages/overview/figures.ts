/** The figures of each pool on the overview, of the status, the series and the open incidents. */
import { createContext } from 'react';
import type { Incident } from '../../api/incidents.ts';
import type { PoolSamples } from '../../api/status.ts';
import { costInWords, type Summary, summarise } from '../../model/health.ts';
import { rate } from '../../model/rates.ts';
import { type Columns, lastMinute, recentRate } from '../../model/series.ts';

/** What the cards and rows are made of. Links are costly to draw, so only their contents follow the figures. */
export interface FiguresContext {
  readonly poolSamples: PoolSamples;
  /** By pool id. */
  readonly series: ReadonlyMap<string, Columns>;
  /** The open incident of each pool that has one. */
  readonly open: ReadonlyMap<string, Incident>;
  /** The pools that no route leads to. */
  readonly routeless: ReadonlySet<string>;
}

/** The figures of the page. */
export const Figures = createContext<FiguresContext>({
  poolSamples: {},
  series: new Map(),
  open: new Map(),
  routeless: new Set(),
});

/** One pool. */
export interface PoolFigures {
  readonly summary: Summary;
  readonly columns: Columns | undefined;
  /** Client requests per second. */
  readonly rate: number | null;
  /** Requests of the last minute that got a 5xx, and their share. */
  readonly failed: number;
  readonly share: number | null;
  readonly p95: number | null;
  /** What the open incident has cost so far; empty without one. */
  readonly cost: string;
  /** No route leads to it. */
  readonly isRouteless: boolean;
}

/** The figures of one pool; `now` in epoch ms. */
export function poolFigures(
  { poolSamples, series, open, routeless }: FiguresContext,
  id: string,
  now: number,
): PoolFigures {
  const sample = poolSamples[id];
  const columns = series.get(id);
  const incident = open.get(id);
  const { failed, share } = lastMinute(columns);
  return {
    summary: summarise(sample?.status),
    columns,
    rate: (sample ? rate(sample.samples, now) : null) ?? recentRate(columns),
    failed,
    share,
    p95: sample?.status.latencyMs.p95 ?? null,
    isRouteless: routeless.has(id),
    cost: incident ? costInWords(incident.requestsFailed, incident.savedByRetry) : '',
  };
}
