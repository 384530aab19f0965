/** The Directory object, one per deployment: owns the configuration and pushes changes to the objects that need them. */
import { DurableObject } from 'cloudflare:workers';
import type { Change } from '../../config/changed.ts';
import { summarise } from '../../config/diff.ts';
import type { Config } from '../../config/schema.ts';
import type { AutoShards } from '../../config/sharding.ts';
import { staticConfig } from '../../config/static.ts';
import { deploymentInfo, type Env } from '../../env.ts';
import { CALLS_AT_ONCE, forEachLimit, withDeadline } from '../../lib/calls.ts';
import { OBJECT_DEADLINE_MS } from '../../lib/timing.ts';
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
import { poolObject } from '../../protocol/rpc.ts';
import type { Incident } from '../../protocol/traffic-schemas.ts';
import type { Drain } from '../../stats/drain.ts';
import { Deliveries } from './config-push.ts';
import { DrainStore } from './drain-store.ts';
import { HistoryStore } from './history-store.ts';
import { IncidentStore } from './incident-store.ts';
import { Live } from './live.ts';
import { type RevisionDetails, Revisions } from './revisions.ts';
import { SignInStore } from './sign-in-store.ts';
import type { Revision } from './store.ts';
import { readViewer } from './viewers.ts';

/** Events that come with an incident: the first of them. */
const EVENTS_OF_INCIDENT = 50;
/** Events so long before an incident belong to it, in ms: they led to it. */
const LEADS_MS = 60_000;

const isDuring = ({ from, to }: Pick<Incident, 'from' | 'to'>, at: number): boolean =>
  at >= from - LEADS_MS && (to === null || at <= to);

/** The methods are the RPC that `DirectoryRpc` in protocol/rpc.ts declares. */
export class Directory extends DurableObject<Env> {
  readonly #revisions: Revisions;
  readonly #history: HistoryStore;
  readonly #incidents: IncidentStore;
  readonly #drains: DrainStore;
  readonly #deliveries: Deliveries;
  readonly #signIn: SignInStore;
  readonly #live: Live;

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
    const set = () => this.#drains.setDeadline(pool, backend, disableAt);
    const exists = this.#isDraining(pool, backend);
    return this.#change(change, options, `draining backend ${backend} of pool ${pool}, ${end}`, set, exists);
  }

  /** Ends a drain: the backend is active again. */
  async undrain(pool: string, backend: string, options: ChangeOptions): Promise<ChangeResult> {
    if (!this.#isDraining(pool, backend))
      return { ok: false, reason: 'missing', detail: `Backend ${backend} of pool ${pool} is not draining.` };
    const change: Change = { kind: 'patch-backend', pool, backend, body: { state: 'active' } };
    return this.#change(change, options, `ended the drain of backend ${backend} of pool ${pool}`);
  }

  #isDraining(pool: string, backend: string): boolean {
    return this.#drains.all().some((drain) => drain.pool === pool && drain.backend === backend);
  }

  /**
   * `what` describes the change; `alongside` writes what belongs to the revision but not to the document; `exists` says
   * whether the resource exists when it is not a part of the document.
   */
  async #change(
    change: Change,
    options: ChangeOptions,
    what?: string,
    alongside?: () => void,
    exists?: boolean,
  ): Promise<ChangeResult> {
    const preview = this.#revisions.previewChange(change, options, deploymentInfo(this.env), exists);
    if (!preview.commits) return preview.answer;
    const { config, created, warnings, summary } = preview;
    const deliveries = this.#commit(config, options.who, what ?? summary);
    alongside?.();
    const { revision } = this.#revisions;
    // Nothing has been awaited since the commit, so both writes are one transaction.
    await this.#setAlarm();
    await this.#deliveries.deliver(deliveries);
    if (this.#deliveries.retryAt !== 0) await this.#setAlarm();
    return { ok: true, revision, config, created, warnings };
  }

  /** Makes the document of an earlier revision a new one. It is checked again: the deployment may have changed. */
  async rollback(to: number, options: ChangeOptions): Promise<ChangeResult> {
    const body = this.#revisions.document(to);
    if (!body) return { ok: false, reason: 'missing', detail: `Revision ${to} is no longer kept.` };
    return this.#change({ kind: 'replace-config', body }, options, `rolled back to revision ${to}`);
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

  /** One alarm serves the drains whose deadline has passed and the pushes to retry. */
  override async alarm(): Promise<void> {
    const over = (drain: Drain) => drain.disableAt !== null && drain.disableAt <= Date.now();
    for (let drain = this.#drains.all().find(over); drain; drain = this.#drains.all().find(over))
      await this.#endDrain(drain);
    await this.#deliveries.retryPending();
    await this.#setAlarm();
  }

  async #endDrain({ pool, backend }: Drain): Promise<void> {
    // The deadline goes first: a refused change must not be retried forever.
    this.#drains.setDeadline(pool, backend, null);
    const change: Change = { kind: 'patch-backend', pool, backend, body: { state: 'disabled' } };
    const options = { who: 'drain deadline', ifRevision: null, dryRun: false };
    const what = `disabled backend ${backend} of pool ${pool}: its drain is over`;
    const result = await this.#change(change, options, what);
    if (!result.ok)
      console.error({ message: 'the change that ends a drain was refused', pool, backend, result });
  }

  async #setAlarm(): Promise<void> {
    const times = [this.#drains.nextDeadline() ?? 0, this.#deliveries.retryAt].filter((at) => at > 0);
    if (times.length > 0) await this.ctx.storage.setAlarm(Math.min(...times));
    else if ((await this.ctx.storage.getAlarm()) !== null) await this.ctx.storage.deleteAlarm();
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
    return concerned;
  }
}
