/** Which backend first, and who next when it fails: the first pick by policy, the rest in failover order. */
import { standing } from '../balance/available.ts';
import type { Env } from '../env.ts';
import type { Reason } from '../objects/protocol.ts';
import { affinityPick } from './affinity-pick.ts';
import type { Exchange } from './exchange.ts';
import { askForSlots, takeSlot } from './lease.ts';
import { keyHashOf, localPick, policyView, weightsOf } from './local-pick.ts';
import { hearNews, knock } from './news.ts';
import type { PoolView } from './pool-view.ts';
import { probeInstead } from './probe.ts';

/** A backend by its place in the list as it is now, and why it. */
export interface Pick {
  readonly index: number;
  readonly reason: Reason;
}

/** Chooses the backend for a request; null when the pool has nobody to ask. With a slot in hand it needs no promise. */
export function firstPick(
  exchange: Exchange,
  view: PoolView,
  env: Env,
  ctx: ExecutionContext,
): Pick | null | Promise<Pick | null> {
  if (exchange.route.affinity === 'none' && view.policy.leased) {
    const slot = takeSlot(view, env, ctx, Date.now());
    if (slot) return probeInstead(view, exchange.repeatable, slot) ?? slot;
  }
  return pickWithNews(exchange, view, env, ctx);
}

async function pickWithNews(
  exchange: Exchange,
  view: PoolView,
  env: Env,
  ctx: ExecutionContext,
): Promise<Pick | null> {
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
    if (slot) return probeInstead(view, repeatable, slot) ?? slot;
    if (view.contact.isAway(now)) knock(view, env, ctx, now);
    else if (await askForSlots(view, env, ctx)) {
      const fresh = takeSlot(view, env, ctx, Date.now());
      if (fresh) return probeInstead(view, repeatable, fresh) ?? fresh;
    }
  } else await hearNews(view, env, ctx);
  return localPick(view, request, path, repeatable);
}

/**
 * The next backend to try: never one already tried. Available ones of the lowest tier come first, then higher tiers,
 * then (unless the pool rejects) the ejected ones, since a request that would fail anyway may find one recovered.
 * `tried` by id. A client that carried a probe elsewhere goes to the backend that it belongs to.
 */
export function nextPick(exchange: Exchange, view: PoolView, tried: ReadonlySet<string>): Pick | null {
  const { request, route, pin } = exchange;
  const { id, backends, whenUnavailable } = view.config;
  const pinned = pin && id === route.pool && !tried.has(pin.backend) ? pin.backend : null;
  const own = pinned === null ? -1 : backends.findIndex((backend) => backend.id === pinned);
  if (own >= 0 && backends[own]!.state !== 'disabled' && !view.isEjected(own))
    return { index: own, reason: 'affinity' };
  const open = (i: number) => !tried.has(backends[i]!.id) && standing(backends[i]!, false) === 'available';
  const calm = (i: number) => open(i) && !view.isEjected(i) && !view.isSuspect(i);
  const wider = [
    calm,
    (i: number) => open(i) && !view.isEjected(i),
    ...(whenUnavailable === 'reject' ? [] : [open]),
  ];
  for (const fits of wider) {
    const indices = backends.map((_, i) => i).filter(fits);
    if (indices.length === 0) continue;
    const tier = Math.min(...indices.map((i) => backends[i]!.tier));
    const inTier = indices.filter((i) => backends[i]!.tier === tier);
    const last = backends.findLastIndex(({ id }) => tried.has(id));
    return { index: among(view, request, exchange.target.path, inTier, last), reason: 'retry' };
  }
  return null;
}

/** In list order after `last` for leased policies, so that a retry never moves the sequence; else by the policy itself. */
function among(
  view: PoolView,
  request: Request,
  path: string,
  indices: readonly number[],
  last: number,
): number {
  const policy = view.policy;
  if (policy.leased) return indices.find((i) => i > last) ?? indices[0]!;
  return policy.pick(policyView(view, weightsOf(view, indices), keyHashOf(view, request, path) ?? 0));
}
