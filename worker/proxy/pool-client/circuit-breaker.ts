/** When a pool's object last answered, and whether the isolate goes on without it. Plain data; time is an argument. No I/O. */
import { AWAY_MAX_MS, AWAY_MS, FRESH_MS, KNOCK_MS } from '../../lib/timing.ts';

/** One isolate's circuit breaker for one Pool object: open while requests should not wait for it. */
export class CircuitBreaker {
  #heardAt = 0;
  #awayUntil = 0;
  #awayMs = 0;
  #knockedAt = 0;

  /** A copy that can be changed independently. */
  copy(): CircuitBreaker {
    const copy = new CircuitBreaker();
    copy.#heardAt = this.#heardAt;
    copy.#awayUntil = this.#awayUntil;
    copy.#awayMs = this.#awayMs;
    copy.#knockedAt = this.#knockedAt;
    return copy;
  }

  /** Records that the object answered. */
  onSuccess(now: number): void {
    this.#heardAt = now;
    this.#awayUntil = 0;
    this.#awayMs = 0;
  }

  /** Records that the object did not answer in time. */
  onFailure(now: number): void {
    // Many calls that end together are one absence.
    if (!this.isOpen(now)) this.#awayMs = Math.min(this.#awayMs * 2 || AWAY_MS, AWAY_MAX_MS);
    this.#awayUntil = now + this.#awayMs;
  }

  /** Allows one call behind a response: true at most once per `KNOCK_MS`. */
  allowProbe(now: number): boolean {
    if (now - this.#knockedAt < KNOCK_MS) return false;
    this.#knockedAt = now;
    return true;
  }

  /** Whether to go on without the object for now. */
  isOpen(now: number): boolean {
    return now < this.#awayUntil;
  }

  /** Whether the last call failed, however long ago. */
  get hasFailed(): boolean {
    return this.#awayUntil !== 0;
  }

  /** Whether the object answered within the last `ms`. */
  wasHeard(now: number, ms: number): boolean {
    return now - this.#heardAt < ms;
  }

  /** Whether the object answered so recently that no call is needed. */
  isFresh(now: number): boolean {
    return now - this.#heardAt < FRESH_MS;
  }
}
