/** An isolate's side of one pool: what it knows and holds, and the one conversation with the pool's object. */
import type { PoolConfig } from '../../config/schema.ts';
import type { Env } from '../../env.ts';
import { callObject } from '../../lib/calls.ts';
import {
  BATCH_MS,
  ISOLATE_DEADLINE_MS,
  LEASE_TTL_MS,
  ORPHANED_MS,
  PAUSE_MS,
  RENEW_AHEAD_MS,
} from '../../lib/timing.ts';
import { flushLog } from '../../log/sinks.ts';
import type { Batch, SyncReply } from '../../protocol/messages.ts';
import { poolObject } from '../../protocol/rpc.ts';
import { shardingInForce } from '../../protocol/sharding.ts';
import type { FinishedRequest } from '../../stats/received.ts';
import type { AffinityClient } from './affinity-clients.ts';
import { edgeLocation } from './edge-location.ts';
import { isolateId } from './identity.ts';
import {
  CAPACITY,
  CAPACITY_IN_ALL,
  entriesOf,
  type Finished,
  isNotable,
  Outbox,
  type SeenAttempt,
} from './outbox.ts';
import { PoolView } from './pool-view.ts';
import { type Shard, shardFor } from './shards.ts';

/** One request keeps the conversation going for this long at most; then the next one takes over. */
const KEEPER_MS = 10_000;

/** How often a request looks whether another one's call has come back. */
const WATCH_MS = 5;

/** What a request lends its pool's client: the bindings, and the time after its response. Every exchange is one. */
export interface Context {
  readonly env: Env;
  readonly ctx: Pick<ExecutionContext, 'waitUntil'>;
}

/** What a client needs of its isolate. */
export interface Host {
  /** How many pools' objects do not answer the isolate; 1 at least. */
  lostPools(): number;
  /** Follows the routes if the pool's object knows of newer ones. */
  refreshRoutes(view: PoolView, env: Env): Promise<void>;
}

/** A batch that its object has not acknowledged. It keeps its number and its object: sent again, it counts once. */
interface Sent {
  readonly sequence: number;
  readonly shard: Shard;
  readonly batch: Batch;
  readonly news: number;
}

/** One call after the other. Guards in plain data, because no request may wait for another one's promise. */
interface Lane {
  /** When the call that is under way began (epoch ms); 0: none is. */
  busySince: number;
  unacked: Sent | null;
}

/** What requests use of a pool. Methods with a context may call the object, and none of them rejects. */
export class PoolClient extends PoolView {
  readonly outbox = new Outbox();
  readonly #host: Host;
  /** The conversation. Only its calls move the sequence on and back, so that each reply says where it then stands. */
  readonly #routine: Lane = { busySince: 0, unacked: null };
  /** Beside it, for failures. */
  readonly #urgent: Lane = { busySince: 0, unacked: null };
  /** Begins where no earlier client of this isolate for the same pool can have come to. */
  #sequence = Date.now();
  /** What the object asked for: how long to collect, and of how many successes to send one record. */
  #paceMs = BATCH_MS;
  #sampling = 1;
  #successes = 0;
  /** When the first request began that no call has followed, epoch ms; 0: none. */
  #begunAt = 0;
  /** Until when a request sees to the conversation; if it is past, that request has ended. */
  #keptUntil = 0;

  constructor(config: PoolConfig, revision: number, host: Host) {
    super(config, revision);
    this.#host = host;
  }

