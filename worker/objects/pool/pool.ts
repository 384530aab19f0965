/** The Pool object: one per pool and shard. It leases out the sequence, tracks failures and counts; no byte of traffic. */
import { DurableObject } from 'cloudflare:workers';
import { hash32 } from '../../balance/hash.ts';
import { positionAfter } from '../../balance/round-robin.ts';
import type { Env } from '../../env.ts';
import type {
  HealthChange,
  LeaseAsk,
  LeaseReply,
  Mapping,
  PoolNews,
  PoolPush,
  Report,
  Returned,
  ShardMetrics,
  ShardName,
  ShardStatus,
} from '../../protocol/messages.ts';
import { directoryObject } from '../../protocol/rpc.ts';
import { drainTimes } from '../../stats/drain.ts';
import type { ShardSeries } from '../../stats/series.ts';
import { ConfigPull } from './config-pull.ts';
import { EventOutbox, findingEvent, probeEvents } from './event-outbox.ts';
import { broadcastHealthChanges } from './gossip.ts';
import { LiveFeed } from './live-feed.ts';
import { assignProbe, ejected, failing, markProbeSent, ramping } from './probes.ts';
import { RecentMappings } from './recent-mappings.ts';
import { ReportDedup } from './report-dedup.ts';
import { type Finding, healthChangeOf, PoolState } from './state.ts';
import { PoolStore } from './store.ts';
import { WriteBehind } from './write-behind.ts';

/** How long leased slots hold: bounds how long a drain can take to be in force everywhere. */
const LEASE_TTL_MS = 1_000;

