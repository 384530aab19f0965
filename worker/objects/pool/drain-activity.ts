/** Which clients still use one backend: those with affinity by hash, WebSockets by when they were opened. No I/O. */
import { evictOldest } from '../../lib/bounded.ts';
import { clientKeptMs, type DrainTimes } from '../../stats/drain.ts';

/** Clients that one Pool object distinguishes at most, shared among its backends. */
const CLIENTS_KEPT = 50_000;
/** The life of a WebSocket is counted in this many steps. */
const STEPS = 24;

/** The part that is stored; the hashes of clients are not. */
export interface DrainActivity {
  /** Epoch ms; 0: never. */
  lastClientAt: number;
  lastWebSocketAt: number;
  /** WebSockets opened, by the start of their step (epoch ms), oldest first. */
  opened: [startedAt: number, count: number][];
}

/** The activity of a new backend. */
export const noDrainActivity = (): DrainActivity => ({ lastClientAt: 0, lastWebSocketAt: 0, opened: [] });

/** The clients with affinity of one backend; in memory only. */
export class AffinityClients {
  /** By hash: when the client was last reported (epoch ms), the longest ago first. */
  readonly #reportedAt = new Map<number, number>();
  #limit = 0;

  /** `backends` is how many share the object's memory. */
  constructor(backends: number) {
    this.shareWith(backends);
  }

  /** Sets how many backends share the object's memory; beyond its part a backend forgets the clients reported longest ago. */
  shareWith(backends: number): void {
    this.#limit = Math.ceil(CLIENTS_KEPT / backends);
    evictOldest(this.#reportedAt, this.#limit);
  }

  /** Adds hashes of clients. `now` is epoch ms. */
  add(clients: readonly number[], now: number): void {
    for (const client of clients) {
      this.#reportedAt.delete(client);
      this.#reportedAt.set(client, now);
    }
    evictOldest(this.#reportedAt, this.#limit);
  }

  /**
   * Counts the distinct clients in the window, and forgets older ones. The clients from before a restart are not known one
   * by one: as long as the last of them is in the window, the number is at least 1.
   */
  count(activity: DrainActivity, times: DrainTimes, now: number): number {
    const from = now - clientKeptMs(times);
    for (const [client, at] of this.#reportedAt) {
      if (at > from) break;
      this.#reportedAt.delete(client);
    }
    return Math.max(this.#reportedAt.size, activity.lastClientAt > from ? 1 : 0);
  }
}

/** Records that a WebSocket was opened, and forgets those that no longer count. */
export function addOpened(activity: DrainActivity, times: DrainTimes, now: number): void {
  activity.opened = openOf(activity, times, now);
  activity.lastWebSocketAt = now;
  const newest = activity.opened.at(-1);
  if (newest && now - newest[0] < times.webSocketLifeMs / STEPS) newest[1]++;
  else activity.opened.push([now, 1]);
}

/** How many WebSockets may be open: each counts for its life, and for what is left of its step. */
export const countOpen = (activity: DrainActivity, times: DrainTimes, now: number): number =>
  openOf(activity, times, now).reduce((sum, [, count]) => sum + count, 0);

function openOf({ opened, lastWebSocketAt }: DrainActivity, { webSocketLifeMs }: DrainTimes, now: number) {
  const newest = (startedAt: number) => Math.min(startedAt + webSocketLifeMs / STEPS, lastWebSocketAt);
  return opened.filter(([startedAt]) => now < newest(startedAt) + webSocketLifeMs);
}
