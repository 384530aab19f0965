/** Shares the requests of one route between pools: in a smooth sequence, or by the client's address. No I/O. */
import { addressKey, hash32, score } from '../../balance/hash.ts';
import { type Position, take } from '../../balance/round-robin.ts';
import type { RouteConfig } from '../../config/schema.ts';

/** A compiled split and where its sequence stands in this isolate. */
export interface Split {
  readonly by: 'request' | 'client';
  readonly pools: readonly string[];
  readonly weights: readonly number[];
  readonly hashes: readonly number[];
  /** Null until the first request. */
  position: Position | null;
}

/** Compiles the split of a route; null: it has none. If `before` shares in the same way, its sequence goes on. */
export function compileSplit({ split }: RouteConfig, before?: Split): Split | null {
  if (split === null) return null;
  const pools = split.pools.map(({ pool }) => pool);
  const compiled: Split = {
    by: split.by,
    pools,
    weights: split.pools.map(({ weight }) => weight),
    hashes: pools.map(hash32),
    position: null,
  };
  return before && isSame(before, compiled) ? before : compiled;
}

const isSame = (a: Split, b: Split): boolean =>
  a.by === b.by && a.pools.join() === b.pools.join() && a.weights.join() === b.weights.join();

/** Turns of a sequence that may have passed before its first request. */
const FIRST_TURNS = 1_000;

/** A split that can be picked from while the isolate's own sequence stays where it is. */
export const copySplit = (split: Split): Split => ({ ...split, position: [...positionOf(split)] });

/**
 * An isolate begins anywhere in the sequence: if all began at its start, a pool with a small share would get nothing from
 * isolates that live for a few requests.
 */
function positionOf(split: Split): Position {
  if (split.position === null) {
    const position = split.weights.map(() => 0);
    const turns = Math.floor(Math.random() * FIRST_TURNS);
    for (let n = 0; n < turns; n++) take(position, split.weights);
    split.position = position;
  }
  return split.position;
}

/**
 * The pool of the next request. By client it is that of weighted rendezvous hashing, so that a greater weight of one pool
 * moves clients only to that pool; a request without `address` takes its turn.
 */
export function takePool(split: Split, address: string | null): string {
  const { by, pools, weights, hashes } = split;
  if (by === 'request' || address === null) return pools[take(positionOf(split), weights)]!;
  const key = hash32(addressKey(address));
  const scores = hashes.map((hash, i) => score(key, hash, weights[i]!));
  return pools[scores.indexOf(Math.max(...scores))]!;
}
