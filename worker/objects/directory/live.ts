/** The Directory's part in the live view: what those who watch are told, and when. */
import type { Config, PoolConfig } from '../../config/schema.ts';
import type { Env } from '../../env.ts';
import type { HistoryEvent } from '../../protocol/events.ts';
import type { LivePush, MappingBatch, ShardName } from '../../protocol/messages.ts';
import { type Drain, drainTimes } from '../../stats/drain.ts';
import { countedOnly, type PoolStatus, poolStatus } from '../../stats/pool-status.ts';
import { ShardStatuses } from './shard-statuses.ts';
import { type Viewer, Viewers } from './viewers.ts';

/** At most one message of each type in this time. */
const SEND_MS = 1_000;
/** While somebody watches a drain its counts are asked for this often: they fall with time, and no traffic tells of it. */
const DRAIN_MS = 5_000;
/** About as many mappings in one message; the oldest batches go. */
export const MAPPINGS_PER_MESSAGE = 200;
/** Events in one message; the oldest go, and are found in the history. */
export const EVENTS_PER_MESSAGE = 200;
/** About as many backends in one message of status; the other pools come with the next. */
export const BACKENDS_PER_MESSAGE = 2_000;

/** What the Directory knows and Live asks it for. */
export interface LiveSource {
  now(): { revision: number; config: Config; drains: readonly Drain[] };
  /** A pool as it is configured, if it is. */
  pool(id: string): PoolConfig | undefined;
  shardsOf(pool: string): string[];
}

/** Holds back and puts together, so that nobody is told more often than once a second. */
export class Live {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #source: LiveSource;
  readonly #watchers: Viewers;
  /** Only while somebody watches. */
  readonly #statuses: ShardStatuses;
  readonly #changed = new Set<string>();
  #mappings: MappingBatch[] = [];
  #events: HistoryEvent[] = [];
  #revision: number | null = null;
  #sending = false;
  #sentAt = 0;
  #draining = false;

  constructor(ctx: DurableObjectState, env: Env, source: LiveSource) {
    this.#ctx = ctx;
    this.#env = env;
    this.#source = source;
    this.#watchers = new Viewers(ctx);
    // Memory is bounded by the configuration: objects of a deleted pool may still speak, shards out of use may have counted nothing.
    this.#statuses = new ShardStatuses(env, (id, status) => {
      const pool = source.pool(id);
      return pool ? countedOnly(pool.sharding, status) : null;
    });
  }

  /** Whether somebody watches: survives eviction, for the runtime keeps the sockets. */
  get watched(): boolean {
    return this.#watchers.present;
  }

  /** Takes a watcher in; it gets the revision at once and every pool's status as soon as the Pool objects have told it. */
  accept(watch: Viewer): Response {
    const { revision } = this.#source.now();
    const answer = this.#watchers.accept(watch, JSON.stringify({ type: 'revision', revision }));
    if (answer.status === 101) this.#ctx.waitUntil(this.#askAll());
    return answer;
  }

  /** Closes what was opened by this session, or by any (null). */
  disconnect(session: string | null): void {
    this.#watchers.disconnect(session);
  }

  /** Takes one shard's news. Returns whether somebody still watches. */
  push({ pool, shard, status, mappings }: LivePush): boolean {
    if (!this.watched) {
      this.#forget();
      return false;
    }
    if (this.#statuses.keep({ pool, shard }, status)) this.#changed.add(pool);
    this.#mappings.push(...mappings);
    let kept = this.#mappings.reduce((sum, batch) => sum + batch.count, 0);
    while (this.#mappings.length > 1 && kept - this.#mappings[0]!.count >= MAPPINGS_PER_MESSAGE)
      kept -= this.#mappings.shift()!.count;
    this.#sendSoon();
    return true;
  }

  noteEvents(events: readonly HistoryEvent[]): void {
    if (events.length === 0 || !this.watched) return;
    this.#events = [...this.#events, ...events].slice(-EVENTS_PER_MESSAGE);
    this.#sendSoon();
  }

  /** A new revision: its number, and the status of each pool that it touched or that is new. */
  noteRevision(revision: number, pools: readonly string[]): void {
    if (!this.watched) {
      this.#forget();
      return;
    }
    this.#revision = revision;
    for (const pool of pools) this.#changed.add(pool);
    const configured = new Set(this.#source.now().config.pools.map(({ id }) => id));
    for (const pool of this.#changed) if (!configured.has(pool)) this.#changed.delete(pool);
    this.#statuses.forgetOthers(configured);
    this.#sendSoon();
  }

  /** Asks every Pool object how it stands, and tells it that somebody watches. */
  async #askAll(): Promise<void> {
    const names = this.#source.now().config.pools.flatMap((pool) => this.#shards(pool.id));
    await this.#statuses.ask(names, ({ pool }) => {
      if (!this.watched) return false;
      this.#changed.add(pool);
      this.#sendSoon();
      return true;
    });
  }

  #shards(pool: string): ShardName[] {
    return [...new Set(['0', ...this.#source.shardsOf(pool)])].map((shard) => ({ pool, shard }));
  }

  #forget(): void {
    this.#statuses.forget();
    this.#changed.clear();
    this.#mappings = [];
    this.#events = [];
    this.#revision = null;
  }

  #sendSoon(): void {
    if (this.#sending) return;
    this.#sending = true;
    setTimeout(() => this.#sendNow(), Math.max(0, this.#sentAt + SEND_MS - Date.now()));
  }

  async #sendNow(): Promise<void> {
    try {
      await this.#complete();
      this.#sentAt = Date.now();
      for (const message of this.#takeMessages()) this.#watchers.broadcast(message);
    } finally {
      this.#sending = false;
    }
    if (this.#changed.size > 0) this.#sendSoon();
  }

  /** After an eviction only those shards are known that have spoken since: the others are asked before sums go out. */
  async #complete(): Promise<void> {
    const missing = [...this.#changed].flatMap((pool) =>
      this.#shards(pool).filter((name) => !this.#statuses.has(name)),
    );
    await this.#statuses.ask(missing, () => true);
  }

  /** Those that changed first are told first; who does not fit stays for the next message. */
  #takeStatuses(): PoolStatus[] {
    const { revision, config, drains } = this.#source.now();
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
      // Joined as text: nothing here needs to read them.
      messages.push(
        `{"type":"mappings","mappings":[${this.#mappings.map(({ json }) => json.slice(1, -1)).join()}]}`,
      );
    this.#mappings = [];
    this.#events = [];
    this.#revision = null;
    if (statuses.some(isDraining)) this.#followDrains();
    return messages;
  }

  /** Asks the Pool objects of drains again in a while, until each is safe or nobody watches. */
  #followDrains(): void {
    if (this.#draining) return;
    this.#draining = true;
    setTimeout(() => {
      this.#draining = false;
      if (!this.watched) return;
      for (const { pool } of this.#source.now().drains) {
        this.#statuses.askAnew(pool);
        this.#changed.add(pool);
      }
      this.#sendSoon();
    }, DRAIN_MS);
  }
}

const isDraining = ({ backends }: PoolStatus): boolean =>
  backends.some(({ drain }) => drain !== null && !drain.safeToRemove);
