/** The rules of a rollout: the weights of each step, and when a step has failed. No I/O. */
import { LIMITS } from '../config/limits.ts';
import type { RouteConfig } from '../config/schema.ts';
import { noLatencies, quantile } from './latency.ts';

/** A pool of a split and its weight. */
export type Share = NonNullable<RouteConfig['split']>['pools'][number];

/** When to put everything back. */
export interface AbortWhen {
  readonly failedPercent: number;
  /** Null: the time does not count. */
  readonly p95Ms: number | null;
  /** Fewer requests say nothing: the step waits. */
  readonly minRequests: number;
}

/** What clients received from one pool; `waited`: by bucket of latency.ts. */
export interface SeenCounts {
  readonly requests: number;
  readonly failed: number;
  readonly waited: Readonly<Record<number, number>>;
}

/** The same as figures; null: nothing is known. */
export interface Seen {
  readonly requests: number;
  readonly failedPercent: number | null;
  readonly p95Ms: number | null;
}

/** A new pool may be this much worse than the other one, which may have a bad time of its own. */
const TOLERATED = 1.5;

/** Makes the figures of counts; per cent to one hundredth. */
export function seenOf({ requests, failed, waited }: SeenCounts): Seen {
  const dense = noLatencies().map((_, bucket) => waited[bucket] ?? 0);
  return {
    requests,
    failedPercent: requests === 0 ? null : Math.round((10_000 * failed) / requests) / 100,
    p95Ms: quantile(dense, 0.95),
  };
}

/** Sums counts of several pools. */
export function sumSeen(all: readonly SeenCounts[]): SeenCounts {
  const waited: Record<number, number> = {};
  for (const one of all)
    for (const bucket in one.waited) waited[bucket] = (waited[bucket] ?? 0) + one.waited[bucket]!;
  return {
    requests: all.reduce((sum, { requests }) => sum + requests, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    waited,
  };
}

/** Explains why the step has failed; null when it has not. `other` is the last known of the pools that had the traffic. */
export function failureOf(next: Seen, other: Seen, when: AbortWhen): string | null {
  const { failedPercent, p95Ms } = next;
  if (failedPercent !== null && isWorse(failedPercent, when.failedPercent, other.failedPercent))
    return `${failedPercent} % of ${next.requests} requests failed, more than ${when.failedPercent} %${beside(other.failedPercent, '%')}`;
  if (when.p95Ms !== null && p95Ms !== null && isWorse(p95Ms, when.p95Ms, other.p95Ms))
    return `95 % of the requests took up to ${p95Ms} ms, more than ${when.p95Ms} ms${beside(other.p95Ms, 'ms')}`;
  return null;
}

const isWorse = (value: number, limit: number, other: number | null): boolean =>
  value > limit && value > TOLERATED * (other ?? 0);

const beside = (other: number | null, unit: string): string =>
  other === null ? '' : `, beside ${other} ${unit} in the other pool`;

/**
 * The weights with which `to` gets `share` per cent. The others share the rest as in `before`; null when they have no
 * weight there, so that no pool could take the traffic back.
 */
export function sharesOf(before: readonly Share[], to: string, share: number): Share[] | null {
  const others = before.reduce((sum, { pool, weight }) => (pool === to ? sum : sum + weight), 0);
  if (others === 0) return null;
  // Per cent where they are whole numbers: an operator reads them as they are.
  const percent = before.map(({ pool, weight }) => (pool === to ? share : ((100 - share) * weight) / others));
  if (percent.every(Number.isInteger)) return before.map(({ pool }, i) => ({ pool, weight: percent[i]! }));
  const exact = before.map(({ pool, weight }) => (pool === to ? others * share : weight * (100 - share)));
  const divisor = exact.reduce(gcd);
  const most = Math.max(...exact) / divisor;
  const scale = most > LIMITS.splitWeight ? LIMITS.splitWeight / most : 1;
  return before.map(({ pool }, i) => ({ pool, weight: Math.round((exact[i]! / divisor) * scale) }));
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** The weights after an abort: `to` gets nothing, the others what they had. */
export const sharesBack = (before: readonly Share[], to: string): Share[] =>
  before.map(({ pool, weight }) => ({ pool, weight: pool === to ? 0 : weight }));
