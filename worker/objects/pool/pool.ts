/** The Pool object, one per pool and shard: leases out the sequence, tracks failures and counts. No traffic passes it. */
import { DurableObject } from 'cloudflare:workers';
import { hash32 } from '../../balance/hash.ts';
import { positionAfter } from '../../balance/round-robin.ts';
import type { PoolConfig } from '../../config/schema.ts';
import { UNROUTED_POOL, unroutedPool } from '../../config/unrouted.ts';
import type { Env } from '../../env.ts';
import { Alarm } from '../../lib/alarm.ts';
import { withDeadline } from '../../lib/calls.ts';
import { LEASE_TTL_MS, OBJECT_DEADLINE_MS } from '../../lib/timing.ts';
import type {
  Batch,
  HealthChange,
  Lease,
  Mapping,
  PoolPush,
  PoolUpdate,
  ShardMetrics,
  ShardName,
  ShardStatus,
  SyncAsk,
  SyncReply,
  UnhealthyBackends,
} from '../../protocol/messages.ts';
import { directoryObject, poolObject } from '../../protocol/rpc.ts';
import { attemptsOf, countAttempts } from '../../protocol/runs.ts';
import { type AutoShards, laterShards, ONE_SHARD, shardingInForce } from '../../protocol/sharding.ts';
import type { Check } from '../../protocol/traffic-schemas.ts';
import { CallRate } from '../../stats/call-rate.ts';
import { drainTimes } from '../../stats/drain.ts';
import type { Range, ScopeFilter, ShardSeries } from '../../stats/rollup.ts';
import { type LeaseAsk, type Report, syncOfLease, syncOfReport, updateOf } from './calls/first-release.ts';
import { Load } from './calls/load.ts';
import { ReportDedup } from './calls/report-dedup.ts';
import { ConfigPull } from './config-pull.ts';
import { EventOutbox, findingEvent, probeEvents } from './event-outbox.ts';
import { broadcastHealthChanges, broadcastUnhealthy } from './gossip.ts';
import { CHECKER, HealthChecks } from './health/health-checks.ts';
import { LiveFeed } from './live-feed.ts';
import { ConditionReport } from './memory/condition-report.ts';
import { Memory } from './memory/memory.ts';
import { RecentMappings } from './memory/recent-mappings.ts';
import { RollupStore } from './memory/rollup-store.ts';
import {
  assignProbe,
  listEjected,
  listFailing,
  listRamping,
  listUnhealthy,
  markProbeSent,
} from './probes.ts';
import { type Finding, healthChangeOf, PoolState } from './state.ts';
import { PoolStore } from './store.ts';
import { WriteBehind } from './write-behind.ts';

