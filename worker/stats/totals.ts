/** What a shard has counted for each backend id since the pool was created. An exported counter must never decrease. No I/O. */
import type { Outcome } from '../balance/types.ts';
import { FAILURE_KINDS, type FailureKind, type Totals } from '../protocol/messages.ts';

/** Upper bounds of the latency histogram in ms, inclusive; the last bucket has none. */
export const LATENCY_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

/** Totals of nothing. */
export const newTotals = (): Totals => ({
  requests: 0,
  retries: 0,
  failures: { 'connect-failure': 0, timeout: 0, stalled: 0, status: 0 },
  ejections: 0,
  responses: [0, 0, 0, 0, 0],
  latency: new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0),
  latencySumMs: 0,
});

/** Counts one attempt: `failed` if it counts against the backend, `retry` if it was not the first of its request. */
export function count(totals: Totals, outcome: Outcome, failed: boolean, retry: boolean): void {
  totals.requests++;
  if (retry) totals.retries++;
  if (failed) totals.failures[outcome.kind === 'response' ? 'status' : (outcome.kind as FailureKind)]++;
  if (outcome.kind !== 'response') return;
  const hundreds = Math.floor((outcome.status ?? 0) / 100) - 1;
  if (hundreds in totals.responses) totals.responses[hundreds]!++;
  const bucket = LATENCY_BOUNDS_MS.findIndex((bound) => outcome.ms <= bound);
  totals.latency[bucket < 0 ? LATENCY_BOUNDS_MS.length : bucket]!++;
  totals.latencySumMs += outcome.ms;
}

/** Sums totals over shards. */
export function sumTotals(all: readonly Totals[]): Totals {
  const sum = newTotals();
  for (const one of all) {
    sum.requests += one.requests;
    sum.retries += one.retries;
    sum.ejections += one.ejections;
    sum.latencySumMs += one.latencySumMs;
    for (const kind of FAILURE_KINDS) sum.failures[kind] += one.failures[kind] ?? 0;
    one.responses.forEach((n, i) => {
      sum.responses[i]! += n;
    });
    one.latency.forEach((n, i) => {
      sum.latency[i]! += n;
    });
  }
  return sum;
}

/** Backend ids remembered, those of the configuration first, so that a backend that is added again continues its counters. */
export const IDS_KEPT = 2_000;

/** The totals of a pool's backends by id. They outlive the removal of a backend and a change of its address. */
export class TotalsById {
  readonly #byId: Map<string, Totals>;

  constructor(stored: readonly (readonly [string, Totals])[] = []) {
    // An earlier version stored fewer kinds of failure.
    this.#byId = new Map(
      stored.map(([id, totals]) => [
        id,
        { ...totals, failures: { ...newTotals().failures, ...totals.failures } },
      ]),
    );
  }

  /** The totals of an id. When full, evicts the oldest id that is not `inUse`: an exported counter must never decrease. */
  of(id: string, inUse: (id: string) => boolean): Totals {
    let totals = this.#byId.get(id);
    if (!totals) {
      totals = newTotals();
      this.#byId.set(id, totals);
      if (this.#byId.size > IDS_KEPT) this.#evictOne(id, inUse);
    }
    return totals;
  }

  #evictOne(newest: string, inUse: (id: string) => boolean): void {
    for (const id of this.#byId.keys()) {
      if (id === newest || inUse(id)) continue;
      this.#byId.delete(id);
      return;
    }
  }

  /** What to store. */
  dump(): [string, Totals][] {
    return [...this.#byId];
  }
}
