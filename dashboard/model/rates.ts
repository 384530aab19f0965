/** Rates made of counters. No I/O. */

/** A reading of the counters, with the time it arrived (epoch ms of this browser). */
export interface Sample {
  readonly at: number;
  /** Requests of clients, those that left before their response included. */
  readonly requests: number;
  /** Attempts in all, and by backend id. */
  readonly attempts: number;
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
  readonly responses: Readonly<Record<string, number>>;
  readonly clientClosed: number;
  readonly backends: readonly { readonly id: string; readonly requests: number }[];
}

/** Adds a reading and drops those that no rate needs any more. Counters that went back (a new pool object) start over. */
export function withSample(samples: Samples, { at, responses, clientClosed, backends }: Counted): Samples {
  // This runs every second for every backend: one pass, and no garbage.
  let attempts = 0;
  const byBackend = new Map<string, number>();
  for (const { id, requests } of backends) {
    attempts += requests;
    byBackend.set(id, requests);
  }
  const requests = Object.values(responses).reduce((sum, n) => sum + n, clientClosed);
  const sample = { at, requests, attempts, byBackend };
  const last = samples.at(-1);
  if (last && (requests < last.requests || attempts < last.attempts)) return [sample];
  if (last && at <= last.at) return samples;
  const from = samples.findLastIndex((older) => older.at <= at - WINDOW_MS);
  return [...samples.slice(Math.max(0, from)), sample];
}

/**
 * Requests of clients per second, or attempts at one backend, over the ten seconds before `now` (epoch ms); null until there are three seconds of data.
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

/** Attempts counted since `since` (epoch ms), at most those of the last ten seconds; 0 when that is not known. */
export function requestsSince(samples: Samples, since: number): number {
  const last = samples.at(-1);
  const first = samples.find(({ at }) => at >= since);
  return last && first ? last.attempts - first.attempts : 0;
}
