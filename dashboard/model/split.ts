/** The weights of a split as they are dragged and typed. No I/O. */

/** The shares in per cent, to one decimal; all 0 without any weight. */
export function sharesOf(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (total === 0 ? 0 : Math.round((weight / total) * 1_000) / 10));
}

/** The weights as whole per cents that sum to 100; what rounding leaves over goes to the largest. */
export function asPercent(weights: readonly number[]): number[] {
  const rounded = sharesOf(weights).map(Math.round);
  const rest = 100 - rounded.reduce((sum, share) => sum + share, 0);
  const largest = rounded.indexOf(Math.max(...rounded));
  return rounded.map((share, i) => (i === largest ? share + rest : share));
}

/**
 * Moves the border between pool `index` and the next one: the pools up to it have `percent` together. The two share what
 * they had; the others keep theirs. Returns weights in per cent.
 */
export function moveBorder(weights: readonly number[], index: number, percent: number): number[] {
  const shares = asPercent(weights);
  const before = shares.slice(0, index).reduce((sum, share) => sum + share, 0);
  const both = shares[index]! + shares[index + 1]!;
  const own = Math.min(both, Math.max(0, Math.round(percent) - before));
  return shares.with(index, own).with(index + 1, both - own);
}

/**
 * Gives pool `index` this share in per cent; the others divide the rest as they did, or equally if they had nothing. Returns
 * weights in per cent.
 */
export function setShare(weights: readonly number[], index: number, percent: number): number[] {
  if (weights.length === 1) return [100];
  const own = Math.min(100, Math.max(0, Math.round(percent)));
  const others = weights.with(index, 0);
  const isEmpty = others.every((weight) => weight === 0);
  const parts = isEmpty ? others.map((_, i) => (i === index ? 0 : 1)) : others;
  const total = parts.reduce((sum, part) => sum + part, 0);
  const shares = parts.map((part) => Math.floor((part / total) * (100 - own)));
  const rest = 100 - own - shares.reduce((sum, share) => sum + share, 0);
  const largest = parts.indexOf(Math.max(...parts));
  return shares.map((share, i) => (i === index ? own : i === largest ? share + rest : share));
}
