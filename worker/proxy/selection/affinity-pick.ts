/** The backend that a client belongs to: by its cookie, else by its address. */
import { addressKey, hash32 } from '../../balance/hash.ts';
import { policies } from '../../balance/policies.ts';
import type { Env } from '../../env.ts';
import { readPin } from '../affinity/cookie.ts';
import { type Exchange, isPreflight } from '../exchange.ts';
import { noteClient } from '../pool-client/affinity-clients.ts';
import { hearNews } from '../pool-client/lease.ts';
import type { PoolView } from '../pool-client/pool-view.ts';
import { eligibleNow, localPick, policyView, weightsOf } from './local-pick.ts';
import { type Choice, probeInstead } from './pick.ts';

/** The backend of the client's cookie while it may be asked, else by address where the route says so; null: neither. */
export async function affinityPick(
  exchange: Exchange,
  view: PoolView,
  env: Env,
  ctx: ExecutionContext,
): Promise<Choice | null> {
  await hearNews(view, env, ctx);
  const { affinity, affinityCookie } = exchange.route;
  const { headers } = exchange;
  const pick = (index: number, issuedAt: number | null): Choice => {
    if (!isPreflight(exchange)) noteClient(view, view.upstreams[index]!.id, issuedAt, exchange.request, env);
    if (view.policy.leased) view.slots.charge(view.upstreams[index]!.id, index);
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
    if (index >= 0 && backends[index]!.state !== 'disabled' && mayStay(view, index)) {
      exchange.pin = pin;
      if (view.verdict(index) === 'failing') {
        const other = pickAroundFailing(exchange, view, index);
        if (other) return other;
      }
      // A pinned client is the last to carry a probe; but where all clients are pinned, one must.
      return probeInstead(view, false) ?? pick(index, pin!.issuedAt);
    }
  }
  const address = affinity === 'cookie' ? null : headers.get('cf-connecting-ip');
  if (address === null) return null;
  const probe = probeInstead(view, exchange.repeatable);
  if (probe) return probe;
  const set = eligibleNow(view);
  if (set.mode === 'none') return null;
  const weights = weightsOf(view, set.indices);
  return pick(policies.hash.pick(policyView(view, weights, hash32(addressKey(address)))), null);
}

/** Whether a pinned client may go on at its backend: with every backend out, in a pool that fails open, it stays as well. */
const mayStay = (view: PoolView, index: number): boolean =>
  view.verdict(index) !== 'ejected' || eligibleNow(view).mode === 'fail-open';

/**
 * Another backend for this request only: the client's own is failing, and every request that stayed would cost a retry,
 * of which the budget has only so many. The client keeps its cookie. Null when no better backend is left.
 */
function pickAroundFailing(exchange: Exchange, view: PoolView, own: number): Choice | null {
  const { indices } = eligibleNow(view);
  if (indices.includes(own)) return null;
  const pick = localPick(view, exchange.request, exchange.target.path, exchange.repeatable);
  if (pick && view.policy.leased) view.slots.charge(view.upstreams[pick.index]!.id, pick.index);
  return pick;
}
