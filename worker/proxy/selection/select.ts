/** Selects the backend of a request: the first by affinity and policy, the next in failover order, then the fallback pool. */
import { lowestTier, takesNew } from '../../balance/available.ts';
import { addressKey, hash32 } from '../../balance/hash.ts';
import { policies } from '../../balance/policies.ts';
import { take } from '../../balance/round-robin.ts';
import { fallbackOf } from '../../config/check.ts';
import type { PoolConfig } from '../../config/schema.ts';
import type { Choice, Exchange } from '../exchange.ts';
import type { PoolView } from '../pool-client/pool-view.ts';
import { selectByAffinity } from './select-by-affinity.ts';
import { divertToProbe, keyHashOf, policyView, selectLocally } from './select-locally.ts';

/** Selects the first backend in a pool; null when the pool has none available. With a slot in hand it needs no promise. */
export function selectFirst(exchange: Exchange, view: PoolView): Choice | null | Promise<Choice | null> {
  if (exchange.route.affinity !== 'none') return selectForClient(exchange, view);
  const choice = selectByPolicy(exchange, view);
  return choice === undefined ? selectAfterAsking(exchange, view) : choice;
}

/** Selects the backend that the client belongs to, else by policy. */
async function selectForClient(exchange: Exchange, view: PoolView): Promise<Choice | null> {
  if (!view.isKnown(Date.now())) await view.refresh(exchange);
  const own = await selectByAffinity(exchange, view);
  if (own) return own;
  const choice = selectByPolicy(exchange, view);
  return choice === undefined ? selectAfterAsking(exchange, view) : choice;
}

/** Selects by policy from what the isolate knows; undefined: it has to ask the pool's object first. */
function selectByPolicy(exchange: Exchange, view: PoolView): Choice | null | undefined {
  const now = Date.now();
  const slot = view.policy.leased ? view.takeSlot(now) : null;
  if (slot) return divertToProbe(view, exchange.repeatable) ?? slot;
  return view.mustAsk(now) ? undefined : selectLocally(exchange, view);
}

async function selectAfterAsking(exchange: Exchange, view: PoolView): Promise<Choice | null> {
  await view.refresh(exchange);
  return selectByPolicy(exchange, view) ?? selectLocally(exchange, view);
}

/**
 * Selects the next backend of a pool after a failure, never one of `tried` (ids); null when none is left. Available
 * backends of the lowest tier come first, then failing ones, then, in a pool that fails open, ejected and unhealthy ones,
 * one of which may have recovered. A client that carried a probe elsewhere goes to its own backend first.
 */
export function selectNext(exchange: Exchange, view: PoolView, tried: ReadonlySet<string>): Choice | null {
  const { pool, pin } = exchange;
  const { id, backends, whenUnavailable } = view.config;
  const own =
    pin && id === pool && !tried.has(pin.backend)
      ? backends.findIndex((backend) => backend.id === pin.backend)
      : -1;
  if (own >= 0 && backends[own]!.state !== 'disabled' && view.verdict(own) === 'available')
    return { index: own, reason: 'affinity' };
  const outs = whenUnavailable === 'fail-open' ? ['ejected', 'unhealthy'] : [];
  const levels = ['available', 'failing', ...outs];
  for (const level of levels) {
    const { indices } = lowestTier(
      backends,
      (backend, i) => !tried.has(backend.id) && takesNew(backend) && view.verdict(i) === level,
    );
    if (indices.length > 0) return { index: selectAmong(exchange, view, indices), reason: 'retry' };
  }
  return null;
}

/**
 * Selects by weight from a sequence of its own: a retry never moves the pool's. A client that is kept together by its
 * address or by the pool's hash always has the same next backend.
 */
function selectAmong(exchange: Exchange, view: PoolView, indices: readonly number[]): number {
  const { route, pin, headers } = exchange;
  const weights = view.weightsOf(indices, Date.now());
  const address = headers.get('cf-connecting-ip');
  const byAddress = route.affinity === 'ip' || (route.affinity === 'cookie-then-ip' && pin === null);
  if (byAddress && address !== null)
    return policies.hash.pick(policyView(view, weights, hash32(addressKey(address))));
  const keyHash = view.config.policy === 'hash' ? keyHashOf(exchange, view) : 0;
  if (view.policy.leased || keyHash === null) return take(view.failoverPosition, weights);
  return view.policy.pick(policyView(view, weights, keyHash));
}

/** Whether a retry may find another backend, in the pool or in its fallback. */
export const hasAlternatives = (config: PoolConfig): boolean =>
  config.backends.length > 1 || fallbackOf(config) !== null;

/** A pool and the backend selected there; null: it has none available. */
export interface PoolChoice<V extends PoolView> {
  readonly view: V;
  readonly choice: Choice | null;
}

/** Selects from the pool that takes over when `from` has no backend left, and so on to the end of the chain. */
export async function selectFallback<V extends PoolView>(
  exchange: Exchange,
  from: V,
  find: (pool: string) => V | undefined,
): Promise<PoolChoice<V>> {
  let view = from;
  for (let id = fallbackOf(view.config); id; id = fallbackOf(view.config)) {
    const other = find(id);
    if (!other) break;
    view = other;
    const choice = await selectFirst(exchange, view);
    if (choice) return { view, choice: { ...choice, reason: 'fallback' } };
  }
  return { view, choice: null };
}
