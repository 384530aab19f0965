/** The sequence of a pool as it is leased out: positions, and the weights under which each slot was taken. No I/O. */
import {
  charge,
  enter,
  giveBack,
  type Position,
  rebase,
  take,
  takeTurns,
} from '../../balance/round-robin.ts';

import { evictOldest } from '../../lib/bounded.ts';

/** Epochs remembered, so that slots are returned under the weights they were taken with. */
export const EPOCHS_KEPT = 16;

/** An epoch is a time in which the weights do not change. */
export class Sequence {
  /** One number per backend, in the pool's order. */
  position: Position;
  /** Slots taken so far: the number of the next lease's first slot. */
  taken: number;
  readonly #firstEpoch: number;
  #epoch = 0;
  #weights: readonly number[] = [];
  readonly #epochs = new Map<number, readonly number[]>();
  /** By backend: slots of this epoch or an earlier one are written off. */
  readonly #enteredAt = new Map<number, number>();

  constructor(position: Position, taken: number, now = Date.now()) {
    this.position = position;
    this.taken = taken;
    // An epoch's number is never reused: slots from before a restart are written off, not returned under wrong weights.
    this.#epoch = now;
    this.#firstEpoch = now;
  }

  /** The number of the present epoch. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Sets the weights in force (0: not eligible). Returns whether they changed. */
  setWeights(weights: readonly number[]): boolean {
    const same = weights.length === this.#weights.length && weights.every((w, i) => w === this.#weights[i]);
    if (same) return false;
    this.#weights = weights;
    this.#epoch++;
    this.#epochs.set(this.#epoch, weights);
    evictOldest(this.#epochs, EPOCHS_KEPT);
    return true;
  }

  /** Takes up to `count` slots: indices of backends. Empty when no backend is eligible. */
  lease(count: number): number[] {
    const slots: number[] = [];
    for (let n = 0; n < count; n++) {
      const winner = take(this.position, this.#weights);
      if (winner < 0) break;
      slots.push(winner);
    }
    this.taken += slots.length;
    return slots;
  }

  /** Returns `count` unused slots of backend `index` to the sequence; those of a forgotten epoch are written off. */
  giveBack(epoch: number, index: number, count: number): void {
    const weights = this.#epochs.get(epoch);
    if (!weights || weights.length !== this.position.length) return;
    const entered = [...this.#enteredAt].filter(([, at]) => epoch <= at).map(([i]) => i);
    if (entered.includes(index)) return;
    const rest = entered.length > 0 ? weights.map((w, i) => (entered.includes(i) ? 0 : w)) : weights;
    for (let n = 0; n < count; n++) giveBack(this.position, rest, index);
  }

  /**
   * Lets the backend `index` back in beside those of `weights`. It is owed neither the turns that it missed nor those that
   * were leased before and are returned unused.
   */
  enter(weights: readonly number[], index: number): void {
    enter(this.position, weights, index);
    this.#enteredAt.set(index, this.#epoch);
  }

  /** Continues from another position; slots leased before are written off. */
  restart(position: Position): void {
    this.position = position;
    this.#forgetEpochs();
  }

  /** The weights in force: 0 for a backend that may not be asked. */
  get weights(): readonly number[] {
    return this.#weights;
  }

  /**
   * Takes `count` turns that an isolate gave to `index` without slots. Those of `NO_EPOCH`, and of an epoch before the object
   * started, count under the weights in force; those of an epoch forgotten since then are lost.
   */
  takeTurns(epoch: number, index: number, count: number): void {
    const known = this.#epochs.get(epoch);
    if (!known && epoch > this.#firstEpoch) return;
    const weights = known?.length === this.position.length ? known : this.#weights;
    const written = known ? [...this.#enteredAt].filter(([, at]) => epoch <= at).map(([i]) => i) : [];
    const rest = written.length > 0 ? weights.map((w, i) => (written.includes(i) ? 0 : w)) : weights;
    if (!rest[index]) return;
    takeTurns(this.position, rest, index, count);
    this.taken += count;
  }

  /** Charges `count` affinity picks of backend `index`, up to the bound of `charge`. */
  charge(index: number, count: number): void {
    for (let n = 0; n < count; n++) if (!charge(this.position, this.#weights, index)) return;
  }

  /**
   * Adapts the positions to a changed list: `from[i]` is the old index of backend i, -1 for a new one. Does nothing when
   * neither the list nor its weights changed.
   */
  rearrange(from: readonly number[], oldWeights: readonly number[], newWeights: readonly number[]): void {
    const same =
      from.length === this.position.length &&
      from.every((f, i) => f === i && oldWeights[i] === newWeights[i]);
    if (same) return;
    const total = (weights: readonly number[]) => weights.reduce((a, b) => a + b, 0);
    const moved = from.map((f) => (f < 0 ? 0 : (this.position[f] ?? 0)));
    this.position = rebase(moved, total(oldWeights), total(newWeights));
    this.#forgetEpochs();
  }

  #forgetEpochs(): void {
    this.#epochs.clear();
    this.#enteredAt.clear();
    this.#weights = [];
  }
}
