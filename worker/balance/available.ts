/** The one predicate for «may be chosen», and the set of backends it leaves. No I/O. */
import type { Member } from './types.ts';

/** Why a backend may not take a new request, or `available`. `standby`: a lower tier has an available one. */
export type Standing = 'available' | 'ejected' | 'draining' | 'disabled' | 'weight-0' | 'standby';

/** Whether index `i` of the pool is ejected just now. */
export type IsEjected = (index: number) => boolean;

/** Decides for one backend, tiers aside. Intent comes before verdict: a disabled backend is never «ejected». */
export function standing(member: Member, ejected: boolean): Exclude<Standing, 'standby'> {
  if (member.state !== 'active') return member.state;
  if (member.weight === 0) return 'weight-0';
  return ejected ? 'ejected' : 'available';
}

/**
 * The backends that take new requests.
 * `tier`: the lowest tier with an available backend. `fail-open`: all are ejected, so ejection is ignored.
 * `none`: nobody may be asked even so (all draining, disabled or of weight 0).
 */
export interface Eligible {
  readonly mode: 'normal' | 'fail-open' | 'none';
  readonly tier: number;
  readonly indices: readonly number[];
}

/** Picks the lowest tier with an available backend; with `failOpen`, the lowest tier of ejected ones. */
export function eligible(members: readonly Member[], isEjected: IsEjected, failOpen: boolean): Eligible {
  const normal = lowestTier(members, (member, i) => standing(member, isEjected(i)) === 'available');
  if (normal.indices.length > 0) return { mode: 'normal', ...normal };
  if (failOpen) {
    const open = lowestTier(members, (member) => standing(member, false) === 'available');
    if (open.indices.length > 0) return { mode: 'fail-open', ...open };
  }
  return { mode: 'none', tier: 0, indices: [] };
}

function lowestTier(members: readonly Member[], fits: (member: Member, index: number) => boolean) {
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
