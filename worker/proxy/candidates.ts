/** Which backend first, and who next when it fails: the first pick by policy, the rest in failover order. */
import { type Eligible, eligible, standing } from '../balance/available.ts';
import { addressKey, hash32 } from '../balance/hash.ts';
import { policies, type View } from '../balance/policies.ts';
import { take } from '../balance/round-robin.ts';
import type { Env } from '../env.ts';
import type { Reason } from '../objects/protocol.ts';
import { readPin } from './affinity.ts';
import { noteClient } from './clients.ts';
import type { Exchange } from './exchange.ts';
import { hashKeyOf } from './hash-key.ts';
import { ask, takeSlot, wanted } from './lease.ts';
import { recordCharge } from './outbox.ts';
import type { PoolView } from './pool-view.ts';

export interface Pick {
  readonly index: number;
  readonly reason: Reason;
}

/** A probe goes to the first request that may be repeated; to any, when this many came that may not. */
const PROBE_SKIPS = 3;

/** Chooses the backend for a request; null when the pool has nobody to ask. With a slot in hand it needs no promise. */
export function firstPick(
  exchange: Exchange,
  view: PoolView,
  env: Env,
  ctx: ExecutionContext,
): Pick | null | Promise<Pick | null> {
  if (exchange.route.affinity === 'none' && policies[view.config.policy].leased) {
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
  const policy = policies[view.config.policy];
  const now = Date.now();
  if (policy.leased) {
    const slot = takeSlot(view, env, ctx, now);
    if (slot) return probeInstead(view, repeatable, slot) ?? slot;
    if (view.isAway(now)) knock(view, env, ctx, now);
    else if (await ask(view, env, wanted(view))) {
      const fresh = takeSlot(view, env, ctx, Date.now());
      if (fresh) return probeInstead(view, repeatable, fresh) ?? fresh;
    }
  } else await hearNews(view, env, ctx);
  return localPick(view, request, path, repeatable);
}

/** Asks how the pool stands when nothing has been heard of it for a second; behind the response if its object is away. */
async function hearNews(view: PoolView, env: Env, ctx: ExecutionContext): Promise<void> {
  const now = Date.now();
  if (view.isFresh(now)) return;
  if (view.isAway(now)) knock(view, env, ctx, now);
  else await ask(view, env, 0);
}

function knock(view: PoolView, env: Env, ctx: ExecutionContext, now: number): void {
  if (view.mayKnock(now)) ctx.waitUntil(ask(view, env, 0));
}

/** The backend of the client's cookie while it may be asked, else by address where the route says so; null: neither. */
async function affinityPick(
  exchange: Exchange,
  view: PoolView,
  env: Env,
  ctx: ExecutionContext,
): Promise<Pick | null> {
  await hearNews(view, env, ctx);
  const { affinity, affinityCookie } = exchange.route;
  const { headers } = exchange.request;
  const pick = (index: number, issuedAt: number | null): Pick => {
    noteClient(view, view.upstreams[index]!.id, issuedAt, exchange.request, env);
    if (policies[view.config.policy].leased) recordCharge(view, view.upstreams[index]!.id);
    return { index, reason: 'affinity' };
  };
  if (affinity !== 'ip') {
    const { id, backends } = view.config;
    const pin = await readPin(
      headers.get('cookie'),
      affinityCookie,
      id,
      backends,
      env.AFFINITY_SECRET ?? '',
      exchange.startedAt,
    );
    const index = pin ? backends.findIndex((backend) => backend.id === pin.backend) : -1;
    // Draining keeps its clients, and so does weight 0, which HAProxy treats alike.
    if (index >= 0 && backends[index]!.state !== 'disabled' && !view.isEjected(index)) {
      exchange.pin = pin;
      // A pinned client is the last to carry a probe; but where all clients are pinned, one must.
      return probeInstead(view, false, { index, reason: 'affinity' }) ?? pick(index, pin!.issuedAt);
    }
  }
  const address = affinity === 'cookie' ? null : headers.get('cf-connecting-ip');
  if (address === null) return null;
  const set = eligibleNow(view);
  if (set.mode === 'none') return null;
  const weights = weightsOf(view, set, NOBODY);
  const index = policies.hash.pick(policyView(view, weights, hash32(addressKey(address))));
  return probeInstead(view, exchange.repeatable, { index, reason: 'affinity' }) ?? pick(index, null);
}

/** Picks on what the isolate knows: for policies that need no sequence, and for any when the object is away. */
function localPick(view: PoolView, request: Request, path: string, repeatable: boolean): Pick | null {
  const set = eligibleNow(view);
  if (set.mode === 'none') return null;
  const reason = set.mode === 'fail-open' ? 'fail-open' : set.tier > 0 ? 'tier' : 'policy';
  const weights = weightsOf(view, set, NOBODY);
  const policy = policies[view.config.policy];
  const index = policy.leased
    ? take(view.localPosition, weights)
    : policy.pick(
        policyView(view, weights, view.config.policy === 'hash' ? keyHashOf(view, request, path) : 0),
      );
  const pick: Pick = { index, reason };
  return probeInstead(view, repeatable, pick) ?? pick;
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
  const policy = policies[view.config.policy];
  if (policy.leased) return indices.find((i) => i > last) ?? indices[0]!;
  const now = Date.now();
  const weights = view.config.backends.map((_, i) => (indices.includes(i) ? view.weight(i, now) : 0));
  return policy.pick(policyView(view, weights, keyHashOf(view, request, path)));
}

/** Gives the request to a backend whose ejection is over, when there is one and the request may carry the risk. */
function probeInstead(view: PoolView, repeatable: boolean, pick: Pick): Pick | null {
  const { probe } = view;
  if (!probe) return null;
  if (!repeatable && probe.skipped < PROBE_SKIPS) {
    probe.skipped++;
    return null;
  }
  view.probe = null;
  const index = view.config.backends.findIndex((backend) => backend.id === probe.id);
  const due =
    index >= 0 && standing(view.config.backends[index]!, true) === 'ejected' && view.isEjected(index);
  return due && pick.index !== index ? { index, reason: 'probe' } : null;
}

const NOBODY: ReadonlySet<number> = new Set();

/** The backends that may be asked now, as this isolate knows them; those suspected here are left out while others remain. */
export function eligibleNow(view: PoolView): Eligible {
  const failOpen = view.config.whenUnavailable === 'fail-open';
  const calm = eligible(view.config.backends, (i) => view.isEjected(i) || view.isSuspect(i), false);
  return calm.mode === 'none' ? eligible(view.config.backends, view.isEjected, failOpen) : calm;
}

function weightsOf(view: PoolView, set: Eligible, without: ReadonlySet<number>): number[] {
  const now = Date.now();
  const weights = view.config.backends.map(() => 0);
  for (const i of set.indices) if (!without.has(i)) weights[i] = view.weight(i, now);
  return weights;
}

function policyView(view: PoolView, weights: readonly number[], keyHash: number): View {
  return {
    weights,
    position: view.localPosition,
    inFlight: (i) => view.inFlight.get(view.upstreams[i]!.id) ?? 0,
    keyHash,
    idHashes: view.idHashes,
    random: Math.random,
  };
}

const keyHashOf = (view: PoolView, request: Request, path: string): number =>
  hash32(hashKeyOf(view.config.hashKey, request.headers, path));
