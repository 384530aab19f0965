/** The one predicate for whether a backend may be chosen, and the set of eligible backends. No I/O. */
import type { Member } from './types.ts';

/**
 * The balancer's verdict: `available`; `failing`: used only when no other is left, because it is stalled or because the cap
 * on ejections keeps it in; `ejected`: out until a probe succeeds; `unhealthy`: out until its health checks succeed.
 */
export type Verdict = 'available' | 'failing' | 'ejected' | 'unhealthy';

/** Whether a verdict leaves a backend out. */
export const isOut = (verdict: Verdict): boolean => verdict === 'ejected' || verdict === 'unhealthy';

/** Why a backend takes no new requests, or `available`. `standby`: a lower tier has an available backend. */
export type Standing = Verdict | 'draining' | 'disabled' | 'weight-0' | 'standby';

/** The verdict on the backend at an index of the pool. */
export type VerdictOf = (index: number) => Verdict;

/** The standing of one backend, regardless of tiers. The state counts before the verdict: a disabled backend is never `ejected`. */
export function standing(member: Member, verdict: Verdict): Exclude<Standing, 'standby'> {
  if (member.state !== 'active') return member.state;
  if (member.weight === 0) return 'weight-0';
  return verdict;
}

/** Whether state and weight let a backend take new requests, regardless of the verdict. */
export const takesNew = (member: Member): boolean => standing(member, 'available') === 'available';

/**
 * The backends that take new requests.
 * `tier`: the lowest tier with an available backend, or with a failing one when none is available.
 * `fail-open`: all are out, so verdicts are ignored.
 * `none`: no backend is eligible (all are draining, disabled or of weight 0, or all are out in a pool that does not fail open).
 */
export interface Eligible {
  readonly mode: 'normal' | 'fail-open' | 'none';
  readonly tier: number;
  readonly indices: readonly number[];
}

/** Finds the lowest tier of available backends, else of failing ones, else with `failOpen` of those that are out. */
export function eligible(members: readonly Member[], verdictOf: VerdictOf, failOpen: boolean): Eligible {
  for (const wanted of ['available', 'failing'] as const) {
    const found = lowestTier(members, (member, i) => standing(member, verdictOf(i)) === wanted);
    if (found.indices.length > 0) return { mode: 'normal', ...found };
  }
  if (failOpen) {
    const open = lowestTier(members, takesNew);
    if (open.indices.length > 0) return { mode: 'fail-open', ...open };
  }
  return { mode: 'none', tier: 0, indices: [] };
}

/** The indices of the lowest tier among the backends that `fits` accepts; empty when it accepts none. */
export function lowestTier(members: readonly Member[], fits: (member: Member, index: number) => boolean) {
  let tier = Number.POSITIVE_INFINITY;
  let indices: number[] = [];
  members.forEach((member, i) => {
    if (member.tier > tier || !fits(member, i)) return;
    if (member.tier < tier) {
      tier = member.tier;
      indices = [];
    }
    indices.push(i);
  });
  return { tier: indices.length > 0 ? tier : 0, indices };
}
