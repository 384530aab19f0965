/** The Directory's part in the live view: gathers what changes, and broadcasts it at most once per `LIVE_SEND_MS`. */
import type { Config, PoolConfig } from '../../config/schema.ts';
import { UNROUTED_POOL } from '../../config/unrouted.ts';
import type { Env } from '../../env.ts';
import { dropOldest, dropOldestBatches } from '../../lib/bounded.ts';
import { LIVE_DRAIN_MS, LIVE_SEND_MS } from '../../lib/timing.ts';
import type { HistoryEvent } from '../../protocol/events.ts';
import type { LivePush, MappingBatch, ShardName } from '../../protocol/messages.ts';
import { type Drain, drainTimes } from '../../stats/drain.ts';
import { type PoolStatus, poolStatus, pruneStatus } from '../../stats/pool-status.ts';
import { ShardStatuses } from './shard-statuses.ts';
import { type Viewer, Viewers } from './viewers.ts';

/** Mappings in one message, and at most a batch more; the oldest batches are dropped. */
export const MAPPINGS_PER_MESSAGE = 200;
/** Events in one message; the oldest are dropped, and remain in the history. */
export const EVENTS_PER_MESSAGE = 200;
/** Backends in one message of status, and at most a pool more; the other pools follow in the next message. */
export const BACKENDS_PER_MESSAGE = 2_000;

/** What Live reads from the Directory. */
export interface LiveSource {
  read(): { revision: number; config: Config; drains: readonly Drain[] };
  /** The configuration of a pool, if it exists. */
  pool(id: string): PoolConfig | undefined;
  /** The shards of a pool that exist. */
  shardsOf(pool: string): string[];
}

/** Holds changes back and merges them, so that viewers receive each kind of message at most once per `LIVE_SEND_MS`. */
export class Live {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #source: LiveSource;
  readonly #viewers: Viewers;
  /** Empty while the live view is not watched. */
  readonly #statuses: ShardStatuses;
  readonly #changed = new Set<string>();
  #mappings: MappingBatch[] = [];
  #events: HistoryEvent[] = [];
  #revision: number | null = null;
  #sending = false;
  #sentAt = 0;
  /** The timer that polls watched drains is running. */
  #polling = false;

