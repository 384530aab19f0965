/** How busy a Pool object is, and what it asks of its callers for that. In memory; time is an argument. No I/O. */
import { BATCH_MS, LEASE_TTL_MS } from '../../../lib/timing.ts';

/** At so many calls a second isolates wait longest between routine calls. */
const CALLS_AT_LONGEST_PACE = 50;
const CALLS_WINDOW_MS = 2_000;
/** Mappings a second that an object takes of successes; failures and retried requests come always. A burst is recorded whole. */
const MAPPINGS_PER_SECOND = 200;
const REQUESTS_WINDOW_MS = 10_000;

/** Counts calls and requests. */
export class Load {
  readonly #calls = new Rate(CALLS_WINDOW_MS);
  readonly #requests = new Rate(REQUESTS_WINDOW_MS);

  /** Counts a call that brings so many requests. `now` is epoch ms. */
  add(requests: number, now: number): void {
    this.#calls.add(1, now);
    this.#requests.add(requests, now);
  }

  /** How long an isolate should collect before a routine call, in ms. */
  pace(now: number): number {
    const share = this.#calls.perSecond(now) / CALLS_AT_LONGEST_PACE;
    return Math.round(Math.min(Math.max(share * LEASE_TTL_MS, BATCH_MS), LEASE_TTL_MS));
  }

  /** Of how many successes an isolate should send one mapping. */
  sampling(now: number): number {
    return Math.max(1, Math.ceil(this.#requests.perSecond(now) / MAPPINGS_PER_SECOND));
  }
}

/** A rate over one to two windows: the one before counts whole, the running one for as long as it has lasted. */
class Rate {
  readonly #windowMs: number;
  #since = 0;
  #running = 0;
  #before = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(count: number, now: number): void {
    const passed = now - this.#since;
    if (passed >= this.#windowMs) {
      this.#before = passed < 2 * this.#windowMs ? this.#running : 0;
      this.#running = 0;
      this.#since = now;
    }
    this.#running += count;
  }

  perSecond(now: number): number {
    const ms = Math.min(now - this.#since, this.#windowMs) + this.#windowMs;
    return ((this.#running + this.#before) * 1_000) / ms;
  }
}
