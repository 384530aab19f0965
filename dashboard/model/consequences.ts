/** What would happen if backends got no new requests: which others would get them, in figures. No I/O. */
import type { PoolConfig } from '../api/config.ts';
import type { BackendStatus } from '../api/status.ts';
import { percent } from './format.ts';

interface Taken {
  readonly pool: PoolConfig;
  readonly statuses: readonly BackendStatus[];
  /** The backends that would get no new requests. */
  readonly ids: readonly string[];
}

const names = (ids: readonly string[]): string => {
  if (ids.length > 5) return `${ids.slice(0, 4).join(', ')} and ${ids.length - 4} others`;
  return ids.length < 2 ? ids.join('') : `${ids.slice(0, -1).join(', ')} and ${ids.at(-1)}`;
};

/** The ids of the enabled backends, without `ids`. */
const enabled = ({ pool, ids }: Taken): string[] =>
  pool.backends
    .filter(({ id, state, weight }) => state === 'active' && weight > 0 && !ids.includes(id))
    .map(({ id }) => id);

const ejected = ({ statuses }: Taken): Set<string> =>
  new Set(statuses.filter(({ ejectedUntil }) => ejectedUntil !== null).map(({ id }) => id));

/** Whether a backend is available now and none would be any more. */
export function isLast(taken: Taken): boolean {
  const out = ejected(taken);
  const available = (ids: readonly string[]) => ids.filter((id) => !out.has(id)).length;
  return available(enabled({ ...taken, ids: [] })) > 0 && available(enabled(taken)) === 0;
}

/** The backends that get new requests now: available, of the lowest tier that has one. */
function serving(taken: Taken): PoolConfig['backends'] {
  const out = ejected(taken);
  const ids = enabled({ ...taken, ids: [] });
  const available = taken.pool.backends.filter(({ id }) => ids.includes(id) && !out.has(id));
  const lowest = Math.min(...available.map(({ tier }) => tier));
  return available.filter(({ tier }) => tier === lowest);
}

/** The share of the pool's capacity, by weight, that would get no new requests: 0 to 1. */
function lostCapacity(taken: Taken): number {
  const now = serving(taken);
  const weightOf = (backends: PoolConfig['backends']) =>
    backends.reduce((sum, { weight }) => sum + weight, 0);
  return weightOf(now.filter(({ id }) => taken.ids.includes(id))) / Math.max(1, weightOf(now));
}

/** More than this share of the capacity is taken away only after a question. */
const HARMLESS_SHARE = 1 / 3 + 0.001;

/**
 * Why an operator should confirm it: no backend would be left, the next tier would have to take over, or more than a third
 * of the capacity would be gone. `none`: no reason to ask.
 */
export function lossOf(taken: Taken): 'all' | 'tier' | 'capacity' | 'none' {
  if (isLast(taken)) return 'all';
  const lost = lostCapacity(taken);
  if (lost >= 1) return 'tier';
  return lost > HARMLESS_SHARE ? 'capacity' : 'none';
}

/** The question before backends are taken away; null: it is harmless. `verb`: `Drain`. */
export function questionOf(taken: Taken, verb: string): { title: string; consequence: string } | null {
  const { pool, ids } = taken;
  const [tier] = serving(taken).map((backend) => backend.tier);
  const one = ids.length === 1;
  const name = one ? ids[0] : `${ids.length} backends`;
  switch (lossOf(taken)) {
    case 'all':
      return {
        title: `${verb} the last available ${one ? 'backend' : 'backends'} of ${pool.id}?`,
        consequence: consequence(taken),
      };
    case 'tier':
      return {
        title: `${verb} the last available ${one ? 'backend' : 'backends'} of tier ${tier} of ${pool.id}?`,
        consequence: `${consequence(taken)} That is the next tier.`,
      };
    case 'capacity': {
      const lost = lostCapacity(taken);
      const times = (1 / (1 - lost)).toFixed(1);
      return {
        title: `${verb} ${name} of ${pool.id}?`,
        consequence: `That is ${percent(lost)} of the capacity. ${consequence(taken)} Each gets ${times} times as many requests as now.`,
      };
    }
    case 'none':
      return null;
  }
}

/** What would happen, in one sentence, by the API's current figures. */
export function consequence(taken: Taken): string {
  const { pool, statuses, ids } = taken;
  const out = ejected(taken);
  const left = enabled(taken);
  const heirs = left.filter((id) => !out.has(id));
  if (heirs.length === 0) return noneLeft(pool, left);
  const lowest = Math.min(...pool.backends.filter(({ id }) => heirs.includes(id)).map(({ tier }) => tier));
  const tier = pool.backends.filter((backend) => backend.tier === lowest && heirs.includes(backend.id));
  const shares = statuses.filter(({ id }) => ids.includes(id)).map(({ expectedShare }) => expectedShare);
  const share = shares.includes(null) ? null : shares.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  const how = share === null ? 'Its requests go' : `${percent(share)} of requests go`;
  return `${how} to ${names(tier.map(({ id }) => id))}.`;
}

/** `left`: the enabled backends, all of them ejected. */
function noneLeft({ whenUnavailable }: PoolConfig, left: readonly string[]): string {
  if (whenUnavailable.startsWith('pool:'))
    return `All requests go to pool ${whenUnavailable.slice('pool:'.length)} (whenUnavailable).`;
  if (whenUnavailable === 'fail-open' && left.length > 0)
    return `All requests go to ${names(left)}, although ejected (whenUnavailable: fail-open).`;
  return left.length > 0
    ? 'All requests get 503 with Retry-After until an ejection ends (whenUnavailable: reject).'
    : 'All requests get 503: no backend of this pool is active.';
}
