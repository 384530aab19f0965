/** Whether a backend gets the share it should, and what may explain it when it does not. No I/O. */
import type { PoolConfig, RouteConfig } from '../../api/config.ts';
import type { BackendStatus } from '../../api/status.ts';

/** Chance alone goes beyond three standard deviations once in 370 times. */
const SIGMAS = 3;

/**
 * Whether `share` differs from `expected` by more than chance would make it over `n` requests. With fewer than ten
 * expected either way nothing is said: the formula does not hold there.
 */
export function isSkewed(share: number | null, expected: number | null, n: number): boolean {
  if (share === null || expected === null || n * expected * (1 - expected) < 10) return false;
  return Math.abs(share - expected) > SIGMAS * Math.sqrt((expected * (1 - expected)) / n);
}

interface Surroundings {
  readonly pool: PoolConfig;
  readonly routes: readonly RouteConfig[];
  readonly statuses: readonly BackendStatus[];
}

/** What is known that moves shares away from the weights, a sentence each; none when nothing is. */
export function reasonsOf({ pool, routes, statuses }: Surroundings): string[] {
  const sticky = routes.filter(({ pool: id, affinity }) => id === pool.id && affinity !== 'none');
  const ejected = statuses.filter(({ ejectedUntil }) => ejectedUntil !== null).map(({ id }) => id);
  const reasons: string[] = [];
  if (sticky.length > 0)
    reasons.push(`Affinity keeps clients where they are (route ${sticky.map(({ id }) => id).join(', ')}).`);
  if (ejected.length > 0)
    reasons.push(`The share is of one to two minutes, and ${ejected.join(', ')} was ejected meanwhile.`);
  if (pool.slowStartMs > 0)
    reasons.push('A backend that comes back rises to its weight slowly (slowStartMs).');
  if (pool.policy === 'hash')
    reasons.push(`Policy hash follows the keys (${pool.hashKey}), some of which come more often.`);
  if (pool.policy === 'least-request') reasons.push('Policy least-request prefers who answers faster.');
  return reasons;
}

/** A skew in words: how it lies, over how many requests, and why as far as that is known. */
export function explainSkew(share: number, expected: number, n: number, reasons: readonly string[]): string {
  const side = share > expected ? 'More' : 'Less';
  const why = reasons.length > 0 ? reasons.join(' ') : 'The configuration does not explain it.';
  return `${side} than its weight would give, beyond chance (${n} requests in the last seconds). ${why}`;
}
