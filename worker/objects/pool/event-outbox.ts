/** A Pool object's events on their way to the Directory: none is lost while it is away, for they wait in the stored state. */
import type { Env } from '../../env.ts';
import type { PoolEvent } from '../../protocol/events.ts';
import type { Report, ShardName } from '../../protocol/messages.ts';
import { directoryObject } from '../../protocol/rpc.ts';
import type { Finding, PoolState } from './state.ts';

/** Events that wait at most; then the oldest go. */
export const EVENTS_WAITING = 200;
/** After a failed delivery the next is tried no sooner than this. */
const RETRY_MS = 5_000;

export class EventOutbox {
  #waiting: PoolEvent[] = [];
  #sending = false;
  #triedAt = 0;

  /** Adds events; the oldest go when there are too many. */
  add(events: readonly PoolEvent[]): void {
    this.#waiting = [...this.#waiting, ...events].slice(-EVENTS_WAITING);
  }

  /** What has not been delivered yet, oldest first. */
  get waiting(): readonly PoolEvent[] {
    return this.#waiting;
  }

  isDue(now: number): boolean {
    return this.#waiting.length > 0 && !this.#sending && now - this.#triedAt > RETRY_MS;
  }

  /** Delivers what waits. Never throws; returns whether something was delivered. */
  async deliver(env: Env): Promise<boolean> {
    if (this.#sending || this.#waiting.length === 0) return false;
    this.#sending = true;
    const sent = this.#waiting;
    try {
      await directoryObject(env).noteEvents(sent);
      this.#waiting = this.#waiting.filter((event) => !sent.includes(event));
      this.#triedAt = 0;
      return true;
    } catch {
      this.#triedAt = Date.now();
      return false;
    } finally {
      this.#sending = false;
    }
  }
}

/** A finding as an event. */
export function findingEvent({ outcome, ...finding }: Finding, name: ShardName): PoolEvent {
  return { ...name, ...finding, outcome: outcome?.kind ?? null, status: outcome?.status ?? null };
}

/** The probes that a report tells of, as events. */
export function probeEvents(report: Report, state: PoolState, name: ShardName, at: number): PoolEvent[] {
  return report.probing.map((backend, i) => ({
    kind: 'probe',
    at,
    ...name,
    backend,
    why: 'its ejection is over: one request tries it',
    outcome: null,
    status: null,
    requestId: report.probeRequestIds?.[i] ?? null,
    until: null,
    ejections: state.tallies[state.indexOf(backend)]?.health.ejections ?? 0,
  }));
}
