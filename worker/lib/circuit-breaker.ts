/** When an object last answered, and whether its caller goes on without it. Plain data; time is an argument. No I/O. */
import { AWAY_MAX_MS, AWAY_MS, KNOCK_MS } from './timing.ts';

/** A caller's circuit breaker for one object: open while calls should not wait for it. Times are epoch ms. */
export class CircuitBreaker {
  readonly #maxMs: number;
  #heardAt = 0;
  #openUntil = 0;
  #openMs = 0;
  #probedAt = 0;

  /** `maxMs` is the longest back-off. */
  constructor(maxMs = AWAY_MAX_MS) {
    this.#maxMs = maxMs;
  }

  /** Records that the object answered. */
  onSuccess(now: number): void {
    this.#heardAt = now;
    this.#openUntil = 0;
    this.#openMs = 0;
  }

  /** Records that the object did not answer a call in time. */
  onFailure(now: number): void {
    // Many calls that end together are one absence.
    if (!this.isOpen(now)) this.#openMs = Math.min(this.#openMs * 2 || AWAY_MS, this.#maxMs);
    this.#openUntil = now + this.#openMs;
  }

  /** Allows one call while it is open: true at most once per `KNOCK_MS`. */
  allowProbe(now: number): boolean {
    if (now - this.#probedAt < KNOCK_MS) return false;
    this.#probedAt = now;
    return true;
  }

  /** Whether to go on without the object for now. */
  isOpen(now: number): boolean {
    return now < this.#openUntil;
  }

  /** Until when it is open; past or 0: it is closed. */
  get openUntil(): number {
    return this.#openUntil;
  }

  /** When the object last answered; 0: never. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Whether the last call failed, however long ago. */
  get hasFailed(): boolean {
    return this.#openUntil !== 0;
  }

  /** Whether the object answered within the last `ms`. */
  wasHeard(now: number, ms: number): boolean {
    return now - this.#heardAt < ms;
  }
}
