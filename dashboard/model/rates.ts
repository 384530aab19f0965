/** Rates made of counters: how often something happened in the last seconds. No I/O. */

/** The newest counters with the time at which they were heard (epoch ms of this browser), oldest first. */
export interface Sample {
  readonly at: number;
  readonly requests: number;
  /** Requests by backend id. */
  readonly byBackend: ReadonlyMap<string, number>;
}
export type Samples = readonly Sample[];

/** A rate is over this time. */
export const WINDOW_MS = 10_000;
/** Less says too little of a rate. */
const SHORTEST_MS = 3_000;

export const noSamples: Samples = [];

interface Counted {
  readonly at: number;
  readonly backends: readonly { readonly id: string; readonly requests: number }[];
}

/** Adds a reading; what no rate needs any more goes. Counters that went back (another life of the pool) begin anew. */
export function withSample(samples: Samples, { at, backends }: Counted): Samples {
  // Every second for every backend there is: one pass, and nothing made that does not stay.
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
 * Requests a second over the last ten seconds before `now` (epoch ms); null until three seconds can be compared.
 * No news is no traffic: a pool tells only what changes.
 */
export function rate(samples: Samples, now: number, backend?: string): number | null {
  const last = samples.at(-1);
  if (!last) return null;
  const until = Math.max(now, last.at);
  const before = samples.findLastIndex(({ at }) => at <= until - WINDOW_MS);
  const first = samples[Math.max(0, before)]!;
  if (before < 0 && until - first.at < SHORTEST_MS) return null;
  // After a silence what was counted has happened since: it is not spread over the silence too.
  const next = samples[before + 1] ?? last;
  const wasSilent = before >= 0 && next.at - first.at > SHORTEST_MS;
  const elapsedMs = wasSilent ? WINDOW_MS : until - first.at;
  const value = (sample: Sample): number =>
    backend === undefined ? sample.requests : (sample.byBackend.get(backend) ?? 0);
  return Math.max(0, ((value(last) - value(first)) * 1_000) / elapsedMs);
}

/** Requests counted since `since` (epoch ms), of the last ten seconds at most; 0 when that is not known. */
export function seen(samples: Samples, since: number): number {
  const last = samples.at(-1);
  const first = samples.find(({ at }) => at >= since);
  return last && first ? last.requests - first.requests : 0;
}
