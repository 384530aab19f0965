/** A Pool object's events on their way to the Directory. They are part of the stored state until the Directory has them. */
import type { Env } from '../../env.ts';
import { EVENT_RETRY_MS } from '../../lib/timing.ts';
import type { PoolEvent } from '../../protocol/events.ts';
import type { Batch, ShardName } from '../../protocol/messages.ts';
import { directoryObject } from '../../protocol/rpc.ts';
import type { Finding, PoolState } from './state.ts';

/** Events that wait at most; then the oldest are dropped. */
export const EVENTS_WAITING = 200;

/** Delivers events to the Directory, one call at a time. */
export class EventOutbox {
  #pending: PoolEvent[] = [];
  #sending = false;
  #triedAt = 0;

  /** Adds events; the oldest are dropped when there are too many. */
  add(events: readonly PoolEvent[]): void {
    this.#pending = [...this.#pending, ...events].slice(-EVENTS_WAITING);
  }

  /** The events that are not delivered yet, oldest first. */
  get pending(): readonly PoolEvent[] {
    return this.#pending;
  }

  /** Whether events wait and the pause after the last failed delivery is over. `now` is epoch ms. */
  isDue(now: number): boolean {
    return this.#pending.length > 0 && !this.#sending && now - this.#triedAt > EVENT_RETRY_MS;
  }

  /** Delivers the pending events; never throws. Returns whether it delivered any. */
  async deliver(env: Env): Promise<boolean> {
    if (this.#sending || this.#pending.length === 0) return false;
    this.#sending = true;
    const sent = this.#pending;
    try {
      await directoryObject(env).noteEvents(sent);
      this.#pending = this.#pending.filter((event) => !sent.includes(event));
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

/** Makes the event of a finding. */
export function findingEvent({ outcome, ...finding }: Finding, name: ShardName): PoolEvent {
  return { ...name, ...finding, outcome: outcome?.kind ?? null, status: outcome?.status ?? null };
}

/** Makes the events of the probes of a batch. `at` is epoch ms. */
export function probeEvents(
  probes: Batch['probes'],
  state: PoolState,
  name: ShardName,
  at: number,
): PoolEvent[] {
  return probes.map(([backend, requestId]) => ({
    kind: 'probe',
    at,
    ...name,
    backend,
    why: 'its ejection is over: one request tries it',
    outcome: null,
    status: null,
    requestId,
    until: null,
    ejections: state.tallies[state.indexOf(backend)]?.health.ejections ?? 0,
  }));
}
