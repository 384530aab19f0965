/** Which backend first, and who next when it fails: the first pick by policy, the rest in failover order. */
import { lowestTier, takesNew } from '../../balance/available.ts';
import { addressKey, hash32 } from '../../balance/hash.ts';
import { policies } from '../../balance/policies.ts';
import { take } from '../../balance/round-robin.ts';
import type { Env } from '../../env.ts';
import type { Exchange } from '../exchange.ts';
import { askForSlots, hearNews, knock, takeSlot } from '../pool-client/lease.ts';
import type { PoolView } from '../pool-client/pool-view.ts';
import { affinityPick } from './affinity-pick.ts';
import { eligibleNow, keyHashOf, localPick, policyView, weightsOf } from './local-pick.ts';
import { type Choice, probeInstead } from './pick.ts';

/** Chooses the backend for a request; null when the pool has nobody to ask. With a slot in hand it needs no promise. */
export function firstPick(
  exchange: Exchange,
  view: PoolView,
  env: Env,
  ctx: ExecutionContext,
): Choice | null | Promise<Choice | null> {
  if (exchange.route.affinity === 'none' && view.policy.leased) {
    const slot = takeSlot(view, env, ctx, Date.now());
    if (slot) return probeInstead(view, exchange.repeatable) ?? slot;
  }
  return pickWithNews(exchange, view, env, ctx);
}

async function pickWithNews(
  exchange: Exchange,
  view: PoolView,
  env: Env,
  ctx: ExecutionContext,
): Promise<Choice | null> {
  if (exchange.route.affinity !== 'none') {
    const pinned = await affinityPick(exchange, view, env, ctx);
    if (pinned) return pinned;
  }
  const { request, repeatable } = exchange;
  const { path } = exchange.target;
  const policy = view.policy;
  const now = Date.now();
  if (policy.leased) {
    const slot = takeSlot(view, env, ctx, now);
    if (slot) return probeInstead(view, repeatable) ?? slot;
    if (view.contact.isAway(now)) knock(view, env, ctx, now);
    // A pool that is out grants no slots: one question a second will do.
    else if (eligibleNow(view).mode === 'none') await hearNews(view, env, ctx);
    else if (await askForSlots(view, env, ctx)) {
      const fresh = takeSlot(view, env, ctx, Date.now());
      if (fresh) return probeInstead(view, repeatable) ?? fresh;
    }
  } else await hearNews(view, env, ctx);
  return localPick(view, request, path, repeatable);
}

/**
 * The next backend to try: never one already tried. Available ones of the lowest tier come first, then failing ones, then
 * (in a pool that fails open) ejected ones, since a request that would fail anyway may find one recovered.
 * `tried` by id. A client that carried a probe elsewhere goes to the backend that it belongs to.
 */
export function nextPick(exchange: Exchange, view: PoolView, tried: ReadonlySet<string>): Choice | null {
  const { route, pin } = exchange;
  const { id, backends, whenUnavailable } = view.config;
  const own =
    pin && id === route.pool && !tried.has(pin.backend)
      ? backends.findIndex((backend) => backend.id === pin.backend)
      : -1;
  if (own >= 0 && backends[own]!.state !== 'disabled' && view.verdict(own) === 'available')
    return { index: own, reason: 'affinity' };
  const levels = ['available', 'failing', ...(whenUnavailable === 'fail-open' ? ['ejected'] : [])];
  for (const level of levels) {
    const { indices } = lowestTier(
      backends,
      (backend, i) => !tried.has(backend.id) && takesNew(backend) && view.verdict(i) === level,
    );
    if (indices.length > 0) return { index: nextAmong(exchange, view, indices), reason: 'retry' };
  }
  return null;
}

/**
 * By weight, from a sequence apart from the pool's own: a retry never moves that. A client that is kept together by its
 * address, or by the pool's hash, has a steady next choice.
 */
function nextAmong(exchange: Exchange, view: PoolView, indices: readonly number[]): number {
  const { route, pin, headers, request, target } = exchange;
  const weights = weightsOf(view, indices);
  const address = headers.get('cf-connecting-ip');
  const byAddress = route.affinity === 'ip' || (route.affinity === 'cookie-then-ip' && pin === null);
  if (byAddress && address !== null)
    return policies.hash.pick(policyView(view, weights, hash32(addressKey(address))));
  const keyHash = view.config.policy === 'hash' ? keyHashOf(view, request, target.path) : 0;
  if (view.policy.leased || keyHash === null) return take(view.failoverPosition, weights);
  return view.policy.pick(policyView(view, weights, keyHash));
}
