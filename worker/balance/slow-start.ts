/** The weight of a backend that has just come back. No I/O. */

/** The weight rises in sixteenths, which are exact in binary: the sequence's arithmetic never drifts. */
const STEPS = 16;
/** The weight begins at an eighth (Envoy's min_weight_percent is 10 %): a backend without requests cannot warm up. */
const FIRST_STEP = 2;

/** The weight in force at `now`: it rises linearly from an eighth to the whole over `slowStartMs` after `since` (epoch ms). */
export function rampedWeight(weight: number, since: number, slowStartMs: number, now: number): number {
  const elapsed = now - since;
  if (slowStartMs <= 0 || since === 0 || elapsed >= slowStartMs) return weight;
  const step = Math.max(FIRST_STEP, Math.floor((Math.max(0, elapsed) / slowStartMs) * STEPS));
  return (weight * step) / STEPS;
}
