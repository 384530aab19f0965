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
