/** The Directory's part in the live view: the dashboards' WebSockets, which hibernate, and what goes out on them. */
import type { Config } from '../config/schema.ts';
import { drainTimes, type Env } from '../env.ts';
import type { Drain } from './drain.ts';
import type { HistoryEvent } from './events.ts';
import { type PoolStatus, poolStatus } from './pool-status.ts';
import type { LivePush, MappingBatch, ShardName, ShardStatus } from './protocol.ts';
import { deadlined, poolObject } from './stubs.ts';
import type { Watch } from './watch.ts';

/** At most one message of each type in this time. */
const SEND_MS = 1_000;
/** Calls to Pool objects at once (a Worker may wait for six). */
const AT_ONCE = 6;
/** While somebody watches a drain its counts are asked for this often: they fall with time, and no traffic tells of it. */
const DRAIN_MS = 5_000;
/** Watchers at once; one more is turned away. */
const WATCHERS = 200;
/**
 * A watcher that was not heard for so long, or was sent so much meanwhile, is let go: it may be dead, or slower than
 * what comes. The runtime does not tell how much waits to go out; but who sends «ping», and the next one only after its
 * «pong», has received everything sent before that pong.
 */
const SILENT_MS = 120_000;
const UNHEARD_LENGTH = 16 * 1_048_576;
const LET_GO = {
  code: 4408,
  reason: 'too slow or too silent: send «ping» now and then, and wait for «pong»',
};
const SIGNED_OUT = { code: 4401, reason: 'signed out, or the session has ended' };
/** About as many mappings in one message; the oldest batches go. */
const MAPPINGS = 200;

/** What is kept with a watcher's socket while it hibernates. */
interface Attachment extends Watch {
  readonly since: number;
}

/** What the Directory knows and Live asks it for. */
export interface LiveSource {
  now(): { revision: number; config: Config; drains: readonly Drain[] };
  shardsOf(pool: string): string[];
}

export class Live {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #source: LiveSource;
  /** By pool and shard; only while somebody watches. */
  readonly #statuses = new Map<string, Map<string, ShardStatus>>();
  readonly #changed = new Set<string>();
  /** When each watcher was last heard, and how much it was sent since. */
  readonly #sent = new WeakMap<WebSocket, { heardAt: number; length: number }>();
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
    // Answered by the runtime: a ping does not wake the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  /** Whether somebody watches: survives eviction, for the runtime keeps the sockets. */
  get watched(): boolean {
    return this.#ctx.getWebSockets().length > 0;
  }

