/** The Directory object, one per deployment: owns the configuration and pushes changes to the objects that need them. */
import { DurableObject } from 'cloudflare:workers';
import type { Change } from '../../config/changed.ts';
import { summarise } from '../../config/diff.ts';
import type { Config, RouteConfig } from '../../config/schema.ts';
import { staticConfig } from '../../config/static.ts';
import { adminOrigin, deploymentInfo, type Env } from '../../env.ts';
import { CALLS_AT_ONCE, forEachLimit, withDeadline } from '../../lib/calls.ts';
import { OBJECT_DEADLINE_MS } from '../../lib/timing.ts';
import type { AlertReport, AlertTest } from '../../protocol/alert-schemas.ts';
import type { Condition } from '../../protocol/conditions.ts';
import type { HistoryEvent, PoolEvent } from '../../protocol/events.ts';
import type {
  ChangeOptions,
  ChangeResult,
  Delivery,
  IncidentPart,
  LivePush,
  PoolPush,
  Session,
  ShardName,
  Snapshot,
} from '../../protocol/messages.ts';
import type { Rollout, RolloutAction, RolloutPlan, RolloutResult } from '../../protocol/rollout-schemas.ts';
import { poolObject } from '../../protocol/rpc.ts';
import { type AutoShards, shardingInForce } from '../../protocol/sharding.ts';
import type { Incident } from '../../protocol/traffic-schemas.ts';
import type { Drain } from '../../stats/drain.ts';
import { isInUse } from '../../stats/pool-status.ts';
import { SharedAlarm } from './alarm.ts';
import { Alerts } from './alerts/alerts.ts';
import { Deliveries } from './config-push.ts';
import { DrainStore } from './drain-store.ts';
import { HistoryStore } from './history-store.ts';
import { IncidentStore } from './incident-store.ts';
import { Live } from './live.ts';
import { type RevisionDetails, Revisions } from './revisions.ts';
import { readSeen } from './rollouts/counts.ts';
import { abortedCondition, ROLLOUT_ACTOR, Rollouts, rolloutSource } from './rollouts/rollouts.ts';
import { SignInStore } from './sign-in-store.ts';
import type { Revision } from './store.ts';
import { readViewer } from './viewers.ts';

/** Events that come with an incident: the first of them. */
const EVENTS_OF_INCIDENT = 50;
/** Events so long before an incident belong to it, in ms: they led to it. */
const LEADS_MS = 60_000;

const isDuring = ({ from, to }: Pick<Incident, 'from' | 'to'>, at: number): boolean =>
  at >= from - LEADS_MS && (to === null || at <= to);

/** What belongs to a change besides the change itself. */
interface Alongside {
  /** Describes it. */
  readonly what?: string;
  /** Run right before and right after the commit, in its transaction: they write what is no part of the document. */
  readonly before?: () => void;
  readonly alongside?: () => void;
  /** Whether the resource exists, where it is no part of the document. */
  readonly exists?: boolean;
}

