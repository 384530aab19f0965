/** What a simulation counts, and the figures made of it. No I/O. */
import type { PoolConfig } from '../../worker/config/schema.ts';

export interface Tally {
  /** Over the measured seconds of every window. */
  seconds: number;
  readonly used: number[];
  waited: number;
  waitedMs: number;
  lostSlots: number;
  turnedAway: number;
  calls: number;
  /** The busiest second of any object. */
  peakCalls: number;
  /** Objects that had any call. */
  objects: number;
  /** Per window and isolate: how long after the API's answer it still used the draining backend. */
  readonly staleMs: number[];
}

export const newTally = (pool: PoolConfig): Tally => ({
  seconds: 0,
  used: pool.backends.map(() => 0),
  waited: 0,
  waitedMs: 0,
  lostSlots: 0,
  turnedAway: 0,
  calls: 0,
  peakCalls: 0,
  objects: 0,
  staleMs: [],
});

/** One line of the table. */
export interface Figures {
  readonly requests: number;
  readonly objects: number;
  /** Mean over objects and time; the busiest object's busiest second. */
  readonly callsPerSecond: { readonly mean: number; readonly peak: number };
  readonly callsPerRequest: number;
  readonly turnedAwayPercent: number;
  /** Requests that waited for a slot, and how long on average. */
  readonly waitedPercent: number;
  readonly waitedMs: number;
  /** The backend furthest from its weight, in percent of all requests. */
  readonly shareErrorPercent: number;
  readonly staleMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly lostSlotsPerMillion: number;
  readonly dollarsPerMillion: number;
}

/** List prices in dollars, Workers Paid, beyond what is included (Cloudflare's pricing pages, November 2026). */
const PRICE = {
  request: 0.3e-6,
  cpuMs: 0.02e-6,
  objectCall: 0.15e-6,
  gigabyteSecond: 12.5e-6,
  rowWritten: 1e-6,
};
/** CPU of one proxied request, as assumed. */
const CPU_MS = 2;
const OBJECT_GIGABYTES = 0.128;
/** An object that is busy writes its state, a batch of mappings and drops an old one once a second. */
const ROWS_PER_SECOND = 3;

export function figuresOf(tally: Tally, pool: PoolConfig): Figures {
  const requests = tally.used.reduce((a, b) => a + b, 0);
  const weights = pool.backends.map(({ weight }) => weight);
  const total = weights.reduce((a, b) => a + b, 0);
  const errors = tally.used.map((used, i) => Math.abs(used / requests - weights[i]! / total));
  const stale = tally.staleMs.toSorted((a, b) => a - b);
  const at = (q: number) => Math.round(stale[Math.ceil(q * stale.length) - 1] ?? 0);
  const { seconds, objects, calls } = tally;
  const objectSeconds = seconds * objects;
  const dollars =
    requests * (PRICE.request + CPU_MS * PRICE.cpuMs) +
    calls * PRICE.objectCall +
    objectSeconds * (OBJECT_GIGABYTES * PRICE.gigabyteSecond + ROWS_PER_SECOND * PRICE.rowWritten);
  return {
    requests,
    objects,
    callsPerSecond: { mean: Math.round(calls / objectSeconds), peak: tally.peakCalls },
    callsPerRequest: calls / requests,
    turnedAwayPercent: (100 * tally.turnedAway) / calls,
    waitedPercent: (100 * tally.waited) / requests,
    waitedMs: tally.waited > 0 ? tally.waitedMs / tally.waited : 0,
    shareErrorPercent: 100 * Math.max(...errors),
    staleMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    lostSlotsPerMillion: (1e6 * tally.lostSlots) / requests,
    dollarsPerMillion: (1e6 * dollars) / requests,
  };
}