/** Its methods are the RPC that `PoolRpc` in stubs.ts spells out. */
export class Pool extends DurableObject<Env> {
  readonly #store: PoolStore;
  readonly #name: ShardName;
  readonly #reporters = new ReportDedup();
  readonly #events = new EventOutbox();
  readonly #feed: LiveFeed;
  readonly #mappings: RecentMappings;
  readonly #directory = new ConfigPull(
    () => this.#pull(),
    (pull) => this.ctx.waitUntil(pull),
  );
  readonly #behind = new WriteBehind(() => this.#write());
  #push: PoolPush | null;
  #state: PoolState | null = null;
  #dropped = 0;
  #calls = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const [pool = '', shard = '0'] = (ctx.id.name ?? '').split('/');
    this.#name = { pool, shard };
    this.#feed = new LiveFeed(this.#name, () => this.#statusNow());
    this.#store = new PoolStore(ctx.storage.sql);
    this.#mappings = new RecentMappings(() => this.#store.batches());
    this.#push = this.#store.config();
    const stored = this.#store.state();
    if (this.#push?.pool) this.#state = this.#newState(this.#push.pool, stored);
    if (stored) {
      this.#dropped = stored.dropped;
      this.#reporters.load(stored.reporters);
      this.#events.add(stored.events ?? []);
    }
  }

  /** Hands out slots of the sequence; `slots` is empty when `want` is 0 or nobody is eligible. */
  async lease(ask: LeaseAsk): Promise<LeaseReply> {
    this.#calls++;
    await this.#catchUp(ask.revision);
    return this.#lease(ask);
  }

  #lease(ask: LeaseAsk): LeaseReply {
    const reply = this.#grant(ask);
    const { returned, charged = {} } = ask;
    if (reply.slots.length + returned.length + Object.keys(charged).length > 0) this.#behind.markDirty();
    return reply;
  }

  /** What `lease` would answer now; nothing moves. */
  async rehearse(ask: LeaseAsk): Promise<LeaseReply> {
    await this.#catchUp(ask.revision);
    return this.#state ? this.#state.dryRun(() => this.#grant(ask)) : this.#grant(ask);
  }

  #grant(ask: LeaseAsk): LeaseReply {
    const now = Date.now();
    const state = this.#state;
    const none = { epoch: 0, first: 0, slots: [], reason: 'policy' as const, ttlMs: LEASE_TTL_MS };
    if (!state) return { ...this.#news(ask.revision, now), ...none };
    this.#takeBack(ask.returned);
    state.charge(ask.charged ?? {}, now);
    const first = state.sequence.taken;
    const { slots, reason } = state.lease(Math.min(ask.want, state.config.maxLease), now);
    const { epoch } = state.sequence;
    return { ...this.#news(ask.revision, now), epoch, first, slots, reason, ttlMs: LEASE_TTL_MS };
  }

  /** Takes an isolate's batch; a repeated one counts once. It may `want` slots as well, which saves a call; they are granted anew. */
  async report(report: Report, want = 0): Promise<PoolNews | LeaseReply> {
    this.#calls++;
    await this.#catchUp(report.revision);
    const now = Date.now();
    const state = this.#state;
    if (state && this.#reporters.accept(report.isolate, report.sequence)) this.#take(report, state, now);
    const { revision } = report;
    return want > 0 ? this.#lease({ want, revision, returned: [] }) : this.#news(revision, now);
  }

  #take(report: Report, state: PoolState, now: number): void {
    this.#takeBack(report.returned);
    for (const id of report.probing) markProbeSent(state, state.indexOf(id), now);
    this.#events.add(probeEvents(report, state, this.#name, now));
    const found = report.attempts.flatMap((attempt) => state.record(attempt, now));
    state.charge(report.charged, now);
    state.noteClients(report.clients ?? {}, now);
    this.#dropped += report.dropped;
    this.#mappings.add(report.mappings);
    this.#feed.note(this.env, report.mappings);
    if (found.length === 0) this.#behind.markDirty();
    else {
      this.#events.add(found.map((finding) => findingEvent(finding, this.#name)));
      this.#behind.flush();
      const flips = found.flatMap((finding) => healthChangeOf(finding) ?? []);
      // A region speaks for itself: what it cannot reach others may.
      if (flips.length > 0 && typeof state.config.sharding === 'number')
        this.ctx.waitUntil(broadcastHealthChanges(this.env, this.#name, flips));
    }
    if (found.length > 0 || report.probing.length > 0) this.#deliverEvents();
  }

  /** Takes a configuration from the Directory; an older one than known is ignored. Returns the revision known. */
  configure(push: PoolPush): number {
    if (this.#push && push.revision < this.#push.revision) return this.#push.revision;
    this.#push = push;
    let found: readonly Finding[] = [];
    if (push.pool === null) {
      this.#state = null;
      this.#mappings.forget();
      this.#store.clear();
    } else if (this.#state) {
      found = this.#state.configure(push.pool, Date.now());
    } else {
      this.#state = this.#newState(push.pool, null);
    }
    this.#store.saveConfig(push);
    this.#events.add(found.map((finding) => findingEvent(finding, this.#name)));
    if (this.#state) this.#behind.flush();
    if (found.length > 0) this.#deliverEvents();
    this.#feed.note(this.env, null);
    return push.revision;
  }

  /** Learns of a newer revision that left this pool as it is. */
  routesChanged(routesRevision: number): void {
    if (!this.#push || routesRevision <= this.#push.routesRevision) return;
    this.#push = { ...this.#push, routesRevision };
    this.#store.saveConfig(this.#push);
  }

  /** Another shard of this pool ejected a backend, or saw it return. */
  hearFlip(change: HealthChange): void {
    this.#state?.applyHealthChange(change);
    this.#feed.note(this.env, null);
    this.#behind.flush();
  }

  /** This shard's counters; empty when the pool is unknown here. */
  async status(): Promise<ShardStatus> {
    await this.#catchUp(0);
    return this.#statusNow();
  }

  /** As `status`; from now on this object tells the Directory what changes, until nobody watches any more. */
  async watch(): Promise<ShardStatus> {
    await this.#catchUp(0);
    this.#feed.watch();
    return this.#statusNow();
  }

  /** The recent mappings, newest first, a thousand at most. */
  requests(): Mapping[] {
    return this.#mappings.newest();
  }

  /** This shard's last five minutes. */
  series(): ShardSeries {
    return this.#state?.counts.series.dump(Date.now()) ?? { steps: [] };
  }

  /** This shard's counters for the metrics; written down first, for what has been told must not go back after a crash. */
  async metrics(): Promise<ShardMetrics> {
    const status = await this.status();
    this.#behind.flushIfDirty();
    return { status, totals: this.#state?.counts.totals.dump() ?? [] };
  }

  #statusNow(): ShardStatus {
    return {
      revision: this.#push?.revision ?? 0,
      shard: this.#name.shard,
      dropped: this.#dropped,
      objectCalls: this.#calls,
      rowsWritten: this.#store.rowsWritten,
      livePushes: this.#feed.pushes,
      backends: this.#state?.status(Date.now()) ?? [],
    };
  }

  #newState(config: NonNullable<PoolPush['pool']>, stored: ReturnType<PoolStore['state']>): PoolState {
    const start = (weights: readonly number[]) => positionAfter(weights, startOf(this.#name.shard));
    return new PoolState(config, stored, start, drainTimes(this.env));
  }

  #catchUp(revisionOfAsker: number): Promise<void> {
    return this.#directory.ensureRevision(revisionOfAsker, this.#push?.revision ?? null);
  }

  async #pull(): Promise<void> {
    const hearWatched = this.#feed.awaitWord();
    const { watched = false, ...push } = await directoryObject(this.env).pullPool(
      this.#name.pool,
      this.#name.shard,
    );
    hearWatched(watched);
    if (!this.#push || push.revision > this.#push.revision) this.configure(push);
    else this.routesChanged(push.routesRevision);
  }

  #news(revisionOfAsker: number, now: number): PoolNews {
    const revision = this.#push?.revision ?? 0;
    const state = this.#state;
    const probe = state ? assignProbe(state, now) : undefined;
    return {
      ...(probe ? { probe } : {}),
      revision,
      routesRevision: this.#push?.routesRevision ?? 0,
      ejected: state ? ejected(state) : [],
      failing: state ? failing(state) : [],
      ramping: state ? ramping(state, now) : [],
      ...(revision > revisionOfAsker ? { pool: this.#push?.pool ?? null } : {}),
    };
  }

  /** Behind the reply: the history is no reason to keep traffic waiting. */
  #deliverEvents(): void {
    this.ctx.waitUntil(
      this.#events.deliver(this.env).then((delivered) => delivered && this.#behind.markDirty()),
    );
  }

  #takeBack(returned: readonly Returned[]): void {
    const state = this.#state;
    if (!state) return;
    for (const { epoch, counts } of returned)
      for (const [id, count] of Object.entries(counts)) {
        const index = state.indexOf(id);
        if (index >= 0) state.sequence.giveBack(epoch, index, count);
      }
  }

  /** One transaction: all writes of a synchronous turn are one (Durable Objects' write coalescing). */
  #write(): void {
    const state = this.#state;
    if (!state) return;
    const { position, taken } = state.sequence;
    const stored = {
      position,
      taken,
      backends: state.tallies,
      reporters: this.#reporters.dump(),
      dropped: this.#dropped,
      totals: state.counts.totals.dump(),
      events: this.#events.waiting,
    };
    if (this.#events.isDue(Date.now())) this.#deliverEvents();
    this.#store.saveState(stored, this.#mappings.takeUnsaved());
  }
}

/** Where a shard's sequence begins: numbered ones at their number, named ones at a number made of their name. */
const startOf = (shard: string): number => (/^\d+$/.test(shard) ? Number(shard) : hash32(shard) % 64);
