/** When each backend is checked, at most six at once: a schedule and its lanes, without a request or storage. No I/O. */
import { CALLS_AT_ONCE } from '../../../lib/calls.ts';

/** Lanes for backends whose last check was slow: some that hang must not hold up the checks of all others. */
const SLOW_LANES = CALLS_AT_ONCE / 2;
/** A check that took this long was slow, in ms. */
const SLOW_MS = 1_000;
/** A run ends after this time even if checks are under way, in ms: an alarm may last 15 minutes, and one has to follow. */
export const LONGEST_RUN_MS = 60_000;

/** What a run does with a backend. */
export interface Checker<Result extends { readonly ms: number }> {
  /** Whether the backend needs no check this time. */
  isNeedless(id: string, now: number): boolean;
  /** Checks a backend and records the result. Never rejects. */
  check(id: string): Promise<Result>;
}

/** When checks are due: at the same moments for all backends of a pool, so that the object wakes up once for all of them. */
export interface Pace {
  readonly intervalMs: number;
  /** Shifts those moments, so that not all pools have the same: 0 to 1. */
  readonly phase: number;
}

/** The checks of one pool. Times are epoch ms. */
export class CheckRunner<Result extends { readonly ms: number }> {
  readonly #checker: Checker<Result>;
  #pace: Pace = { intervalMs: 0, phase: 0 };
  /** When each backend is due. */
  readonly #dueAt = new Map<string, number>();
  readonly #active = new Map<string, Promise<Result>>();
  readonly #slow = new Set<string>();

  constructor(checker: Checker<Result>) {
    this.#checker = checker;
  }

  /** Adopts a list of backends, each with the time of its last check (null: it is due now). */
  schedule(pace: Pace, lastAt: ReadonlyMap<string, number | null>, now: number): void {
    const known = new Map(pace.intervalMs === this.#pace.intervalMs ? this.#dueAt : []);
    this.#pace = pace;
    this.#dueAt.clear();
    for (const [id, at] of lastAt)
      this.#dueAt.set(id, at === null ? now : (known.get(id) ?? this.#nextAfter(at)));
  }

  /** When the next check is due; null: there is nothing to check. */
  nextAt(): number | null {
    let next: number | null = null;
    for (const at of this.#dueAt.values()) if (next === null || at < next) next = at;
    return next;
  }

  /** How many checks are under way. */
  get underWay(): number {
    return this.#active.size;
  }

  /** Runs the checks that are due, and those that become due meanwhile, until none is under way. */
  async run(): Promise<void> {
    const endsAt = Date.now() + LONGEST_RUN_MS;
    for (;;) {
      this.#startDue(Date.now());
      const now = Date.now();
      if (this.#active.size === 0 || now >= endsAt) return;
      await this.#next(Math.min(endsAt, this.#nextDue(now)) - now);
    }
  }

  /** Checks one backend as soon as a lane is free. A check of it that is under way is the one. */
  async runNow(id: string): Promise<Result> {
    for (;;) {
      const active = this.#active.get(id);
      if (active) return active;
      if (this.#active.size < CALLS_AT_ONCE) return this.#start(id);
      await Promise.race(this.#active.values());
    }
  }

  #startDue(now: number): void {
    const due = [...this.#dueAt].filter(([id, at]) => at <= now && !this.#active.has(id));
    for (const [id, at] of due.sort((a, b) => a[1] - b[1])) {
      if (this.#active.size >= CALLS_AT_ONCE) return;
      if (this.#checker.isNeedless(id, now)) this.#dueAt.set(id, this.#nextAfter(now));
      else if (!this.#slow.has(id) || this.#slowUnderWay() < SLOW_LANES) {
        this.#dueAt.set(id, Math.max(this.#nextAfter(at), this.#nextAfter(now - this.#pace.intervalMs / 2)));
        void this.#start(id);
      }
    }
  }

  #start(id: string): Promise<Result> {
    const check = this.#checker.check(id).then((result) => {
      this.#active.delete(id);
      if (result.ms >= SLOW_MS) this.#slow.add(id);
      else this.#slow.delete(id);
      return result;
    });
    this.#active.set(id, check);
    return check;
  }

  #slowUnderWay(): number {
    let count = 0;
    for (const id of this.#active.keys()) if (this.#slow.has(id)) count++;
    return count;
  }

  /** The next moment at which a check becomes due after `now`; those due already wait for a lane. */
  #nextDue(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const at of this.#dueAt.values()) if (at > now && at < next) next = at;
    return next;
  }

  /** Waits until a check ends, at most `ms`. */
  async #next(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const time = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, ms));
    });
    await Promise.race([time, ...this.#active.values()]);
    if (timer !== null) clearTimeout(timer);
  }

  /** The first common moment that is at least half an interval after `at`. */
  #nextAfter(at: number): number {
    const { intervalMs, phase } = this.#pace;
    const shift = Math.floor(phase * intervalMs);
    return Math.ceil((at + intervalMs / 2 - shift) / intervalMs) * intervalMs + shift;
  }
}
