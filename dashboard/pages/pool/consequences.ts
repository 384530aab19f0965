/** What would happen if backends got no new requests: who takes theirs, in figures. No I/O. */
import type { PoolConfig } from '../../api/config.ts';
import type { BackendStatus } from '../../api/status.ts';
import { percent } from '../../model/format.ts';

interface Taken {
  readonly pool: PoolConfig;
  readonly statuses: readonly BackendStatus[];
  /** Those that would get no new requests. */
  readonly ids: readonly string[];
}

const names = (ids: readonly string[]): string => {
  if (ids.length > 5) return `${ids.slice(0, 4).join(', ')} and ${ids.length - 4} others`;
  return ids.length < 2 ? ids.join('') : `${ids.slice(0, -1).join(', ')} and ${ids.at(-1)}`;
};

/** The ids of those the operator lets take requests, without `ids`. */
const meant = ({ pool, ids }: Taken): string[] =>
  pool.backends
    .filter(({ id, state, weight }) => state === 'active' && weight > 0 && !ids.includes(id))
    .map(({ id }) => id);

const ejected = ({ statuses }: Taken): Set<string> =>
  new Set(statuses.filter(({ ejectedUntil }) => ejectedUntil !== null).map(({ id }) => id));

/** Whether backends take requests now and none would any more. */
export function isLast(taken: Taken): boolean {
  const out = ejected(taken);
  const available = (ids: readonly string[]) => ids.filter((id) => !out.has(id)).length;
  return available(meant({ ...taken, ids: [] })) > 0 && available(meant(taken)) === 0;
}

/** What would happen, in one sentence; as the API's figures are now. */
export function consequence(taken: Taken): string {
  const { pool, statuses, ids } = taken;
  const out = ejected(taken);
  const left = meant(taken);
  const heirs = left.filter((id) => !out.has(id));
  if (heirs.length === 0) return nobodyLeft(pool, left);
  const lowest = Math.min(...pool.backends.filter(({ id }) => heirs.includes(id)).map(({ tier }) => tier));
  const tier = pool.backends.filter((backend) => backend.tier === lowest && heirs.includes(backend.id));
  const shares = statuses.filter(({ id }) => ids.includes(id)).map(({ expectedShare }) => expectedShare);
  const share = shares.includes(null) ? null : shares.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  const how = share === null ? 'Its requests go' : `${percent(share)} of requests go`;
  return `${how} to ${names(tier.map(({ id }) => id))}.`;
}

/** `left`: active ones that are all ejected. */
function nobodyLeft({ whenUnavailable }: PoolConfig, left: readonly string[]): string {
  if (whenUnavailable.startsWith('pool:'))
    return `100 % of requests go to pool ${whenUnavailable.slice('pool:'.length)} (whenUnavailable).`;
  if (whenUnavailable === 'fail-open' && left.length > 0)
    return `100 % of requests go to ${names(left)}, although ejected (whenUnavailable: fail-open).`;
  return left.length > 0
    ? '100 % of requests are answered 503 with Retry-After, until an ejection is over (whenUnavailable: reject).'
    : '100 % of requests are answered 503: no backend of this pool is active.';
}
