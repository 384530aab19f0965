/** The sequence of a pool as it is leased out: positions, and under which weights each slot was taken. No I/O. */
import {
  charge,
  enter,
  giveBack,
  type Position,
  rebase,
  take,
  takeTurns,
} from '../../balance/round-robin.ts';

/** Epochs remembered, so that slots come back under the weights they were taken with. */
export const EPOCHS_KEPT = 16;

export class Sequence {
  /** In the pool's order, one number per backend. */
  position: Position;
  /** Slots taken so far; numbers the leases. */
  taken: number;
  #epoch = 0;
  #weights: readonly number[] = [];
  readonly #epochs = new Map<number, readonly number[]>();
  /** By backend: slots of this epoch or an earlier one have been written off. */
  readonly #enteredAt = new Map<number, number>();

  constructor(position: Position, taken: number, now = Date.now()) {
    this.position = position;
    this.taken = taken;
    // Never reuses a number that an earlier life of the object gave out: such slots are lost, not given back wrongly.
    this.#epoch = now;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Notes how things stand; the function returned puts everything back. */
  checkpoint(): () => void {
    const [taken, epoch, weights] = [this.taken, this.#epoch, this.#weights];
    const [position, epochs] = [[...this.position], [...this.#epochs]];
    const enteredAt = [...this.#enteredAt];
    return () => {
      this.position = position;
      this.taken = taken;
      this.#epoch = epoch;
      this.#weights = weights;
      this.#epochs.clear();
      for (const [key, value] of epochs) this.#epochs.set(key, value);
      this.#enteredAt.clear();
      for (const [key, value] of enteredAt) this.#enteredAt.set(key, value);
    };
  }

  /** Sets the weights in force (0 = not eligible). Returns whether they changed. */
  weigh(weights: readonly number[]): boolean {
    const same = weights.length === this.#weights.length && weights.every((w, i) => w === this.#weights[i]);
    if (same) return false;
    this.#weights = weights;
    this.#epoch++;
    this.#epochs.set(this.#epoch, weights);
    const oldest = this.#epochs.keys().next().value;
    if (this.#epochs.size > EPOCHS_KEPT && oldest !== undefined) this.#epochs.delete(oldest);
    return true;
  }

  /** Takes up to `count` slots; empty when nobody is eligible. */
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

  /** Takes `count` unused slots of backend `index` back; those of a forgotten epoch are lost. */
  giveBack(epoch: number, index: number, count: number): void {
    const weights = this.#epochs.get(epoch);
    if (!weights || weights.length !== this.position.length) return;
    const entered = [...this.#enteredAt].filter(([, at]) => epoch <= at).map(([i]) => i);
    if (entered.includes(index)) return;
    const rest = entered.length > 0 ? weights.map((w, i) => (entered.includes(i) ? 0 : w)) : weights;
    for (let n = 0; n < count; n++) giveBack(this.position, rest, index);
  }

  /**
   * Lets the backend `index` in again beside those of `weights`. It is not owed the turns that it missed, nor those that
   * were leased before and come back unused.
   */
  enter(weights: readonly number[], index: number): void {
    enter(this.position, weights, index);
    this.#enteredAt.set(index, this.#epoch);
  }

  /** Goes on from another position; slots leased before are written off. */
  restart(position: Position): void {
    this.position = position;
    this.#forgetEpochs();
  }

  /** The weights in force: 0 for a backend that may not be asked. */
  get weights(): readonly number[] {
    return this.#weights;
  }

  /** Takes `count` turns that an isolate gave to `index` by itself; those of a forgotten epoch are lost. */
  takeAlone(epoch: number, index: number, count: number): void {
    const weights = this.#epochs.get(epoch);
    if (!weights || weights.length !== this.position.length) return;
    const written = [...this.#enteredAt].filter(([, at]) => epoch <= at).map(([i]) => i);
    const rest = written.length > 0 ? weights.map((w, i) => (written.includes(i) ? 0 : w)) : weights;
    if (rest[index] === 0) return;
    takeTurns(this.position, rest, index, count);
    this.taken += count;
  }

  /** Charges `count` affinity picks of backend `index`, as far as the bound allows. */
  charge(index: number, count: number): void {
    for (let n = 0; n < count; n++) if (!charge(this.position, this.#weights, index)) return;
  }

  /**
   * Carries the positions over to a changed list: `from[i]` is the old index of the new backend i, -1 for a new one.
   * The position stays untouched where neither the list nor its weights changed.
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
