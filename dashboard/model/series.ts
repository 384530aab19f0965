/** Figures made of a pool's last five minutes. No I/O. */
import type { PoolSeries } from '../../worker/objects/series.ts';

/** A minute's worth of steps. */
const STEPS_OF_A_MINUTE = 12;

/** The share of the last minute's attempts that failed, 0 to 1; null when there were none. */
export function failedShare(series: Pick<PoolSeries, 'requests' | 'failures'> | undefined): number | null {
  const sum = (values: readonly number[]) => values.slice(-STEPS_OF_A_MINUTE).reduce((a, b) => a + b, 0);
  const requests = sum(series?.requests ?? []);
  return requests === 0 ? null : sum(series?.failures ?? []) / requests;
}

/** The steps that are over: the last one is still going on, and would show as a fall. */
export const whole = <T>(steps: readonly T[]): readonly T[] => steps.slice(0, -1);

/** Steps that a rate is made of: ten seconds' worth. */
const STEPS_OF_A_RATE = 2;

/** Requests a second in the last two steps that are over: what a page that has just opened can say; null: not known. */
export function recentRate(series: Pick<PoolSeries, 'requests' | 'stepMs'> | undefined): number | null {
  if (!series) return null;
  const steps = whole(series.requests).slice(-STEPS_OF_A_RATE);
  return (steps.reduce((a, b) => a + b, 0) * 1_000) / (STEPS_OF_A_RATE * series.stepMs);
}
