/** Rates and shares made of counters, and of a pool's last five minutes. No I/O. */
import type { PoolSeries } from './series.ts';

/** A reading of the counters, with the time it arrived (epoch ms of this browser). */
export interface Sample {
  readonly at: number;
  readonly requests: number;
  /** Requests by backend id. */
  readonly byBackend: ReadonlyMap<string, number>;
}
/** Oldest first. */
export type Samples = readonly Sample[];

/** Rates are averages over this time. */
const WINDOW_MS = 10_000;
/** Samples less than this apart are too few for a rate. */
const SHORTEST_MS = 3_000;

export const noSamples: Samples = [];

interface Counted {
  readonly at: number;
  readonly backends: readonly { readonly id: string; readonly requests: number }[];
}

/** Adds a reading and drops those that no rate needs any more. Counters that went back (a new pool object) start over. */
export function withSample(samples: Samples, { at, backends }: Counted): Samples {
  // This runs every second for every backend: one pass, and no garbage.
  let total = 0;
  const byBackend = new Map<string, number>();
  for (const { id, requests } of backends) {
    total += requests;
    byBackend.set(id, requests);
  }
  const sample = { at, requests: total, byBackend };
  const last = samples.at(-1);
  if (last && sample.requests < last.requests) return [sample];
  if (last && at <= last.at) return samples;
  const from = samples.findLastIndex((older) => older.at <= at - WINDOW_MS);
  return [...samples.slice(Math.max(0, from)), sample];
}

/**
 * Requests per second over the ten seconds before `now` (epoch ms); null until there are three seconds of data.
 * No message means no traffic: a pool reports only changes.
 */
export function rate(samples: Samples, now: number, backend?: string): number | null {
  const last = samples.at(-1);
  if (!last) return null;
  const until = Math.max(now, last.at);
  const before = samples.findLastIndex(({ at }) => at <= until - WINDOW_MS);
  const first = samples[Math.max(0, before)]!;
  if (before < 0 && until - first.at < SHORTEST_MS) return null;
  // After a silence, the requests counted have happened since it ended: they are not averaged over it.
  const next = samples[before + 1] ?? last;
  const wasSilent = before >= 0 && next.at - first.at > SHORTEST_MS;
  const elapsedMs = wasSilent ? WINDOW_MS : until - first.at;
  const value = (sample: Sample): number =>
    backend === undefined ? sample.requests : (sample.byBackend.get(backend) ?? 0);
  return Math.max(0, ((value(last) - value(first)) * 1_000) / elapsedMs);
}

/** Requests counted since `since` (epoch ms), at most those of the last ten seconds; 0 when that is not known. */
export function requestsSince(samples: Samples, since: number): number {
  const last = samples.at(-1);
  const first = samples.find(({ at }) => at >= since);
  return last && first ? last.requests - first.requests : 0;
}

/** Steps of a series in a minute. */
const STEPS_OF_A_MINUTE = 12;

/** The share of the last minute's attempts that failed, 0 to 1; null when there were none. */
export function failedShare(series: Pick<PoolSeries, 'requests' | 'failures'> | undefined): number | null {
  const sum = (values: readonly number[]) => values.slice(-STEPS_OF_A_MINUTE).reduce((a, b) => a + b, 0);
  const requests = sum(series?.requests ?? []);
  return requests === 0 ? null : sum(series?.failures ?? []) / requests;
}

/** The share of attempts that failed in each step; null in a step without any. */
export const failedShares = (requests: readonly number[], failures: readonly number[]): (number | null)[] =>
  requests.map((asked, i) => (asked === 0 ? null : (failures[i] ?? 0) / asked));

/** The completed steps: the last step is still under way, and would look like a drop. */
export const completed = <T>(steps: readonly T[]): readonly T[] => steps.slice(0, -1);

/** Steps of a series that make up a rate: ten seconds. */
const STEPS_OF_A_RATE = 2;

/** Requests per second in the last two completed steps, for a page that has just opened; null: not known. */
export function recentRate(series: Pick<PoolSeries, 'requests' | 'stepMs'> | undefined): number | null {
  if (!series) return null;
  const steps = completed(series.requests).slice(-STEPS_OF_A_RATE);
  return (steps.reduce((a, b) => a + b, 0) * 1_000) / (STEPS_OF_A_RATE * series.stepMs);
}
