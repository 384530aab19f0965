/** Rates made of counters: how often something happened in the last seconds. No I/O. */

/** The newest counters with the time of their reading (epoch ms of the server), oldest first. */
export interface Sample {
  readonly at: number;
  readonly requests: number;
  readonly failures: number;
  /** Requests by backend id. */
  readonly byBackend: Readonly<Record<string, number>>;
}
export type Samples = readonly Sample[];

/** A rate is over this time. */
export const WINDOW_MS = 10_000;

export const noSamples: Samples = [];

interface Counted {
  readonly at: number;
  readonly backends: readonly { readonly id: string; readonly requests: number; readonly failures: number }[];
}

/** Adds a reading; what no rate needs any more goes. Counters that went back (another life of the pool) begin anew. */
export function withSample(samples: Samples, { at, backends }: Counted): Samples {
  const sum = (key: 'requests' | 'failures') => backends.reduce((total, backend) => total + backend[key], 0);
  const byBackend = Object.fromEntries(backends.map(({ id, requests }) => [id, requests]));
  const sample = { at, requests: sum('requests'), failures: sum('failures'), byBackend };
  const last = samples.at(-1);
  if (last && sample.requests < last.requests) return [sample];
  if (last && at <= last.at) return samples;
  const from = samples.findLastIndex((older) => older.at <= at - WINDOW_MS);
  return [...samples.slice(Math.max(0, from)), sample];
}

/**
 * Requests a second over the last ten seconds before `now` (epoch ms of the server); null while there is only one
 * reading and so nothing to compare. No news is no traffic: a pool tells only what changes.
 */
export function rate(samples: Samples, now: number, backend?: string): number | null {
  const last = samples.at(-1);
  const first = samples.findLast((sample) => sample.at <= now - WINDOW_MS) ?? samples[0];
  if (!last || !first) return null;
  if (first === last) return now - last.at >= WINDOW_MS ? 0 : null;
  const value = (sample: Sample): number =>
    backend === undefined ? sample.requests : (sample.byBackend[backend] ?? 0);
  const elapsedMs = Math.min(WINDOW_MS, Math.max(1_000, now - first.at));
  return Math.max(0, ((value(last) - value(first)) * 1_000) / elapsedMs);
}

/** Requests counted since `since` (epoch ms of the server), of the last ten seconds at most; 0 when that is not known. */
export function seen(samples: Samples, since: number): number {
  const last = samples.at(-1);
  const first = samples.find(({ at }) => at >= since);
  return last && first ? last.requests - first.requests : 0;
}
