/**
 * Smooth weighted round robin as three linear steps on a vector. No I/O.
 * The order is nginx's (src/http/ngx_http_upstream_round_robin.c): weights 5,1,1 give a a b a c a a.
 * `weights[i]` is 0 for a backend that is not eligible. The scan skips it and leaves its position, so the others keep their
 * proportions and it comes back without a burst.
 */

/** The sequence's position: one number per backend, in the pool's order. All zero for a new pool. */
export type Position = number[];

/** Advances the sequence by one. Returns the winner's index; -1, and changes nothing, if no weight is above 0. */
export function take(position: Position, weights: readonly number[]): number {
  let winner = -1;
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    position[i]! += weight;
    total += weight;
    if (winner < 0 || position[i]! > position[winner]!) winner = i;
  }
  if (winner >= 0) position[winner]! -= total;
  return winner;
}

/** Undoes one `take` that `index` won under the same `weights`. The steps are linear, so they can be undone in any order. */
export function giveBack(position: Position, weights: readonly number[], index: number): void {
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    position[i]! -= weights[i]!;
    total += weights[i]!;
  }
  position[index]! += total;
}

/**
 * Charges a request that went to `index` without being picked (affinity), so that new clients go elsewhere. Returns false,
 * and changes nothing, when the position would fall below -total: a flood of pinned requests must not exclude the backend
 * forever.
 */
export function charge(position: Position, weights: readonly number[], index: number): boolean {
  let total = 0;
  for (const weight of weights) total += weight;
  if (position[index]! + weights[index]! - total < -total) return false;
  for (let i = 0; i < weights.length; i++) position[i]! += weights[i]!;
  position[index]! -= total;
  return true;
}

/**
 * Adapts positions to new weights: scales them to the new total, so that a backend whose weight fell from 1000 to 1 does
 * not get a thousand requests in a row, and makes them sum to 0, which `take` relies on.
 */
export function rebase(position: readonly number[], oldTotal: number, newTotal: number): Position {
  const scale = oldTotal > 0 ? Math.min(1, newTotal / oldTotal) : 0;
  const scaled = position.map((value) => Math.trunc(value * scale));
  subtractEvenly(
    scaled,
    scaled.reduce((a, b) => a + b, 0),
  );
  return scaled;
}

/** Subtracts `sum` from the positions in equal parts, which leaves their order. */
function subtractEvenly(position: Position, sum: number): void {
  if (position.length === 0 || sum === 0) return;
  const each = Math.trunc(sum / position.length);
  const rest = sum - each * position.length;
  const whole = Math.trunc(rest);
  for (let i = 0; i < position.length; i++)
    position[i]! -= each + (i < Math.abs(whole) ? Math.sign(whole) : 0);
  // There is a fraction only during a slow start.
  position[0]! -= rest - whole;
}

/**
 * Lets the backend `index` back in at the mean position of the backends of `weights`, where it neither owes nor is owed
 * turns: those missed while it was out are not made up for. The sum stays 0, which `take` relies on.
 */
export function enter(position: Position, weights: readonly number[], index: number): void {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < weights.length; i++) {
    if (i === index || weights[i] === 0) continue;
    sum += position[i]!;
    count++;
  }
  const target = count > 0 ? Math.round(sum / count) : 0;
  const left = position[index]! - target;
  position[index] = target;
  subtractEvenly(position, -left);
}

/** The position of a pool in which only `index` has had its turn. */
export function positionAfterTurn(weights: readonly number[], index: number): Position {
  const position = [...weights];
  position[index]! -= weights.reduce((a, b) => a + b, 0);
  return position;
}

/** The position after `steps` picks. Shards start at different ones, so that they do not all begin with the same backend. */
export function positionAfter(weights: readonly number[], steps: number): Position {
  const position = weights.map(() => 0);
  for (let i = 0; i < steps; i++) take(position, weights);
  return position;
}
