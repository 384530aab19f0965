/** The Pool object, one per pool and shard: leases out the sequence, tracks failures and counts. No traffic passes it. */
import { DurableObject } from 'cloudflare:workers';
import { hash32 } from '../../balance/hash.ts';
import { positionAfter } from '../../balance/round-robin.ts';
import { UNROUTED_POOL, unroutedPool } from '../../config/unrouted.ts';
import type { Env } from '../../env.ts';
import { LEASE_TTL_MS } from '../../lib/timing.ts';
import type {
  Batch,
  HealthChange,
  Lease,
  LeaseAsk,
  Mapping,
  PoolPush,
  PoolUpdate,
  Report,
  Returned,
  ShardMetrics,
  ShardName,
  ShardStatus,
  SyncAsk,
  SyncReply,
} from '../../protocol/messages.ts';
import { directoryObject } from '../../protocol/rpc.ts';
import { drainTimes } from '../../stats/drain.ts';
import type { ShardSeries } from '../../stats/series.ts';
import { ConfigPull } from './config-pull.ts';
import { EventOutbox, findingEvent, probeEvents } from './event-outbox.ts';
import { syncOfLease, syncOfReport, updateOf } from './first-release.ts';
import { broadcastHealthChanges } from './gossip.ts';
import { LiveFeed } from './live-feed.ts';
import { assignProbe, listEjected, listFailing, listRamping, markProbeSent } from './probes.ts';
import { RecentMappings } from './recent-mappings.ts';
import { ReportDedup } from './report-dedup.ts';
import { type Finding, healthChangeOf, PoolState } from './state.ts';
import { PoolStore } from './store.ts';
import { WriteBehind } from './write-behind.ts';