/** The methods are the RPC that `DirectoryRpc` in protocol/rpc.ts declares. */
export class Directory extends DurableObject<Env> {
  readonly #revisions: Revisions;
  readonly #history: HistoryStore;
  readonly #incidents: IncidentStore;
  readonly #drains: DrainStore;
  readonly #deliveries: Deliveries;
  readonly #signIn: SignInStore;
  readonly #live: Live;
  readonly #alerts: Alerts;
  readonly #rollouts: Rollouts;
  readonly #alarm: SharedAlarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#revisions = new Revisions(ctx.storage.sql);
    this.#history = new HistoryStore(ctx.storage.sql);
    this.#incidents = new IncidentStore(ctx.storage.sql);
    this.#drains = new DrainStore(ctx.storage.sql);
    this.#deliveries = new Deliveries(env);
    this.#signIn = new SignInStore(ctx.storage.sql);
    this.#live = new Live(ctx, env, {
      read: () => this.read(),
      pool: (id) => this.#revisions.config.pools.find((pool) => pool.id === id),
      shardsOf: (pool) => this.shardsOf(pool),
    });
    this.#alerts = new Alerts(ctx.storage.sql, {
      config: () => this.#revisions.config,
      origin: adminOrigin(env),
      secret: env.ALERT_SECRET || null,
      note: (events) => this.#live.addEvents(this.#history.add(events)),
      waitUntil: (work) => ctx.waitUntil(work),
      reschedule: () => ctx.waitUntil(this.#alarm.set()),
    });
    this.#rollouts = new Rollouts(ctx.storage.sql, {
      config: () => this.#revisions.config,
      putRoute: (route, what, before) => this.#putRoute(route, what, before),
      counts: (pool, route, since) => readSeen(env, { pool, shards: this.shardsOf(pool) }, route, since),
      note: (events) => this.#live.addEvents(this.#history.add(events)),
      alert: (route, aborted) =>
        this.#alerts.note(rolloutSource(route), aborted ? [abortedCondition(aborted)] : []),
      reschedule: () => ctx.waitUntil(this.#alarm.set()),
    });
    this.#alarm = new SharedAlarm(ctx.storage, [
      { name: 'drains', nextAt: () => this.#drains.nextDeadline(), run: () => this.#endDrains() },
      {
        name: 'pushes',
        nextAt: () => this.#deliveries.retryAt || null,
        run: () => this.#deliveries.retryPending(),
      },
      { name: 'alerts', nextAt: () => this.#alerts.nextAt(), run: () => this.#alerts.run() },
      { name: 'rollouts', nextAt: () => this.#rollouts.nextAt(), run: () => this.#rollouts.run() },
    ]);
    // An alarm that was lost, or is not known here, would cost the next change its transaction.
    ctx.waitUntil(this.#alarm.set());
    // Backends that began to drain under a version that stored no drains.
    this.#drains.sync(this.#revisions.config, Date.now());
    if (this.#revisions.revision > 0) return;
    const declared = staticConfig(env.STATIC_CONFIG, deploymentInfo(env));
    if (!declared) return;
    const deliveries = this.#commit(declared, 'static configuration', 'loaded the static configuration');
    // Only of pools with health checks, whose objects begin without a request.
    if (deliveries.length > 0) ctx.waitUntil(this.#deliveries.deliver(deliveries));
  }

  /** The document, its revision, and the draining backends. */
  read(): { revision: number; config: Config; drains: Drain[] } {
    const { revision, config } = this.#revisions;
    return { revision, config, drains: this.#drains.all() };
  }

  /** What an isolate routes by; null when `known` is the revision in force. */
  snapshot(known: number): Snapshot | null {
    return this.#revisions.snapshot(known);
  }

  /** The configuration of a Pool object, which is recorded as existing. */
  pullPool(pool: string, shard: string): PoolPush {
    const shards = this.#revisions.autoShards(pool);
    return { ...this.#revisions.pullPool(pool, shard), shards, watched: this.#live.watched };
  }

  /** The shards of a pool that exist. */
  shardsOf(pool: string): string[] {
    return this.#revisions
      .shards()
      .filter((row) => row.pool === pool)
      .map((row) => row.shard);
  }

  /** The Pool objects that exist. */
  shards(): ShardName[] {
    return this.#revisions.shards();
  }

  /**
   * Changes the number of shards of a pool with `sharding: auto`, unless it has changed already since the caller had `from`.
   * It is no revision. Returns the number in force; the Pool objects get it behind the reply.
   */
  reshard(pool: string, from: number, to: number): AutoShards {
    const known = this.#revisions.autoShards(pool);
    if (known.count !== from || !this.#revisions.reshard(pool, to, Date.now())) return known;
    const shards = this.#revisions.autoShards(pool);
    this.#forgetConditions();
    // An object that this does not reach pulls the number with its configuration.
    const notify = async (shard: string) => {
      await withDeadline(() => poolObject(this.env, pool, shard).shardsChanged(shards), OBJECT_DEADLINE_MS);
    };
    this.ctx.waitUntil(forEachLimit(this.shardsOf(pool), CALLS_AT_ONCE, notify));
    return shards;
  }

  /** Changes the configuration, all or nothing. Resolves when the Pool objects concerned have it or missed their deadline. */
  async change(change: Change, options: ChangeOptions): Promise<ChangeResult> {
    return this.#change(change, options);
  }

  /** Makes a backend drain. It is disabled automatically after `disableAfterMs`; null: never. */
  async drain(
    pool: string,
    backend: string,
    disableAfterMs: number | null,
    options: ChangeOptions,
  ): Promise<ChangeResult> {
    const disableAt = disableAfterMs === null ? null : Date.now() + disableAfterMs;
    const end = disableAt === null ? 'no deadline' : `until ${new Date(disableAt).toISOString()}`;
    const change: Change = { kind: 'patch-backend', pool, backend, body: { state: 'draining' } };
    return this.#change(change, options, {
      what: `draining backend ${backend} of pool ${pool}, ${end}`,
      alongside: () => this.#drains.setDeadline(pool, backend, disableAt),
      exists: this.#isDraining(pool, backend),
    });
  }

  /** Ends a drain: the backend is active again. */
  async undrain(pool: string, backend: string, options: ChangeOptions): Promise<ChangeResult> {
    if (!this.#isDraining(pool, backend))
      return { ok: false, reason: 'missing', detail: `Backend ${backend} of pool ${pool} is not draining.` };
    const change: Change = { kind: 'patch-backend', pool, backend, body: { state: 'active' } };
    return this.#change(change, options, { what: `ended the drain of backend ${backend} of pool ${pool}` });
  }

  #isDraining(pool: string, backend: string): boolean {
    return this.#drains.all().some((drain) => drain.pool === pool && drain.backend === backend);
  }

  async #change(change: Change, options: ChangeOptions, more: Alongside = {}): Promise<ChangeResult> {
    const { what, before, alongside, exists } = more;
    const preview = this.#revisions.previewChange(change, options, deploymentInfo(this.env), exists);
    if (!preview.commits) return preview.answer;
    const { config, created, warnings, summary } = preview;
    before?.();
    const deliveries = this.#commit(config, options.who, what ?? summary);
    alongside?.();
    const { revision } = this.#revisions;
    // Nothing has been awaited since the commit, so both writes are one transaction.
    await this.#alarm.set();
    await this.#deliveries.deliver(deliveries);
    if (this.#deliveries.retryAt !== 0) await this.#alarm.set();
    return { ok: true, revision, config, created, warnings };
  }

  /** Makes the document of an earlier revision a new one. It is checked again: the deployment may have changed. */
  async rollback(to: number, options: ChangeOptions): Promise<ChangeResult> {
    const body = this.#revisions.document(to);
    if (!body) return { ok: false, reason: 'missing', detail: `Revision ${to} is no longer kept.` };
    return this.#change({ kind: 'replace-config', body }, options, { what: `rolled back to revision ${to}` });
  }

  /** The revisions kept, newest first. */
  revisions(): { revision: number; revisions: Revision[] } {
    return { revision: this.#revisions.revision, revisions: this.#revisions.kept() };
  }

  /** One revision with its document and its changes; null when it is not kept. */
  revisionDetails(revision: number): RevisionDetails | null {
    return this.#revisions.details(revision);
  }

  /** Adds the events of a Pool object to the history, without those that it has already. */
  noteEvents(events: readonly PoolEvent[]): void {
    this.#live.addEvents(this.#history.add(events));
  }

  /** Takes all that is wrong in one shard of a pool: what it does not name any more is over. */
  noteConditions({ pool, shard }: ShardName, conditions: readonly Condition[]): void {
    // The object of a deleted pool may still report, and so may a shard that is out of use.
    this.#alerts.note(`${pool}/${shard}`, this.#isInUse({ pool, shard }) ? conditions : []);
  }

  #isInUse({ pool, shard }: ShardName): boolean {
    const found = this.#revisions.config.pools.find(({ id }) => id === pool);
    return (
      found !== undefined && isInUse(shardingInForce(found.sharding, this.#revisions.autoShards(pool)), shard)
    );
  }

  /** Every alert with what is wrong and what was sent. */
  alerts(): { revision: number; alerts: AlertReport[] } {
    return { revision: this.#revisions.revision, alerts: this.#alerts.report() };
  }

  /** Sends a test message once. Null: there is no such alert. */
  testAlert(id: string): Promise<AlertTest | null> {
    return this.#alerts.test(id);
  }

  /** The rollout of a route, or the last one; null: it never had one. */
  rollout(route: string): Rollout | null {
    return this.#rollouts.of(route);
  }

  /** Begins a rollout. */
  startRollout(plan: RolloutPlan): Promise<RolloutResult> {
    return this.#rollouts.start(plan);
  }

  /** Pauses, resumes or aborts a rollout. */
  actOnRollout(route: string, action: RolloutAction, who: string): Promise<RolloutResult> {
    return this.#rollouts.act(route, action, who);
  }

  /** Replaces a route for a rollout. Returns why that is refused; null: it is done. */
  async #putRoute(route: RouteConfig, what: string, before: () => void): Promise<string | null> {
    const change: Change = { kind: 'put-route', route: route.id, body: route };
    const result = await this.#change(
      change,
      { who: ROLLOUT_ACTOR, ifRevision: null, dryRun: false },
      { what, before },
    );
    if (result.ok) return null;
    return result.reason === 'invalid'
      ? result.errors.map(({ path, message }) => `${path} ${message}`).join('; ')
      : `the change was refused: ${result.reason}`;
  }

  /** The newest events, newest first. */
  events(limit: number): { revision: number; events: HistoryEvent[] } {
    return { revision: this.#revisions.revision, events: this.#history.newest(limit) };
  }

  /** Adds what Pool objects saw of incidents. */
  noteIncidents(parts: readonly IncidentPart[]): void {
    const pools = new Set(this.#revisions.config.pools.map(({ id }) => id));
    this.#incidents.add(parts.filter(({ pool }) => pools.has(pool)));
  }

  /** The newest incidents, newest first, each with the events of its pool meanwhile; of one pool, or of all (null). */
  incidents(pool: string | null, limit: number): { revision: number; incidents: Incident[] } {
    const events = this.#history.newest(Number.MAX_SAFE_INTEGER);
    const incidents = this.#incidents.newest(pool, limit).map((incident) => ({
      ...incident,
      events: events
        .filter(
          (event) => event.kind !== 'config' && event.pool === incident.pool && isDuring(incident, event.at),
        )
        .slice(-EVENTS_OF_INCIDENT)
        .toReversed(),
    }));
    return { revision: this.#revisions.revision, incidents };
  }

  /** The live view: accepts a dashboard's WebSocket. The API has checked that the viewer is an operator. */
  override fetch(request: Request): Response {
    return this.#live.accept(readViewer(request.headers));
  }

  /** Passes a Pool object's push on to the viewers. Returns whether there are any. */
  livePush(push: LivePush): boolean {
    return this.#live.push(push);
  }

  /** Ignores messages: a viewer sends only pings, which the runtime answers. */
  override webSocketMessage(): void {}

  /** Completes the closing handshake, which the client waits for. */
  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  /** Adds a one-time login by the hash of its code. */
  addLogin(hash: string): void {
    this.#signIn.addLogin(hash, Date.now());
  }

  /** Uses a one-time login. Returns whether it was valid. */
  takeLogin(hash: string): boolean {
    return this.#signIn.takeLogin(hash, Date.now());
  }

  /** Counts a sign-in before it is checked. Returns 0, or the ms that this address has to wait. */
  attemptSignIn(address: string): number {
    return this.#signIn.countAttempt(address, Date.now());
  }

  /** Records a successful sign-in. Returns the generation of its session. */
  admit(address: string): number {
    return this.#signIn.recordSignIn(address);
  }

  /** Ends a session before it expires, or every session, and disconnects its viewers. */
  signOut(session: Session, everywhere: boolean): void {
    if (everywhere) this.#signIn.endAll();
    else this.#signIn.end(session, Date.now());
    this.#live.disconnect(everywhere ? null : session.id);
  }

  /** Whether a session was ended before it expired. */
  isSignedOut(session: Session): boolean {
    return this.#signIn.isEnded(session);
  }

  /** One alarm serves drains, pushes to retry, alerts and rollouts. */
  override alarm(): Promise<void> {
    return this.#alarm.run();
  }

  async #endDrains(): Promise<void> {
    const over = (drain: Drain) => drain.disableAt !== null && drain.disableAt <= Date.now();
    for (let drain = this.#drains.all().find(over); drain; drain = this.#drains.all().find(over))
      await this.#endDrain(drain);
  }

  async #endDrain({ pool, backend }: Drain): Promise<void> {
    // The deadline goes first: a refused change must not be retried forever.
    this.#drains.setDeadline(pool, backend, null);
    const change: Change = { kind: 'patch-backend', pool, backend, body: { state: 'disabled' } };
    const options = { who: 'drain deadline', ifRevision: null, dryRun: false };
    const what = `disabled backend ${backend} of pool ${pool}: its drain is over`;
    const result = await this.#change(change, options, { what });
    if (!result.ok)
      console.error({ message: 'the change that ends a drain was refused', pool, backend, result });
  }

  /** Writes a new revision and everything that follows from it. Returns what to push to which Pool objects. */
  #commit(config: Config, actor: string, what: string): Delivery[] {
    const at = Date.now();
    const summary = summarise(this.#revisions.config, config);
    const { changed, concerned } = this.#revisions.commit(config, actor, what, at);
    const { revision } = this.#revisions;
    this.#drains.sync(config, at);
    this.#live.addEvents(this.#history.add([{ kind: 'config', at, revision, who: actor, what, ...summary }]));
    this.#live.addRevision(revision, changed);
    this.#rollouts.afterCommit(actor);
    this.#forgetConditions();
    return concerned;
  }

  /** Forgets what was wrong in shards that are out of use, and with rollouts of routes that are gone. */
  #forgetConditions(): void {
    const sources = new Set(this.#revisions.config.routes.map(({ id }) => rolloutSource(id)));
    for (const { pool, shard } of this.#revisions.shards())
      if (this.#isInUse({ pool, shard })) sources.add(`${pool}/${shard}`);
    this.#alerts.forgetSources((source) => sources.has(source));
    this.#alerts.evaluate();
  }
}
