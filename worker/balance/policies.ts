/** The policies by name. Add a policy here; schema, API, UI and the conformance suite pick it up. No I/O. */
import { score } from './hash.ts';
import { type Position, take } from './round-robin.ts';
import type { Random } from './types.ts';

/** The input of a policy. `weights[i]` is 0 for a backend that is not eligible. */
export interface View {
  readonly weights: readonly number[];
  /** The sequence; only a `leased` policy moves it. */
  readonly position: Position;
  /** How many requests this isolate or object has under way at a backend. */
  readonly inFlight: (index: number) => number;
  /** How long a backend takes to answer, in ms; 0: not known. */
  readonly time: (index: number) => number;
  readonly keyHash: number;
  /** `hash32` of each backend's id. */
  readonly idHashes: readonly number[];
  readonly random: Random;
}

/** How the next backend is chosen. */
export interface Policy {
  /** True: the Pool object runs the policy and leases out its picks. False: each isolate runs it on its own. */
  readonly leased: boolean;
  /** It looks at the requests in flight: only then are they counted until their responses have ended. */
  readonly countsInFlight?: boolean;
  /** It looks at the times that backends take: only then are they kept and shared. */
  readonly measuresTime?: boolean;
  /** Returns the index of the backend for the next request, or -1 if none is eligible. */
  readonly pick: (view: View) => number;
}

const roundRobin = (view: View) => take(view.position, view.weights);

/** Weighted random: every pick is drawn independently. */
function random(view: View): number {
  let left = 0;
  for (const weight of view.weights) left += weight;
  left *= view.random();
  let last = -1;
  for (let i = 0; i < view.weights.length; i++) {
    const weight = view.weights[i]!;
    if (weight === 0) continue;
    last = i;
    left -= weight;
    if (left < 0) return i;
  }
  return last;
}

/** Power of two choices: of two different backends drawn by weight, the one that costs less; the first of equals. */
function cheaperOfTwo(view: View, cost: (index: number) => number): number {
  const first = random(view);
  if (first < 0) return -1;
  const rest = view.weights.map((weight, i) => (i === first ? 0 : weight));
  const second = random({ ...view, weights: rest });
  if (second < 0) return first;
  return cost(second) < cost(first) ? second : first;
}

/** The cost is the requests in flight per unit of weight. */
const leastRequest = (view: View) =>
  // Idle backends tie, and the weighted draw decides. Counting the request itself would starve the lighter of two.
  cheaperOfTwo(view, (i) => view.inFlight(i) / view.weights[i]!);

/**
 * The cost is the time that a backend takes, for the requests in flight and this one, per unit of weight. Of a time below
 * 1 ms nothing is known but the requests in flight; idle backends of that kind tie, as above.
 */
const leastTime = (view: View) =>
  cheaperOfTwo(view, (i) => {
    const time = view.time(i);
    return (time < 1 ? view.inFlight(i) : time * (view.inFlight(i) + 1)) / view.weights[i]!;
  });

/** Weighted rendezvous hashing by the request's key. */
function hash(view: View): number {
  let winner = -1;
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < view.weights.length; i++) {
    const s = score(view.keyHash, view.idHashes[i]!, view.weights[i]!);
    if (s > best) {
      best = s;
      winner = i;
    }
  }
  return winner;
}

/** Every policy that a pool may name. */
export const policies = {
  'round-robin': { leased: true, pick: roundRobin },
  random: { leased: false, pick: random },
  'least-request': { leased: false, countsInFlight: true, pick: leastRequest },
  'least-time': { leased: false, countsInFlight: true, measuresTime: true, pick: leastTime },
  hash: { leased: false, pick: hash },
} satisfies Record<string, Policy>;

/** The name of a policy. */
export type PolicyName = keyof typeof policies;

/** The policy of this name. */
export const policyOf = (name: PolicyName): Policy => policies[name];
