/** How many calls a Pool object gets, and whether its pool needs more shards or fewer. No I/O. */
import { LIMITS } from '../config/limits.ts';

/** An object that gets more calls a second, for `BUSY_SECONDS` in a row, asks for twice the shards. */
export const BUSY_CALLS = 300;
export const BUSY_SECONDS = 5;
/** One that gets fewer in each second of `QUIET_MS` asks for half of them. */
export const QUIET_CALLS = 50;
export const QUIET_MS = 600_000;

/** Counts calls by the second. */
export class CallRate {
  #second = 0;
  #calls = 0;
  #busySeconds = 0;
  #quietSince = 0;

  /** Counts a call at `now` (epoch ms). Returns how many shards the pool should have; `shards` when that is right. */
  count(shards: number, now: number): number {
    const second = Math.floor(now / 1_000);
    if (second === this.#second) {
      this.#calls++;
      return shards;
    }
    const isNext = second === this.#second + 1;
    this.#busySeconds = isNext && this.#calls > BUSY_CALLS ? this.#busySeconds + 1 : 0;
    if (this.#second === 0 || this.#calls >= QUIET_CALLS) this.#quietSince = now;
    this.#second = second;
    this.#calls = 1;
    if (this.#busySeconds >= BUSY_SECONDS) {
      this.#busySeconds = 0;
      return Math.min(LIMITS.shards, shards * 2);
    }
    if (now - this.#quietSince < QUIET_MS) return shards;
    this.#quietSince = now;
    return Math.max(1, Math.floor(shards / 2));
  }
}