  /** Takes a watcher in; it gets the revision at once and every pool's status as soon as the Pool objects have told it. */
  accept(watch: Watch): Response {
    if (this.#ctx.getWebSockets().length >= WATCHERS) return new Response(null, { status: 503 });
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.#ctx.acceptWebSocket(server);
    server.serializeAttachment({ since: Date.now(), ...watch } satisfies Attachment);
    server.send(JSON.stringify({ type: 'revision', revision: this.#source.now().revision }));
    this.#ctx.waitUntil(this.#askAll());
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Closes what was opened by this session, or by any (null): signing out ends what was begun with it. */
  letGo(session: string | null): void {
    for (const socket of this.#ctx.getWebSockets()) {
      const { by } = socket.deserializeAttachment() as Attachment;
      if (by !== null && (session === null || by === session))
        socket.close(SIGNED_OUT.code, SIGNED_OUT.reason);
    }
  }

  /** Takes one shard's news. Returns whether somebody still watches. */
  push({ pool, shard, status, mappings }: LivePush): boolean {
    if (!this.watched) {
      this.#forget();
      return false;
    }
    this.#keep(pool, shard, status);
    this.#mappings.push(...mappings);
    let kept = this.#mappings.reduce((sum, batch) => sum + batch.count, 0);
    while (this.#mappings.length > 1 && kept - this.#mappings[0]!.count >= MAPPINGS)
      kept -= this.#mappings.shift()!.count;
    this.#sendSoon();
    return true;
  }

  noteEvents(events: readonly HistoryEvent[]): void {
    if (events.length === 0 || !this.watched) return;
    this.#events.push(...events);
    this.#sendSoon();
  }

  /** A new revision: its number, and the status of each pool that it touched or that is new. */
  noteRevision(revision: number, pools: readonly string[]): void {
    if (!this.watched) return;
    this.#revision = revision;
    for (const pool of pools) this.#changed.add(pool);
    this.#sendSoon();
  }

  /** Asks every Pool object how it stands, and tells it that somebody watches. */
  async #askAll(): Promise<void> {
    const names = this.#source.now().config.pools.flatMap((pool) => this.#shards(pool.id));
    const work = async () => {
      for (let name = names.shift(); name; name = names.shift()) await this.#ask(name);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  #shards(pool: string): ShardName[] {
    return [...new Set(['0', ...this.#source.shardsOf(pool)])].map((shard) => ({ pool, shard }));
  }

  async #ask({ pool, shard }: ShardName): Promise<void> {
    const status = await deadlined(() => poolObject(this.#env, pool, shard).watch());
    if (!status || !this.watched) return;
    this.#keep(pool, shard, status);
    this.#sendSoon();
  }

  #keep(pool: string, shard: string, status: ShardStatus): void {
    const shards = this.#statuses.get(pool) ?? new Map<string, ShardStatus>();
    this.#statuses.set(pool, shards.set(shard, status));
    this.#changed.add(pool);
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
    setTimeout(() => this.#sendNow(), Math.max(0, this.#sentAt + SEND_MS - Date.now()));
  }

  async #sendNow(): Promise<void> {
    try {
      await this.#complete();
      this.#sentAt = Date.now();
      for (const message of this.#takeMessages()) this.#broadcast(message);
    } finally {
      this.#sending = false;
    }
  }

  /** After an eviction only those shards are known that have spoken since: the others are asked before sums go out. */
  async #complete(): Promise<void> {
    const missing = [...this.#changed].flatMap((pool) =>
      this.#shards(pool).filter(({ shard }) => !this.#statuses.get(pool)?.has(shard)),
    );
    for (const name of missing) {
      const status = await deadlined(() => poolObject(this.#env, name.pool, name.shard).watch());
      if (status) this.#keep(name.pool, name.shard, status);
    }
  }

  #takeMessages(): string[] {
    const { revision, config, drains } = this.#source.now();
    const times = drainTimes(this.#env);
    const statuses = config.pools
      .filter((pool) => this.#changed.has(pool.id))
      .map((pool) => {
        const known = this.#statuses.get(pool.id) ?? new Map<string, ShardStatus>();
        const complete = this.#shards(pool.id).every(({ shard }) => known.has(shard));
        return poolStatus(pool, [...known.values()], { revision, drains, times, complete });
      });
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
    this.#changed.clear();
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
        this.#statuses.delete(pool);
        this.#changed.add(pool);
      }
      this.#sendSoon();
    }, DRAIN_MS);
  }

  #broadcast(message: string): void {
    for (const socket of this.#ctx.getWebSockets()) {
      try {
        const { until } = socket.deserializeAttachment() as Attachment;
        if (Date.now() >= until) socket.close(SIGNED_OUT.code, SIGNED_OUT.reason);
        else if (this.#keepsUp(socket, message.length)) socket.send(message);
        else socket.close(LET_GO.code, LET_GO.reason);
      } catch {
        // It has gone meanwhile; the runtime forgets it.
      }
    }
  }

  #keepsUp(socket: WebSocket, length: number): boolean {
    const { since } = socket.deserializeAttachment() as Attachment;
    const heardAt = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? since;
    const known = this.#sent.get(socket);
    const sent = known?.heardAt === heardAt ? known : { heardAt, length: 0 };
    sent.length += length;
    this.#sent.set(socket, sent);
    return Date.now() - heardAt < SILENT_MS && sent.length < UNHEARD_LENGTH;
  }
}

const isDraining = ({ backends }: PoolStatus): boolean =>
  backends.some(({ drain }) => drain !== null && !drain.safeToRemove);
