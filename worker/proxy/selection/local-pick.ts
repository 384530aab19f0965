/** Picking on what the isolate knows: who may be asked, under which weights, by which policy. */
import { type Eligible, eligible } from '../../balance/available.ts';
import { hash32 } from '../../balance/hash.ts';
import type { View } from '../../balance/policies.ts';
import { take } from '../../balance/round-robin.ts';
import type { PoolView } from '../pool-client/pool-view.ts';
import { hashKeyOf } from './hash-key.ts';
import { type Choice, probeInstead } from './pick.ts';

/** Picks on what the isolate knows: for policies that need no sequence, and for any when the object is away. */
export function localPick(
  view: PoolView,
  request: Request,
  path: string,
  repeatable: boolean,
): Choice | null {
  const probe = probeInstead(view, repeatable);
  if (probe) return probe;
  const set = eligibleNow(view);
  if (set.mode === 'none') return null;
  const reason = set.mode === 'fail-open' ? 'fail-open' : set.tier > 0 ? 'tier' : 'policy';
  const weights = weightsOf(view, set.indices);
  const { policy } = view;
  const keyHash = view.config.policy === 'hash' ? keyHashOf(view, request, path) : 0;
  // Without a key requests would all share one, and so one backend; they go round instead, as nginx's do.
  const index =
    policy.leased || keyHash === null
      ? take(view.localPosition, weights)
      : policy.pick(policyView(view, weights, keyHash));
  return { index, reason };
}

/** The backends that may be asked now, as this isolate knows them. */
export const eligibleNow = ({ config, verdict }: PoolView): Eligible =>
  eligible(config.backends, verdict, config.whenUnavailable === 'fail-open');

/** The weights in force of those at `indices`; 0 for all others. */
export function weightsOf(view: PoolView, indices: readonly number[]): number[] {
  const now = Date.now();
  const weights = view.config.backends.map(() => 0);
  for (const i of indices) weights[i] = view.weight(i, now);
  return weights;
}

/** What a policy is given to choose by. */
export function policyView(view: PoolView, weights: readonly number[], keyHash: number): View {
  return {
    weights,
    position: view.localPosition,
    inFlight: (i) => view.underWay(view.upstreams[i]!.id),
    keyHash,
    idHashes: view.idHashes,
    random: Math.random,
  };
}

/** The key that the `hash` policy keeps together; null when the request has none. */
export function keyHashOf(view: PoolView, request: Request, path: string): number | null {
  const key = hashKeyOf(view.config.hashKey, request.headers, path);
  return key === '' ? null : hash32(key);
}
