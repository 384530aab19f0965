/** Selects a backend from what this isolate knows: which are eligible, with which weights, by which policy. */
import { takesNew } from '../../balance/available.ts';
import { addressKey, hash32 } from '../../balance/hash.ts';
import type { View } from '../../balance/policies.ts';
import { take } from '../../balance/round-robin.ts';
import { readCookie } from '../../lib/cookies.ts';
import type { Choice, Exchange } from '../exchange.ts';
import { type PoolView, reasonOf } from '../pool-client/pool-view.ts';

/** Selects without the Pool object: for policies that need no sequence, and for any policy while the object is away. */
export function selectLocally(exchange: Exchange, view: PoolView): Choice | null {
  const probe = divertToProbe(view, exchange.repeatable);
  if (probe) return probe;
  const set = view.eligible();
  if (set.mode === 'none') return null;
  const weights = view.weightsOf(set.indices, Date.now());
  const { policy } = view;
  const keyHash = view.config.policy === 'hash' ? keyHashOf(exchange, view) : 0;
  // Requests without a key would all go to one backend; they take turns instead, as in nginx.
  const index =
    policy.leased || keyHash === null
      ? take(view.localPosition, weights)
      : policy.pick(policyView(view, weights, keyHash));
  return { index, reason: reasonOf(set) };
}

/** A repeatable request is preferred as the probe; after this many others the next request is taken, whatever it is. */
const PROBE_SKIPS = 3;

/** Diverts the request to a backend that is due for a probe, if there is one and the request may carry it; else null. */
export function divertToProbe(view: PoolView, repeatable: boolean): Choice | null {
  if (!view.probe && view.breaker.hasFailed) {
    const due = view.takeDueProbe(Date.now());
    if (due >= 0) view.probe = { id: view.upstreams[due]!.id, skipped: 0 };
  }
  const { probe } = view;
  if (!probe) return null;
  if (!repeatable && probe.skipped < PROBE_SKIPS) {
    probe.skipped++;
    return null;
  }
  view.probe = null;
  const index = view.upstreams.findIndex(({ id }) => id === probe.id);
  const isDue =
    index >= 0 &&
    takesNew(view.config.backends[index]!) &&
    view.healths[index]!.ejectedUntil !== 0 &&
    !view.healths[index]!.unhealthy;
  return isDue ? { index, reason: 'probe' } : null;
}

/** The input of a policy. */
export function policyView(view: PoolView, weights: readonly number[], keyHash: number): View {
  const now = Date.now();
  return {
    weights,
    position: view.localPosition,
    inFlight: (i) => view.underWay(view.upstreams[i]!.id),
    time: (i) => view.responseTime(i, now),
    keyHash,
    idHashes: view.idHashes,
    random: Math.random,
  };
}

/** The hash of the key by which the `hash` policy keeps requests together; null when the request has no key. */
export function keyHashOf({ headers, target }: Exchange, { config }: PoolView): number | null {
  const key = readHashKey(config.hashKey, headers, target.path);
  return key === '' ? null : hash32(key);
}

/** Reads `ip`, `path`, `header:NAME` or `cookie:NAME` from a request; '' when it is missing. */
function readHashKey(hashKey: string, headers: Headers, path: string): string {
  if (hashKey === 'ip') return addressKey(headers.get('cf-connecting-ip') ?? '');
  if (hashKey === 'path') return path;
  const name = hashKey.slice(hashKey.indexOf(':') + 1);
  if (hashKey.startsWith('header:')) return headers.get(name) ?? '';
  return readCookie(headers.get('cookie'), name) ?? '';
}