  /** Sees to the conversation when a request begins: its call costs less than one behind a response. */
  begin(context: Context, now: number): void {
    this.#begunAt ||= now;
    if (now >= this.#keptUntil) this.#startKeeper(context, now);
    if (isBusy(this.#routine, now)) return;
    const { breaker, outbox, slots } = this;
    if (breaker.isOpen(now)) {
      if (breaker.allowProbe(now)) context.ctx.waitUntil(this.sync(context));
    } else if (slots.isRunningOut) context.ctx.waitUntil(this.sync(context, slots.want(now)));
    else if (outbox.isFull(now)) context.ctx.waitUntil(this.sync(context));
  }

  /** Notes how an attempt ended. A failure or a changed verdict goes to the object at once, so that all know within a second. */
  record(context: Context, seen: SeenAttempt, now: number): void {
    const isNews = this.outbox.addAttempt(seen, now);
    if (!isNews) return;
    this.unreported++;
    this.#sendAtOnce(context, now);
  }

  /** Notes a finished request. */
  finish(context: Context, finished: Finished, now: number): void {
    this.outbox.addFinished(finished, now);
    this.#trim();
    if (now >= this.#keptUntil) this.#startKeeper(context, now);
  }

  /** Counts a copy of a mirrored request that is sent to the pool. */
  recordMirrored(context: Context): void {
    const now = Date.now();
    this.outbox.addMirrored(now);
    if (now >= this.#keptUntil) this.#startKeeper(context, now);
  }

  /** Draws whether the object gets the record of a request: of every n-th success, as it asks, and of all others. */
  drawMapping(finished: FinishedRequest): boolean {
    if (isNotable(finished)) return true;
    this.#successes = (this.#successes + 1) % this.#sampling;
    return this.#successes === 0;
  }

  /** Reports at once that a probe is on its way. */
  recordProbe(context: Context, backend: string, requestId: string): void {
    const now = Date.now();
    this.outbox.addProbe(backend, requestId, now);
    this.#sendAtOnce(context, now);
  }

  /** Notes that a client with affinity was sent to a backend. */
  override addClient({ env }: Context, client: AffinityClient): void {
    this.outbox.clients.add(client, env);
  }

  /** Asks the object how the pool stands, and for slots, before a request is answered. */
  override async refresh(context: Context): Promise<void> {
    // Another request's call will do, unless each one needs a slot. It is watched, for its promise must not be waited for.
    const waits = (now: number) =>
      this.config.maxStaleMs > 0 && isBusy(this.#routine, now) && !this.isKnown(now);
    if (waits(Date.now())) {
      while (waits(Date.now())) await sleep(WATCH_MS);
      if (this.isKnown(Date.now())) return;
    }
    const isAnswered = this.sync(context, this.policy.leased ? this.slots.want(Date.now()) : 0);
    // What it brings is of other requests too: it must not be lost with a client that goes away meanwhile.
    context.ctx.waitUntil(isAnswered);
    await isAnswered;
  }

  /**
   * Brings what the isolate has noted to the object, and slots and the pool's state back. While another such call is under
   * way it only asks. Returns whether the object answered.
   */
  async sync(context: Context, want?: number): Promise<boolean> {
    const now = Date.now();
    this.slots.expire(now + RENEW_AHEAD_MS);
    const slots = want ?? this.#slotsToBring(now);
    if (!isBusy(this.#routine, now)) return this.#converse(context, this.#routine, slots);
    const reply = await this.#call(context, null, slots);
    // Turns that are on their way are missing in its position.
    if (reply) this.applyReply(this.slots.hasCopy ? { ...reply, position: undefined } : reply, Date.now());
    return reply !== null;
  }

  /** How many slots a call should bring that no request waits for: none while most are in hand, or not in demand. */
  #slotsToBring(now: number): number {
    const { slots, config, policy } = this;
    if (!policy.leased || config.maxStaleMs === 0 || !slots.isInDemand) return 0;
    const want = slots.want(now);
    return slots.left <= want / 2 ? want : 0;
  }

  /** Sends a batch in its turn. Returns whether the object answered. */
  async #converse(context: Context, lane: Lane, want: number): Promise<boolean> {
    const { env, ctx } = context;
    const sent = lane.unacked ?? this.#makeBatch(lane === this.#routine);
    lane.unacked = sent;
    lane.busySince = Date.now();
    this.#begunAt = 0;
    const called = this.#call(context, sent, want);
    // After the call has left: a request may be waiting for its slots.
    ctx.waitUntil(flushLog(env, isolateId()));
    const reply = await called;
    const now = Date.now();
    // Unless this call took so long that another one has taken its place.
    if (lane.unacked !== sent) return reply !== null;
    lane.busySince = 0;
    if (reply === null) {
      this.#trim();
      return false;
    }
    lane.unacked = null;
    this.unreported -= sent.news;
    this.#paceMs = reply.pace ?? BATCH_MS;
    this.#sampling = reply.sampling ?? 1;
    if (lane === this.#routine) this.applyReply(reply, now);
    else this.applyUpdate(reply, now);
    ctx.waitUntil(this.#host.refreshRoutes(this, env));
    return true;
  }

  async #call({ env }: Context, sent: Sent | null, want: number): Promise<SyncReply | null> {
    const { name, hint } = sent?.shard ?? this.#shard();
    const { sequence = 0, batch = null } = sent ?? {};
    const ask = { isolate: isolateId(), sequence, revision: this.revision, want, batch };
    const object = () => poolObject(env, this.config.id, name, hint);
    const reply = await callObject(() => object().sync(ask), ISOLATE_DEADLINE_MS);
    if (reply === null) this.breaker.onFailure(Date.now());
    return reply;
  }

  #makeBatch(isRoutine: boolean): Sent {
    const { noted, news } = this.outbox.take(Date.now());
    const turns = isRoutine ? this.slots.takePending() : { charged: {}, returned: [], tookAlone: [] };
    return { sequence: ++this.#sequence, shard: this.#shard(), batch: { ...noted, ...turns }, news };
  }

  /** The shard that this isolate keeps to. */
  #shard(): Shard {
    const sharding = shardingInForce(this.config.sharding, this.autoShards);
    return shardFor(sharding, edgeLocation().continent, isolateId());
  }

  /** Enforces the limits. A batch waits, and other pools matter, only where a call has failed. */
  #trim(): void {
    if (!this.breaker.hasFailed) {
      this.outbox.trim(CAPACITY);
      return;
    }
    const capacity = Math.min(CAPACITY, Math.floor(CAPACITY_IN_ALL / this.#host.lostPools()));
    this.outbox.trim(capacity);
    for (const lane of [this.#routine, this.#urgent]) {
      const { unacked } = lane;
      if (!unacked || lane.busySince !== 0 || entriesOf(unacked.batch) <= capacity) continue;
      lane.unacked = null;
      this.unreported -= unacked.news;
      this.outbox.drop(unacked.batch);
    }
  }

  /** Sends what has been noted without waiting for more, beside a call that is under way. */
  #sendAtOnce(context: Context, now: number): void {
    this.#trim();
    if (!this.breaker.isOpen(now)) {
      if (!isBusy(this.#routine, now)) context.ctx.waitUntil(this.sync(context));
      else if (!isBusy(this.#urgent, now)) context.ctx.waitUntil(this.#converse(context, this.#urgent, 0));
    }
    if (now >= this.#keptUntil) this.#startKeeper(context, now);
  }

  #startKeeper(context: Context, now: number): void {
    this.#keptUntil = now + ORPHANED_MS;
    context.ctx.waitUntil(this.#keep(context, now));
  }

  /** Calls the object whenever something is due, until nothing is left to do. */
  async #keep(context: Context, startedAt: number): Promise<void> {
    for (let now = startedAt; ; now = Date.now()) {
      const dueAt = this.#dueAt();
      const isLast = now - startedAt >= KEEPER_MS || dueAt === Infinity;
      const isFree = !isBusy(this.#routine, now);
      const isDue = (isLast || dueAt <= now) && isFree;
      // What is noted from the last round on, another request sees to.
      this.#keptUntil = isLast ? 0 : now + ORPHANED_MS + (isDue ? ISOLATE_DEADLINE_MS : 0);
      if (dueAt === Infinity) return;
      // Something else may become due meanwhile, or another request's call end.
      if (!isDue) await sleep(isFree ? Math.min(dueAt - now, BATCH_MS) : PAUSE_MS);
      else if ((await this.sync(context)) && this.#urgent.unacked && !isBusy(this.#urgent, Date.now()))
        await this.#converse(context, this.#urgent, 0);
      if (isLast && isFree) return;
    }
  }

  /** When the object should be called next (epoch ms); infinite: not before the next request. */
  #dueAt(): number {
    const { outbox, slots, breaker } = this;
    const isOwed = outbox.hasNews || this.#routine.unacked !== null || this.#urgent.unacked !== null;
    const since = Math.min(outbox.startedAt || Infinity, this.#begunAt || Infinity);
    // While there is traffic, the next slots and the next state come before the present ones are too old.
    const renewAt = Math.max(since + BATCH_MS, breaker.heardAt + LEASE_TTL_MS - RENEW_AHEAD_MS);
    const dueAt = isOwed ? 0 : Math.min(since + this.#paceMs, renewAt, slots.expiresAt);
    return Math.max(dueAt, breaker.openUntil);
  }
}

/** A call that has not come back by its deadline was lost with its request. */
const isBusy = ({ busySince }: Lane, now: number): boolean => now - busySince < ISOLATE_DEADLINE_MS;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