/** The methods are the RPC that `PoolRpc` in protocol/rpc.ts declares. */
export class Pool extends DurableObject<Env> {
  readonly #store: PoolStore;
  readonly #name: ShardName;
  readonly #dedup = new ReportDedup();
  readonly #load = new Load();
  readonly #events = new EventOutbox();
  readonly #feed: LiveFeed;
  readonly #mappings: RecentMappings;
  readonly #notable: RecentMappings;
  readonly #configPull = new ConfigPull(
    () => this.#pull(),
    (pull) => this.ctx.waitUntil(pull),
  );
  readonly #behind = new WriteBehind(() => this.#write());
  readonly #checks: HealthChecks;
  readonly #alarm: Alarm;
  /** When the unhealthy backends that another shard sent were so, epoch ms. */
  #heardAt = 0;
  readonly #rollups: RollupStore;
  #memory: Memory;
  readonly #conditions: ConditionReport;
  #push: PoolPush | null;
  #state: PoolState | null = null;
  #mirrored = 0;
  #dropped = 0;
  #calls = 0;
  readonly #callRate = new CallRate();
  #shards = ONE_SHARD;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const [pool = '', shard = '0'] = (ctx.id.name ?? '').split('/');
    this.#name = { pool, shard };
    this.#feed = new LiveFeed(this.#name, () => this.#statusNow());
    this.#store = new PoolStore(ctx.storage.sql);
    this.#mappings = new RecentMappings('mappings', this.#store);
    this.#notable = new RecentMappings('notable', this.#store);
    this.#push = pool === UNROUTED_POOL ? unroutedPush() : this.#store.config();
    const stored = this.#store.state();
    this.#rollups = new RollupStore(ctx.storage.sql);
    this.#memory = this.#newMemory(stored);
    this.#conditions = new ConditionReport(this.#name);
    if (this.#push?.pool) this.#state = this.#newState(this.#push.pool, stored);
    if (stored) {
      this.#mirrored = stored.mirrored ?? 0;
      this.#dropped = stored.dropped;
      this.#dedup.load(stored.reporters);
      this.#events.add(stored.events ?? []);
    }
    this.#checks = new HealthChecks({
      name: this.#name,
      env,
      store: this.#store,
      state: () => this.#state,
      publish: (found) => this.#publish(found),
    });
    this.#alarm = new Alarm(ctx.storage, () => [
      this.#checks.nextAt(),
      this.#memory.nextAt,
      this.#conditions.nextAt,
    ]);
  }

  /**
   * Runs what is due: health checks, the judgement of a pool whose health changes with time alone, and reports of incidents
   * that the Directory has not heard of.
   */
  override async alarm(): Promise<void> {
    this.#alarm.onDue();
    await this.#checks.run();
    this.#judge(true, Date.now());
    await this.#conditions.deliver(this.env);
    await this.#report();
  }

  /**
   * The one call of isolates: counts the batch, unless it has been counted before, and replies with slots and the pool's
   * state. `slots` is empty when `want` is 0 or no backend is eligible.
   */
  async sync(ask: SyncAsk): Promise<SyncReply> {
    this.#calls++;
    await this.#ensureRevision(ask.revision);
    const now = Date.now();
    this.#askForShards(this.#callRate.count(this.#shards.count, now));
    const { isolate, sequence, revision, batch } = ask;
    const state = this.#state;
    if (state && batch) {
      if (sequence === 0 || this.#dedup.accept(isolate, sequence)) this.#record(batch, state, now);
      // The reply to this batch was lost, and with it the slots that it granted.
      else state.returnSlots(this.#dedup.takeGrant(isolate, sequence));
    }
    this.#load.add(countRequests(batch), now);
    const terms = { pace: this.#load.pace(now), sampling: this.#load.sampling(now) };
    return { ...this.#issueUpdate(revision, now), ...this.#grant(ask, now), ...terms };
  }

  /** The calls of isolates of the first release, which meet this object during a deploy. */
  lease(ask: LeaseAsk): Promise<SyncReply> {
    return this.sync(syncOfLease(ask));
  }

  async report(report: Report, want = 0): Promise<PoolUpdate | SyncReply> {
    const reply = await this.sync(syncOfReport(report, want));
    return want > 0 ? reply : updateOf(reply);
  }

  #grant({ isolate, sequence, want }: SyncAsk, now: number): Lease {
    const state = this.#state;
    if (!state) return { epoch: 0, first: 0, slots: [], reason: 'policy', ttlMs: LEASE_TTL_MS };
    const lease = state.lease(want, now);
    const { epoch, slots } = lease;
    if (slots.length === 0) return lease;
    this.#behind.markDirty();
    const counts = countBy(slots.map((index) => state.config.backends[index]!.id));
    if (sequence > 0) this.#dedup.noteGrant(isolate, sequence, { epoch, counts });
    return lease;
  }

  #record(batch: Batch, state: PoolState, now: number): void {
    const { returned, tookAlone, probes, runs, charged, clients, mappings, notable } = batch;
    state.returnSlots(returned);
    state.takeTurns(tookAlone, now);
    for (const [id] of probes) markProbeSent(state, state.indexOf(id), now);
    this.#events.add(probeEvents(probes, state, this.#name, now));
    const found: Finding[] = [];
    for (const attempt of attemptsOf(runs)) found.push(...state.record(attempt, now));
    state.charge(charged, now);
    state.addClients(clients, now);
    this.#mirrored += batch.mirrored ?? 0;
    this.#dropped += batch.dropped;
    this.#memory.add(batch.received ?? [], now);
    if (found.length === 0) this.#judge(false, now);
    this.#mappings.add({ ...mappings, sampled: this.#load.sampling(now) });
    if (notable) this.#notable.add(notable);
    if (runs.length + mappings.count + (notable?.count ?? 0) > 0)
      this.#feed.schedule(this.env, [mappings, notable]);
    if (found.length > 0) this.#publish(found);
    else if (!isEmpty(batch)) this.#behind.markDirty();
    if (found.length === 0 && probes.length > 0) this.#deliverEvents();
  }

  /** Stores changed verdicts and passes them on: to the history, to the pool's other shards, to the live view. */
  #publish(found: readonly Finding[]): void {
    this.#feed.schedule(this.env, []);
    const state = this.#state;
    if (found.length === 0 || !state) return;
    this.#judge(true, Date.now());
    this.#events.add(found.map((finding) => findingEvent(finding, this.#name)));
    this.#behind.flush();
    this.#deliverEvents();
    // Verdicts are not shared between regions: a backend unreachable from one may be reachable from another.
    if (!this.#sharesVerdicts(state.config)) return;
    const changes = found.flatMap((finding) => healthChangeOf(finding) ?? []);
    if (changes.length > 0) this.ctx.waitUntil(broadcastHealthChanges(this.env, this.#name, changes));
    if (found.some(({ kind }) => kind === 'unhealthy' || kind === 'healthy'))
      this.ctx.waitUntil(broadcastUnhealthy(this.env, this.#name, this.#unhealthyNow(state)));
  }

  /** Adopts a configuration from the Directory; an older one is ignored. Returns the revision that the object now has. */
  configure(push: PoolPush): number {
    if (this.#push && push.revision < this.#push.revision) return this.#push.revision;
    this.#push = push;
    let found: readonly Finding[] = [];
    if (push.pool === null) {
      this.#state = null;
      this.#mappings.forget();
      this.#checks.forget();
      this.#notable.forget();
      this.#rollups.clear();
      this.#memory = this.#newMemory(null);
      this.#store.clear();
    } else if (this.#state) {
      found = this.#state.configure(push.pool, Date.now());
    } else {
      this.#state = this.#newState(push.pool, null);
    }
    this.#store.saveConfig(push);
    this.#events.add(found.map((finding) => findingEvent(finding, this.#name)));
    this.#checks.configure(Date.now());
    this.#judge(true, Date.now());
    this.ctx.waitUntil(this.#alarm.update());
    if (this.#state) this.#behind.flush();
    if (found.length > 0) this.#deliverEvents();
    this.#feed.schedule(this.env, []);
    return push.revision;
  }

  /** Adopts the number of a newer revision that did not change this pool. */
  routesChanged(routesRevision: number): void {
    if (!this.#push || routesRevision <= this.#push.routesRevision) return;
    this.#push = { ...this.#push, routesRevision };
    this.#store.saveConfig(this.#push);
  }

  /** Adopts the number of shards that `sharding: auto` has come to. */
  shardsChanged(shards: AutoShards): void {
    this.#shards = laterShards(this.#shards, shards);
  }

  /** Whether the pool's shards share their verdicts: those of regions do not. */
  #sharesVerdicts({ sharding }: PoolConfig): boolean {
    return typeof shardingInForce(sharding, this.#shards) === 'number';
  }

  /** Asks the Directory for another number of shards, behind the reply. */
  #askForShards(count: number): void {
    const from = this.#shards.count;
    if (count === from || this.#state?.config.sharding !== 'auto') return;
    const { pool } = this.#name;
    const asked = withDeadline(
      () => directoryObject(this.env).reshard(pool, from, count),
      OBJECT_DEADLINE_MS,
    );
    this.ctx.waitUntil(asked.then((shards) => shards && this.shardsChanged(shards)));
  }

  /** Adopts an ejection or a return that another shard of this pool observed. */
  hearFlip(change: HealthChange): void {
    this.#state?.applyHealthChange(change);
    this.#judge(true, Date.now());
    this.#feed.schedule(this.env, []);
    this.#behind.flush();
  }

  /** The backends that the health checks of this shard keep out. */
  async unhealthy(): Promise<UnhealthyBackends> {
    await this.#ensureRevision(0);
    return this.#state ? this.#unhealthyNow(this.#state) : { backends: [], at: 0 };
  }

  #unhealthyNow = (state: PoolState): UnhealthyBackends => ({
    backends: listUnhealthy(state),
    at: Date.now(),
  });

  /** Adopts the unhealthy backends that the shard which checks them has sent; an older message is ignored. */
  hearUnhealthy({ backends, at }: UnhealthyBackends): void {
    if (at < this.#heardAt || !this.#state) return;
    this.#heardAt = at;
    this.#state.setUnhealthy(backends, Date.now());
    this.#judge(true, Date.now());
    this.#feed.schedule(this.env, []);
    this.#behind.flush();
  }

  /** The last health checks of a backend, newest first. */
  async checks(backend: string): Promise<Check[]> {
    await this.#ensureRevision(0);
    return this.#checks.newest(backend);
  }

  /** Checks a backend now; null: the pool has no health checks, or no such backend. */
  async checkNow(backend: string): Promise<Check | null> {
    await this.#ensureRevision(0);
    return this.#checks.checkNow(backend);
  }

  /** Ends the ejection of a backend. Returns whether it was ejected. */
  async endEjection(backend: string): Promise<boolean> {
    await this.#ensureRevision(0);
    const found = this.#state?.endEjection(backend, Date.now()) ?? [];
    this.#publish(found);
    return found.length > 0;
  }

  /** This shard's counters, with `withRoutes` by route too; empty when the object has no configuration. */
  async status(withRoutes = false): Promise<ShardStatus> {
    await this.#ensureRevision(0);
    const status = this.#statusNow();
    if (!withRoutes) return status;
    const { routes, others } = this.#memory.received;
    return { ...status, routes: { routes: [...routes], others } };
  }

  /** Returns the status, and pushes its changes to the Directory for as long as the live view is watched. */
  async watch(): Promise<ShardStatus> {
    await this.#ensureRevision(0);
    this.#feed.watch();
    return this.#statusNow();
  }

  /** Of how many successes one is among the recent mappings, at most: a busy object takes only a part of them. */
  sampled(): number {
    return this.#mappings.sampled;
  }

  /** The recent mappings, newest first: the last of all requests, and more of those that failed or were retried. */
  requests(): Mapping[] {
    const mappings = [...this.#mappings.newest(), ...this.#notable.newest()];
    return mappings.sort((a, b) => b.at + b.ms - (a.at + a.ms));
  }

  /** This shard's past. */
  series(filter: ScopeFilter, range: Range): ShardSeries {
    return this.#memory.series(filter, range);
  }

  /** This shard's counters for the metrics. Writes them first: after a crash an exported counter must not have decreased. */
  async metrics(): Promise<ShardMetrics> {
    const status = await this.status(true);
    this.#behind.flushIfDirty();
    return { status, totals: this.#state?.counts.totals.dump() ?? [] };
  }

  #statusNow(): ShardStatus {
    const now = Date.now();
    this.#judge(false, now);
    const { received } = this.#memory;
    const backends = this.#state?.status(now) ?? [];
    return {
      revision: this.#push?.revision ?? 0,
      shard: this.#name.shard,
      shards: this.#shards,
      dropped: this.#dropped,
      objectCalls: this.#calls,
      rowsWritten: this.#store.rowsWritten + this.#rollups.rowsWritten + this.#alarm.rowsWritten,
      livePushes: this.#feed.pushes,
      mirrored: this.#mirrored,
      received: received.all,
      recent: this.#memory.recent(now),
      backends: backends.map((backend) => {
        const own = received.backends.get(backend.id);
        const health = this.#checks.health(backend.id);
        return own ? { ...backend, health, received: own } : { ...backend, health };
      }),
    };
  }

  #newState(config: NonNullable<PoolPush['pool']>, stored: ReturnType<PoolStore['state']>): PoolState {
    const start = (weights: readonly number[]) => positionAfter(weights, startOf(this.#name.shard));
    return new PoolState(config, stored, start, drainTimes(this.env), this.#memory.steps);
  }

  #newMemory(stored: ReturnType<PoolStore['state']>): Memory {
    return new Memory(this.#name, this.#rollups, stored?.memory, Date.now());
  }

  /** Judges the pool's health, and reports what has come of it. */
  #judge(isNews: boolean, now: number): void {
    if (!this.#state || this.#name.pool === UNROUTED_POOL) return;
    const isUrgent = this.#memory.judge(this.#state, isNews, now);
    // Not judged again: nothing has changed.
    if (this.#memory.judgedAt === now) this.#conditions.update(this.#memory.facts(now), now);
    if ((this.#conditions.nextAt ?? Number.POSITIVE_INFINITY) <= now)
      this.ctx.waitUntil(this.#conditions.deliver(this.env).then(() => this.#alarm.update()));
    if (isUrgent) this.#behind.markDirty();
    if (isUrgent || this.#memory.isReportDue(now)) this.ctx.waitUntil(this.#report());
    else if (this.#memory.nextAt !== null) this.ctx.waitUntil(this.#alarm.update());
  }

  async #report(): Promise<void> {
    if (await this.#memory.report(this.env)) this.#behind.markDirty();
    await this.#alarm.update();
  }

  async #ensureRevision(wanted: number): Promise<void> {
    // The Directory knows nothing of this pool.
    if (this.#name.pool === UNROUTED_POOL) return;
    await this.#configPull.ensureRevision(wanted, this.#push?.revision ?? null);
  }

  async #pull(): Promise<void> {
    const setWatched = this.#feed.expectAnswer();
    const {
      watched = false,
      shards,
      ...push
    } = await directoryObject(this.env).pullPool(this.#name.pool, this.#name.shard);
    setWatched(watched);
    if (shards) this.shardsChanged(shards);
    // What came in before this answer has not been pushed.
    if (watched) this.#feed.schedule(this.env, []);
    if (!this.#push || push.revision > this.#push.revision) this.configure(push);
    else this.routesChanged(push.routesRevision);
    // An alarm that was lost is set again, and a broadcast that was lost is made up for.
    this.ctx.waitUntil(this.#alarm.update());
    this.ctx.waitUntil(this.#pullUnhealthy());
  }

  /** Asks the shard that checks for all which backends are unhealthy. Never throws. */
  async #pullUnhealthy(): Promise<void> {
    const { pool, shard } = this.#name;
    const config = this.#state?.config;
    if (!config?.healthCheck || !this.#sharesVerdicts(config) || shard === CHECKER) return;
    const unhealthy = await withDeadline(
      () => poolObject(this.env, pool, CHECKER).unhealthy(),
      OBJECT_DEADLINE_MS,
    );
    if (unhealthy) this.hearUnhealthy(unhealthy);
  }

  /** Composes the part of every reply, with a due probe: that is assigned to the caller, so call this once per reply. */
  #issueUpdate(revisionOfCaller: number, now: number): PoolUpdate {
    const revision = this.#push?.revision ?? 0;
    const state = this.#state;
    const probe = state ? assignProbe(state, now) : undefined;
    const times = state?.responseTimes(now);
    const unhealthy = state?.config.healthCheck ? listUnhealthy(state) : [];
    return {
      ...(probe ? { probe } : {}),
      ...(times ? { times } : {}),
      ...(unhealthy.length > 0 ? { unhealthy } : {}),
      ...(this.#shards.since > 0 ? { shards: this.#shards } : {}),
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
      memory: this.#memory.save(Date.now()),
    };
    if (this.#events.isDue(Date.now())) this.#deliverEvents();
    this.#store.saveState(stored);
    this.#mappings.save();
    this.#notable.save();
  }
}

const unroutedPush = (): PoolPush => ({ revision: 0, routesRevision: 0, pool: unroutedPool() });

const countBy = (ids: readonly string[]): Record<string, number> => {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return Object.fromEntries(counts);
};

/** The attempts that a batch brings, or the requests that had none. */
const countRequests = (batch: Batch | null): number =>
  batch ? Math.max(countAttempts(batch.runs), batch.mappings.count) : 0;

/** Whether a batch changes nothing that is stored. */
const isEmpty = ({
  runs,
  mappings,
  notable,
  charged,
  returned,
  tookAlone,
  mirrored = 0,
  dropped,
  clients,
}: Batch): boolean =>
  runs.length +
    mappings.count +
    (notable?.count ?? 0) +
    returned.length +
    tookAlone.length +
    mirrored +
    dropped ===
    0 && Object.keys(charged).length + Object.keys(clients).length === 0;

/** How many picks a shard's sequence starts ahead: a numbered shard its number, a named one a number made of its name. */
const startOf = (shard: string): number => (/^\d+$/.test(shard) ? Number(shard) : hash32(shard) % 64);
