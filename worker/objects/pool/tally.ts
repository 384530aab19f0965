/** What a Pool object counts for one backend. No I/O. */
import { type Health, newHealth } from '../../balance/ejection.ts';
import { bucketOf, noLatencies } from '../../stats/latency.ts';
import { type DrainActivity, noDrainActivity } from './drain-activity.ts';

/** The part that is stored. */
export interface Tally {
  /** Attempts, retries included: the requests that the backend received. */
  requests: number;
  failures: number;
  health: Health;
  visits: DrainActivity;
}

/** The tally of a new backend. */
export const newTally = (): Tally => ({
  requests: 0,
  failures: 0,
  health: newHealth(),
  visits: noDrainActivity(),
});

/** Restores a stored tally, perhaps of an older version; undefined makes a new one. */
export const restoreTally = (stored: Partial<Tally> = {}): Tally => ({
  ...newTally(),
  ...stored,
  health: { ...newHealth(), ...stored.health },
});

const WINDOW_MS = 60_000;

/** The recent past of one backend, in two windows of a minute; in memory only. */
export class Recent {
  #since = 0;
  #picks: [number, number] = [0, 0];
  #latency: [number[], number[]] = [noLatencies(), noLatencies()];

  /** Counts one attempt that took `ms` (null: without a response); `first` if it was the balancer's choice and no retry. */
  add(ms: number | null, first: boolean, now: number): void {
    this.#roll(now);
    if (first) this.#picks[0]++;
    if (ms !== null) this.#latency[0][bucketOf(ms)]!++;
  }

  /** Counts the first attempts of the last one to two minutes, or since `resetPicks`. */
  countPicks(now: number): number {
    this.#roll(now);
    return this.#picks[0] + this.#picks[1];
  }

  /** Restarts the share, since the expected one has changed. */
  resetPicks(): void {
    this.#picks = [0, 0];
  }

  /** Counts the responses of the last one to two minutes by latency bucket. */
  countLatencies(now: number): number[] {
    this.#roll(now);
    return this.#latency[0].map((count, i) => count + this.#latency[1][i]!);
  }

  #roll(now: number): void {
    const passed = now - this.#since;
    if (passed < WINDOW_MS) return;
    const recent = passed < 2 * WINDOW_MS;
    this.#picks = [0, recent ? this.#picks[0] : 0];
    this.#latency = [noLatencies(), recent ? this.#latency[0] : noLatencies()];
    this.#since = now;
  }
}
