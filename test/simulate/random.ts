/** Random numbers that a seed repeats. No I/O. */

export type Random = () => number;

/** Numbers in [0, 1) by mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The time to the next of events that come independently, `perSecond` on average; in ms. */
export const gapMs = (perSecond: number, random: Random): number =>
  (-Math.log(1 - random()) / perSecond) * 1_000;
