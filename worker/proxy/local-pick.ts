/** Picking on what the isolate knows: who may be asked, under which weights, by which policy. */
import { type Eligible, eligible } from '../balance/available.ts';
import { hash32 } from '../balance/hash.ts';
import type { View } from '../balance/policies.ts';
import { take } from '../balance/round-robin.ts';
import type { Pick } from './candidates.ts';
import { hashKeyOf } from './hash-key.ts';
import type { PoolView } from './pool-view.ts';
import { probeInstead } from './probe.ts';

/** Picks on what the isolate knows: for policies that need no sequence, and for any when the object is away. */
export function localPick(view: PoolView, request: Request, path: string, repeatable: boolean): Pick | null {
  const set = eligibleNow(view);
  if (set.mode === 'none') return null;
  const reason = set.mode === 'fail-open' ? 'fail-open' : set.tier > 0 ? 'tier' : 'policy';
  const weights = weightsOf(view, set.indices);
  const policy = view.policy;
  const index = policy.leased
    ? take(view.localPosition, weights)
    : policy.pick(
        policyView(view, weights, view.config.policy === 'hash' ? keyHashOf(view, request, path) : 0),
      );
  const pick: Pick = { index, reason };
  return probeInstead(view, repeatable, pick) ?? pick;
}

/** The backends that may be asked now, as this isolate knows them; those suspected here are left out while others remain. */
export function eligibleNow(view: PoolView): Eligible {
  const failOpen = view.config.whenUnavailable === 'fail-open';
  const calm = eligible(view.config.backends, (i) => view.isEjected(i) || view.isSuspect(i), false);
  return calm.mode === 'none' ? eligible(view.config.backends, view.isEjected, failOpen) : calm;
}

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

/** The key that the `hash` policy keeps together. */
export const keyHashOf = (view: PoolView, request: Request, path: string): number =>
  hash32(hashKeyOf(view.config.hashKey, request.headers, path));
