/** When a pool's object was last heard, and whether it is away. Plain data; time is an argument. No I/O. */
import { AWAY_MAX_MS, AWAY_MS, FRESH_MS, KNOCK_MS } from '../../lib/timing.ts';

/** What one isolate knows of its contact with one Pool object. */
export class Contact {
  #heardAt = 0;
  #awayUntil = 0;
  #awayMs = 0;
  #knockedAt = 0;

  /** The same contact, to be changed apart. */
  copy(): Contact {
    const copy = new Contact();
    copy.#heardAt = this.#heardAt;
    copy.#awayUntil = this.#awayUntil;
    copy.#awayMs = this.#awayMs;
    copy.#knockedAt = this.#knockedAt;
    return copy;
  }

  /** The object has answered. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#awayUntil = 0;
    this.#awayMs = 0;
  }

  /** The object did not answer. */
  missed(now: number): void {
    // Many calls that end together are one absence.
    if (!this.isAway(now)) this.#awayMs = Math.min(this.#awayMs * 2 || AWAY_MS, AWAY_MAX_MS);
    this.#awayUntil = now + this.#awayMs;
  }

  /** Whether to see, behind a response, if the object is back; the next one is told no for a while. */
  mayKnock(now: number): boolean {
    if (now - this.#knockedAt < KNOCK_MS) return false;
    this.#knockedAt = now;
    return true;
  }

  /** Whether to go on without the object for now. */
  isAway(now: number): boolean {
    return now < this.#awayUntil;
  }

  /** Whether the object has not answered since it was last heard, however long ago. */
  get isLost(): boolean {
    return this.#awayUntil !== 0;
  }

  /** Whether it was heard so recently that nobody needs to ask. */
  isFresh(now: number): boolean {
    return now - this.#heardAt < FRESH_MS;
  }
}
