/** Who has lately come to one backend: clients with affinity by hash, WebSockets by when they were opened. No I/O. */
import { clientKeptMs, type DrainTimes } from '../../stats/drain.ts';

/** Clients told apart at most in one Pool object; each backend has its part, beyond which the longest silent are forgotten. */
const CLIENTS_KEPT = 50_000;
/** The life of a WebSocket is counted in so many steps. */
const STEPS = 24;

/** What is kept across restarts; hashes are not. */
export interface DrainActivity {
  lastClientAt: number;
  lastWebSocketAt: number;
  /** WebSockets opened, by the start of their step (epoch ms), oldest first. */
  opened: [startedAt: number, count: number][];
}

export const noDrainActivity = (): DrainActivity => ({ lastClientAt: 0, lastWebSocketAt: 0, opened: [] });

export class AffinityClients {
  /** Hash and when it was last told of, the longest silent first. */
  readonly #clients = new Map<number, number>();
  #limit = 0;

  /** One of `backends` that share the object's memory. */
  constructor(backends: number) {
    this.shareWith(backends);
  }

  /** So many share the object's memory now; past its part the longest silent are forgotten. */
  shareWith(backends: number): void {
    this.#limit = Math.ceil(CLIENTS_KEPT / backends);
    this.#trim();
  }

  /** Takes in hashes of clients. */
  add(clients: readonly number[], now: number): void {
    for (const client of clients) {
      this.#clients.delete(client);
      this.#clients.set(client, now);
    }
    this.#trim();
  }

  /**
   * Distinct clients in the window. Those of before a restart are not known one by one: while the last of them counts, the
   * number is at least 1.
   */
  clients(stored: DrainActivity, times: DrainTimes, now: number): number {
    const from = now - clientKeptMs(times);
    for (const [client, at] of this.#clients) {
      if (at > from) break;
      this.#clients.delete(client);
    }
    return Math.max(this.#clients.size, stored.lastClientAt > from ? 1 : 0);
  }

  #trim(): void {
    for (const oldest of this.#clients.keys()) {
      if (this.#clients.size <= this.#limit) return;
      this.#clients.delete(oldest);
    }
  }
}

/** Notes a WebSocket that was opened, and forgets those that count no more. */
export function addOpened(visits: DrainActivity, times: DrainTimes, now: number): void {
  visits.opened = openOf(visits, times, now);
  visits.lastWebSocketAt = now;
  const newest = visits.opened.at(-1);
  if (newest && now - newest[0] < times.webSocketLifeMs / STEPS) newest[1]++;
  else visits.opened.push([now, 1]);
}

/** How many WebSockets may be open: each counts for its life, and for what is left of its step. */
export const countOpen = (visits: DrainActivity, times: DrainTimes, now: number): number =>
  openOf(visits, times, now).reduce((sum, [, count]) => sum + count, 0);

function openOf({ opened, lastWebSocketAt }: DrainActivity, { webSocketLifeMs }: DrainTimes, now: number) {
  const newest = (startedAt: number) => Math.min(startedAt + webSocketLifeMs / STEPS, lastWebSocketAt);
  return opened.filter(([startedAt]) => now < newest(startedAt) + webSocketLifeMs);
}
