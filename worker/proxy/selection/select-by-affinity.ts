/** Selects the backend that a client belongs to: by its cookie, else by its address. */
import { isOut } from '../../balance/available.ts';
import { addressKey, hash32 } from '../../balance/hash.ts';
import { policies } from '../../balance/policies.ts';
import { readPin } from '../affinity/cookie.ts';
import { type Choice, type Exchange, isPreflight } from '../exchange.ts';
import type { PoolView } from '../pool-client/pool-view.ts';
import { divertToProbe, policyView, selectLocally } from './select-locally.ts';

/** Selects by the client's cookie while its backend may be used, else by address if the route says so; null: neither. */
export async function selectByAffinity(exchange: Exchange, view: PoolView): Promise<Choice | null> {
  const { route, headers, startedAt, env } = exchange;
  const { affinity, affinityCookie } = route;
  if (affinity !== 'ip') {
    const { id: pool, backends } = view.config;
    const scope = { pool, backends, cookie: affinityCookie, secrets: env.AFFINITY_SECRET ?? '' };
    const pin = await readPin(headers.get('cookie'), scope, startedAt);
    const index = pin ? backends.findIndex(({ id }) => id === pin.backend) : -1;
    // A draining backend keeps its clients, and so does one of weight 0, as in HAProxy.
    if (index >= 0 && backends[index]!.state !== 'disabled' && canStay(view, index)) {
      exchange.pin = pin;
      if (view.verdict(index) === 'failing') {
        const other = selectAroundFailing(exchange, view, index);
        if (other) return other;
      }
      // A pinned client carries a probe only as the last resort; where all clients are pinned, one of them must.
      return divertToProbe(view, false) ?? chooseOwn(exchange, view, index, pin!.issuedAt);
    }
  }
  const address = affinity === 'cookie' ? null : headers.get('cf-connecting-ip');
  if (address === null) return null;
  const probe = divertToProbe(view, exchange.repeatable);
  if (probe) return probe;
  const set = view.eligible();
  if (set.mode === 'none') return null;
  const weights = view.weightsOf(set.indices, startedAt);
  const index = policies.hash.pick(policyView(view, weights, hash32(addressKey(address))));
  return chooseOwn(exchange, view, index, null);
}

/** Chooses a client's own backend and counts the client there. `issuedAt`: its cookie's (epoch seconds), or null. */
function chooseOwn(exchange: Exchange, view: PoolView, index: number, issuedAt: number | null): Choice {
  const { id } = view.upstreams[index]!;
  if (!isPreflight(exchange)) view.addClient(exchange, { backend: id, issuedAt, headers: exchange.headers });
  if (view.policy.leased) view.slots.charge(index);
  return { index, reason: 'affinity' };
}

/** Whether a pinned client may stay at its backend: not while it is ejected or unhealthy, unless the pool fails open. */
const canStay = (view: PoolView, index: number): boolean =>
  !isOut(view.verdict(index)) || view.eligible().mode === 'fail-open';

/**
 * Selects another backend for this request only, while the client's own is failing: otherwise each such request would cost
 * a retry, and the retry budget is limited. The client keeps its cookie. Null: there is no better backend.
 */
function selectAroundFailing(exchange: Exchange, view: PoolView, own: number): Choice | null {
  if (view.eligible().indices.includes(own)) return null;
  const choice = selectLocally(exchange, view);
  if (choice && view.policy.leased) view.slots.charge(choice.index);
  return choice;
}
