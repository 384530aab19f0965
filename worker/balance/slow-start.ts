/** The ramp of a backend that has just come back. No I/O. */

/** Ramps in sixteenths, so that weights stay exact in binary and the sequence's arithmetic never drifts. */
const STEPS = 16;
/** Never below an eighth (Envoy's min_weight_percent is 10 %): a backend that gets nothing cannot warm up. */
const FIRST_STEP = 2;

/** The weight in force `now`: rises in a line from an eighth to the whole over `slowStartMs` after `since` (epoch ms). */
export function rampedWeight(weight: number, since: number, slowStartMs: number, now: number): number {
  const elapsed = now - since;
  if (slowStartMs <= 0 || since === 0 || elapsed >= slowStartMs) return weight;
  const step = Math.max(FIRST_STEP, Math.floor((Math.max(0, elapsed) / slowStartMs) * STEPS));
  return (weight * step) / STEPS;
}