  constructor(ctx: DurableObjectState, env: Env, source: LiveSource) {
    this.#ctx = ctx;
    this.#env = env;
    this.#source = source;
    this.#viewers = new Viewers(ctx);
    // The configuration bounds the memory: objects of a deleted pool may still push, and so may shards out of use.
    this.#statuses = new ShardStatuses(env, (id, status) => {
      const pool = source.pool(id);
      return pool ? pruneStatus(pool.sharding, status) : null;
    });
  }

  /** Whether the live view is watched. True also after an eviction, because the runtime keeps the sockets. */
  get watched(): boolean {
    return this.#viewers.present;
  }

  /** Accepts a viewer: it receives the revision at once, and the status of every pool as the Pool objects reply. */
  accept(viewer: Viewer): Response {
    const { revision } = this.#source.read();
    const answer = this.#viewers.accept(viewer, JSON.stringify({ type: 'revision', revision }));
    if (answer.status === 101) this.#ctx.waitUntil(this.#fetchAll());
    return answer;
  }

  /** Disconnects the viewers of this session, or of every session (null). */
  disconnect(sessionId: string | null): void {
    this.#viewers.disconnect(sessionId);
  }

  /** Records the push of one shard. Returns whether the live view is still watched. */
  push({ pool, shard, status, mappings }: LivePush): boolean {
    if (!this.watched) {
      this.#forget();
      return false;
    }
    if (this.#statuses.update({ pool, shard }, status)) this.#changed.add(pool);
    this.#mappings.push(...mappings);
    dropOldestBatches(this.#mappings, MAPPINGS_PER_MESSAGE);
    this.#sendSoon();
    return true;
  }

  /** Adds new events to the next message. */
  addEvents(events: readonly HistoryEvent[]): void {
    if (events.length === 0 || !this.watched) return;
    this.#events.push(...events);
    dropOldest(this.#events, EVENTS_PER_MESSAGE);
    this.#sendSoon();
  }

  /** Adds a new revision to the next message, and the status of each pool that it changed or added. */
  addRevision(revision: number, pools: readonly string[]): void {
    if (!this.watched) {
      this.#forget();
      return;
    }
    this.#revision = revision;
    for (const pool of pools) this.#changed.add(pool);
    const configured = new Set(this.#source.read().config.pools.map(({ id }) => id));
    for (const pool of this.#changed) if (!configured.has(pool)) this.#changed.delete(pool);
    this.#statuses.retain(configured);
    this.#sendSoon();
  }

  /** Fetches the status of every Pool object, and makes it push further changes. */
  async #fetchAll(): Promise<void> {
    const pools = this.#source.read().config.pools.map(({ id }) => id);
    const names = [...pools.flatMap((pool) => this.#shards(pool)), { pool: UNROUTED_POOL, shard: '0' }];
    await this.#statuses.fetch(names, ({ pool }) => {
      if (!this.watched || pool === UNROUTED_POOL) return false;
      this.#changed.add(pool);
      this.#sendSoon();
      return true;
    });
  }

  #shards(pool: string): ShardName[] {
    return [...new Set(['0', ...this.#source.shardsOf(pool)])].map((shard) => ({ pool, shard }));
  }

  #forget(): void {
    this.#statuses.clear();
    this.#changed.clear();
    this.#mappings = [];
    this.#events = [];
    this.#revision = null;
  }

  #sendSoon(): void {
    if (this.#sending) return;
    this.#sending = true;
    setTimeout(() => this.#sendNow(), Math.max(0, this.#sentAt + LIVE_SEND_MS - Date.now()));
  }

  async #sendNow(): Promise<void> {
    try {
      await this.#fetchMissing();
      this.#sentAt = Date.now();
      for (const message of this.#takeMessages()) this.#viewers.broadcast(message);
    } finally {
      this.#sending = false;
    }
    if (this.#changed.size > 0) this.#sendSoon();
  }

  /** Fetches missing statuses before sums are sent: after an eviction only shards that pushed since are here. */
  async #fetchMissing(): Promise<void> {
    const missing = [...this.#changed].flatMap((pool) =>
      this.#shards(pool).filter((name) => !this.#statuses.has(name)),
    );
    await this.#statuses.fetch(missing, () => true);
  }

  /** Takes the pools that changed first; those that do not fit stay for the next message. */
  #takeStatuses(): PoolStatus[] {
    const { revision, config, drains } = this.#source.read();
    const pools = new Map(config.pools.map((pool) => [pool.id, pool]));
    const times = drainTimes(this.#env);
    const statuses: PoolStatus[] = [];
    let backends = 0;
    for (const id of this.#changed) {
      if (backends >= BACKENDS_PER_MESSAGE) break;
      this.#changed.delete(id);
      const pool = pools.get(id);
      if (!pool) continue;
      backends += pool.backends.length;
      const complete = this.#shards(id).every((name) => this.#statuses.has(name));
      statuses.push(poolStatus(pool, this.#statuses.of(id), { revision, drains, times, complete }));
    }
    return statuses;
  }

  #takeMessages(): string[] {
    const statuses = this.#takeStatuses();
    const messages: string[] = [];
    if (this.#revision !== null)
      messages.push(JSON.stringify({ type: 'revision', revision: this.#revision }));
    if (statuses.length > 0) messages.push(JSON.stringify({ type: 'status', statuses }));
    if (this.#events.length > 0) messages.push(JSON.stringify({ type: 'events', events: this.#events }));
    if (this.#mappings.length > 0)
      // Joined as text: parsing them here would be wasted.
      messages.push(
        `{"type":"mappings","mappings":[${this.#mappings.map(({ json }) => json.slice(1, -1)).join()}]}`,
      );
    this.#mappings = [];
    this.#events = [];
    this.#revision = null;
    if (statuses.some(isDraining)) this.#pollDrains();
    return messages;
  }

  /** Fetches the statuses of draining pools again later, until each backend is safe to remove or no viewer is left. */
  #pollDrains(): void {
    if (this.#polling) return;
    this.#polling = true;
    setTimeout(() => {
      this.#polling = false;
      if (!this.watched) return;
      for (const { pool } of this.#source.read().drains) {
        this.#statuses.invalidate(pool);
        this.#changed.add(pool);
      }
      this.#sendSoon();
    }, LIVE_DRAIN_MS);
  }
}

const isDraining = ({ backends }: PoolStatus): boolean =>
  backends.some(({ drain }) => drain !== null && !drain.safeToRemove);
