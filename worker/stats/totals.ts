/** What a shard has counted for one backend id since the pool began: only ever grows, for counters must not go back. No I/O. */
import type { Outcome } from '../balance/types.ts';
import { FAILURE_KINDS, type FailureKind, type Totals } from '../protocol/messages.ts';

/** Upper bounds of the latency histogram in ms, inclusive; the last bucket has none. */
export const LATENCY_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

export const newTotals = (): Totals => ({
  requests: 0,
  retries: 0,
  failures: { 'connect-failure': 0, timeout: 0, stalled: 0, status: 0 },
  ejections: 0,
  responses: [0, 0, 0, 0, 0],
  latency: new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0),
  latencySumMs: 0,
});

/** Counts one attempt; `failed` when it counts against the backend, `retry` when it was not the request's first. */
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

/** The sum over shards. */
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

/** Backend ids remembered, those of the configuration first, so that one that comes back goes on counting. */
export const IDS_KEPT = 2_000;

/** The totals of a pool's backends by id; they outlive a backend's removal and a new address. */
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

  /** Past the limit the oldest goes that is not `inUse`: a counter that is still told must not go back. */
  of(id: string, inUse: (id: string) => boolean): Totals {
    let totals = this.#byId.get(id);
    if (!totals) {
      totals = newTotals();
      this.#byId.set(id, totals);
      if (this.#byId.size > IDS_KEPT) this.#forgetOne(id, inUse);
    }
    return totals;
  }

  #forgetOne(newest: string, inUse: (id: string) => boolean): void {
    for (const id of this.#byId.keys()) {
      if (id === newest || inUse(id)) continue;
      this.#byId.delete(id);
      return;
    }
  }

  dump(): [string, Totals][] {
    return [...this.#byId];
  }
}