/** The methods are the RPC that `PoolRpc` in protocol/rpc.ts declares. */
export class Pool extends DurableObject<Env> {
  readonly #store: PoolStore;
  readonly #name: ShardName;
  readonly #dedup = new ReportDedup();
  readonly #events = new EventOutbox();
  readonly #feed: LiveFeed;
  readonly #mappings: RecentMappings;
  readonly #configPull = new ConfigPull(
    () => this.#pull(),
    (pull) => this.ctx.waitUntil(pull),
  );
  readonly #behind = new WriteBehind(() => this.#write());
  #push: PoolPush | null;
  #state: PoolState | null = null;
  #mirrored = 0;
  #dropped = 0;
  #calls = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const [pool = '', shard = '0'] = (ctx.id.name ?? '').split('/');
    this.#name = { pool, shard };
    this.#feed = new LiveFeed(this.#name, () => this.#statusNow());
    this.#store = new PoolStore(ctx.storage.sql);
    this.#mappings = new RecentMappings(() => this.#store.batches());
    this.#push = pool === UNROUTED_POOL ? unroutedPush() : this.#store.config();
    const stored = this.#store.state();
    if (this.#push?.pool) this.#state = this.#newState(this.#push.pool, stored);
    if (stored) {
      this.#mirrored = stored.mirrored ?? 0;
      this.#dropped = stored.dropped;
      this.#dedup.load(stored.reporters);
      this.#events.add(stored.events ?? []);
    }
  }

  /**
   * The one call of isolates: counts the batch, unless it has been counted before, and replies with slots and the pool's
   * state. `slots` is empty when `want` is 0 or no backend is eligible.
   */
  async sync(ask: SyncAsk): Promise<SyncReply> {
    this.#calls++;
    await this.#ensureRevision(ask.revision);
    const now = Date.now();
    const { isolate, sequence, revision, batch } = ask;
    const state = this.#state;
    if (state && batch) {
      if (sequence === 0 || this.#dedup.accept(isolate, sequence)) this.#record(batch, state, now);
      // The reply to this batch was lost, and with it the slots that it granted.
      else this.#returnSlots(this.#dedup.takeGrant(isolate, sequence));
    }
    return { ...this.#issueUpdate(revision, now), ...this.#grant(ask, now) };
  }

  /** The calls of isolates of the first release, which meet this object during a deploy. */
  lease(ask: LeaseAsk): Promise<SyncReply> {
    return this.sync(syncOfLease(ask));
  }

  async report(report: Report, want = 0): Promise<PoolUpdate | SyncReply> {
    const reply = await this.sync(syncOfReport(report, want));
    return want > 0 ? reply : updateOf(reply);
  }

  /** Returns what `lease` would reply now, and changes nothing. */
  async rehearse({ revision, want, returned, charged = {}, tookAlone }: LeaseAsk): Promise<SyncReply> {
    await this.#ensureRevision(revision);
    const now = Date.now();
    const replyTo = () => {
      this.#returnSlots(returned);
      this.#state?.takeTurns(tookAlone ?? [], now);
      this.#state?.charge(charged, now);
      const ask = { isolate: '', sequence: 0, revision, want, batch: null };
      return { ...this.#issueUpdate(revision, now), ...this.#grant(ask, now) };
    };
    return this.#state ? this.#state.dryRun(replyTo) : replyTo();
  }

  #grant({ isolate, sequence, want }: SyncAsk, now: number): Lease {
    const state = this.#state;
    if (!state) return { epoch: 0, first: 0, slots: [], reason: 'policy', ttlMs: LEASE_TTL_MS };
    const first = state.sequence.taken;
    const { slots, reason } = state.lease(Math.min(want, state.config.maxLease), now);
    const { epoch, weights } = state.sequence;
    const position = [...state.sequence.position];
    if (slots.length > 0 && sequence > 0) {
      const ids = slots.map((index) => state.config.backends[index]!.id);
      this.#dedup.noteGrant(isolate, sequence, { epoch, counts: countBy(ids) });
    }
    if (slots.length > 0) this.#behind.markDirty();
    return { epoch, first, slots, position, weights, reason, ttlMs: LEASE_TTL_MS };
  }

  #record(batch: Batch, state: PoolState, now: number): void {
    const { returned, tookAlone, probes, attempts, charged, clients, mappings } = batch;
    this.#returnSlots(returned);
    state.takeTurns(tookAlone, now);
    for (const [id] of probes) markProbeSent(state, state.indexOf(id), now);
    this.#events.add(probeEvents(probes, state, this.#name, now));
    const found = attempts.flatMap((attempt) => state.record(attempt, now));
    state.charge(charged, now);
    state.addClients(clients, now);
    this.#mirrored += batch.mirrored ?? 0;
    this.#dropped += batch.dropped;
    this.#mappings.add(mappings);
    if (attempts.length + mappings.count > 0) this.#feed.schedule(this.env, mappings);
    if (found.length > 0) {
      this.#events.add(found.map((finding) => findingEvent(finding, this.#name)));
      this.#behind.flush();
      const changes = found.flatMap((finding) => healthChangeOf(finding) ?? []);
      // Ejections are not shared between regions: a backend unreachable from one may be reachable from another.
      if (changes.length > 0 && typeof state.config.sharding === 'number')
        this.ctx.waitUntil(broadcastHealthChanges(this.env, this.#name, changes));
    } else if (!isEmpty(batch)) this.#behind.markDirty();
    if (found.length > 0 || probes.length > 0) this.#deliverEvents();
  }

  /** Adopts a configuration from the Directory; an older one is ignored. Returns the revision that the object now has. */
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
    this.#feed.schedule(this.env, null);
    return push.revision;
  }

  /** Adopts the number of a newer revision that did not change this pool. */
  routesChanged(routesRevision: number): void {
    if (!this.#push || routesRevision <= this.#push.routesRevision) return;
    this.#push = { ...this.#push, routesRevision };
    this.#store.saveConfig(this.#push);
  }

  /** Adopts an ejection or a return that another shard of this pool observed. */
  hearFlip(change: HealthChange): void {
    this.#state?.applyHealthChange(change);
    this.#feed.schedule(this.env, null);
    this.#behind.flush();
  }

  /** This shard's counters; empty when the object has no configuration. */
  async status(): Promise<ShardStatus> {
    await this.#ensureRevision(0);
    return this.#statusNow();
  }

  /** Returns the status, and pushes its changes to the Directory for as long as the live view is watched. */
  async watch(): Promise<ShardStatus> {
    await this.#ensureRevision(0);
    this.#feed.watch();
    return this.#statusNow();
  }

  /** The recent mappings, newest first, at most a thousand. */
  requests(): Mapping[] {
    return this.#mappings.newest();
  }

  /** This shard's last five minutes. */
  series(): ShardSeries {
    return this.#state?.counts.series.dump(Date.now()) ?? { steps: [] };
  }

  /** This shard's counters for the metrics. Writes them first: after a crash an exported counter must not have decreased. */
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
      mirrored: this.#mirrored,
      backends: this.#state?.status(Date.now()) ?? [],
    };
  }

  #newState(config: NonNullable<PoolPush['pool']>, stored: ReturnType<PoolStore['state']>): PoolState {
    const start = (weights: readonly number[]) => positionAfter(weights, startOf(this.#name.shard));
    return new PoolState(config, stored, start, drainTimes(this.env));
  }

  async #ensureRevision(wanted: number): Promise<void> {
    // The Directory knows nothing of this pool.
    if (this.#name.pool === UNROUTED_POOL) return;
    await this.#configPull.ensureRevision(wanted, this.#push?.revision ?? null);
  }

  async #pull(): Promise<void> {
    const setWatched = this.#feed.expectAnswer();
    const { watched = false, ...push } = await directoryObject(this.env).pullPool(
      this.#name.pool,
      this.#name.shard,
    );
    setWatched(watched);
    // What came in before this answer has not been pushed.
    if (watched) this.#feed.schedule(this.env, null);
    if (!this.#push || push.revision > this.#push.revision) this.configure(push);
    else this.routesChanged(push.routesRevision);
  }

  /** Composes the part of every reply, with a due probe: that is assigned to the caller, so call this once per reply. */
  #issueUpdate(revisionOfCaller: number, now: number): PoolUpdate {
    const revision = this.#push?.revision ?? 0;
    const state = this.#state;
    const probe = state ? assignProbe(state, now) : undefined;
    return {
      ...(probe ? { probe } : {}),
      revision,
      routesRevision: this.#push?.routesRevision ?? 0,
      ejected: state ? listEjected(state) : [],
      failing: state ? listFailing(state) : [],
      ramping: state ? listRamping(state, now) : [],
      ...(revision > revisionOfCaller ? { pool: this.#push?.pool ?? null } : {}),
    };
  }

  /** Runs behind the reply: traffic does not wait for the history. */
  #deliverEvents(): void {
    this.ctx.waitUntil(
      this.#events.deliver(this.env).then((delivered) => delivered && this.#behind.markDirty()),
    );
  }

  #returnSlots(returned: readonly Returned[]): void {
    const state = this.#state;
    if (!state) return;
    for (const { epoch, counts } of returned)
      for (const [id, count] of Object.entries(counts)) {
        const index = state.indexOf(id);
        if (index >= 0) state.sequence.giveBack(epoch, index, count);
      }
  }

  /** Writes everything in one transaction: Durable Objects coalesce the writes of a synchronous turn. */
  #write(): void {
    const state = this.#state;
    if (!state) return;
    const { position, taken } = state.sequence;
    const stored = {
      position,
      taken,
      backends: state.tallies,
      reporters: this.#dedup.dump(),
      mirrored: this.#mirrored,
      dropped: this.#dropped,
      totals: state.counts.totals.dump(),
      events: this.#events.pending,
    };
    if (this.#events.isDue(Date.now())) this.#deliverEvents();
    this.#store.saveState(stored, this.#mappings.takeUnsaved());
  }
}

const unroutedPush = (): PoolPush => ({ revision: 0, routesRevision: 0, pool: unroutedPool() });

const countBy = (ids: readonly string[]): Record<string, number> => {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return Object.fromEntries(counts);
};

/** Whether a batch changes nothing that is stored. */
const isEmpty = ({
  attempts,
  mappings,
  charged,
  returned,
  tookAlone,
  mirrored = 0,
  dropped,
  clients,
}: Batch): boolean =>
  attempts.length + mappings.count + returned.length + tookAlone.length + mirrored + dropped === 0 &&
  Object.keys(charged).length + Object.keys(clients).length === 0;

/** How many picks a shard's sequence starts ahead: a numbered shard its number, a named one a number made of its name. */
const startOf = (shard: string): number => (/^\d+$/.test(shard) ? Number(shard) : hash32(shard) % 64);
