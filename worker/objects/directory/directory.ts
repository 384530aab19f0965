/** The Directory object, one per deployment: it answers for the configuration, and sees that who must hears of a new one. */
import { DurableObject } from 'cloudflare:workers';
import type { Change } from '../../config/changed.ts';
import { summarise } from '../../config/diff.ts';
import type { Config } from '../../config/schema.ts';
import { staticConfig } from '../../config/static.ts';
import { deploymentInfo, type Env } from '../../env.ts';
import type { HistoryEvent, PoolEvent } from '../../protocol/events.ts';
import type {
  ChangeOptions,
  ChangeResult,
  Delivery,
  LivePush,
  PoolPush,
  Session,
  ShardName,
  Snapshot,
} from '../../protocol/messages.ts';
import type { Drain } from '../../stats/drain.ts';
import { Deliveries } from './config-push.ts';
import { DrainStore } from './drain-store.ts';
import { HistoryStore } from './history-store.ts';
import { Live } from './live.ts';
import { type RevisionDetails, Revisions } from './revisions.ts';
import { SignInStore } from './sign-in-store.ts';
import type { Revision } from './store.ts';
import { readViewer } from './viewers.ts';

/** Its methods are the RPC that `DirectoryRpc` in stubs.ts spells out. */
export class Directory extends DurableObject<Env> {
  readonly #revisions: Revisions;
  readonly #history: HistoryStore;
  readonly #drains: DrainStore;
  readonly #deliveries: Deliveries;
  readonly #signIn: SignInStore;
  readonly #live: Live;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#revisions = new Revisions(ctx.storage.sql);
    this.#history = new HistoryStore(ctx.storage.sql);
    this.#drains = new DrainStore(ctx.storage.sql);
    this.#deliveries = new Deliveries(env);
    this.#signIn = new SignInStore(ctx.storage.sql);
    this.#live = new Live(ctx, env, {
      now: () => this.read(),
      pool: (id) => this.#revisions.config.pools.find((pool) => pool.id === id),
      shardsOf: (pool) => this.shardsOf(pool),
    });
    // Backends that drained before drains were kept.
    this.#drains.follow(this.#revisions.config, Date.now());
    if (this.#revisions.revision > 0) return;
    const declared = staticConfig(env.STATIC_CONFIG, deploymentInfo(env));
    if (declared) this.#commit(declared, 'static configuration', 'loaded the static configuration');
  }

  /** The document, its revision, and who drains. */
  read(): { revision: number; config: Config; drains: Drain[] } {
    const { revision, config } = this.#revisions;
    return { revision, config, drains: this.#drains.all() };
  }

  /** What an isolate needs to route; null when it has the newest revision already. */
  snapshot(known: number): Snapshot | null {
    return this.#revisions.snapshot(known);
  }

  /** What a Pool object needs; remembers that this object exists. */
  pullPool(pool: string, shard: string): PoolPush {
    return { ...this.#revisions.pullPool(pool, shard), watched: this.#live.watched };
  }

  /** The shards of a pool that exist so far. */
  shardsOf(pool: string): string[] {
    return this.#revisions
      .shards()
      .filter((row) => row.pool === pool)
      .map((row) => row.shard);
  }

  /** The shards of every pool that exist so far. */
  shards(): ShardName[] {
    return this.#revisions.shards();
  }

  /** Changes the configuration, all or nothing; answers when the Pool objects concerned know, or have had their time. */
  async change(change: Change, options: ChangeOptions): Promise<ChangeResult> {
    return this.#change(change, options);
  }

  /** Makes a backend drain; `disableAfterMs` from now it is disabled by itself, null: it is not. */
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
      return { ok: false, reason: 'missing', detail: `Backend ${backend} of pool ${pool} does not drain.` };
    const change: Change = { kind: 'patch-backend', pool, backend, body: { state: 'active' } };
    return this.#change(change, options, `ended the drain of backend ${backend} of pool ${pool}`);
  }

  #isDraining(pool: string, backend: string): boolean {
    return this.#drains.all().some((drain) => drain.pool === pool && drain.backend === backend);
  }

  /**
   * `what` is the change in words; `alongside` writes what belongs to the revision but not into the document; `exists`
   * says whether the resource does, where that is not a part of the document.
   */
  async #change(
    change: Change,
    options: ChangeOptions,
    what?: string,
    alongside?: () => void,
    exists?: boolean,
  ): Promise<ChangeResult> {
    const tried = this.#revisions.previewChange(change, options, deploymentInfo(this.env), exists);
    if (!tried.commits) return tried.answer;
    const { config, created, warnings, summary } = tried;
    const deliveries = this.#commit(config, options.who, what ?? summary);
    alongside?.();
    const { revision } = this.#revisions;
    // Nothing is awaited since the commit: both are written together or not at all.
    await this.#setAlarm();
    await this.#deliveries.deliver(deliveries);
    if (this.#deliveries.retryAt !== 0) await this.#setAlarm();
    return { ok: true, revision, config, created, warnings };
  }

  /** Makes the document of an earlier revision a new revision; it is checked anew, for the surroundings may have changed. */
  async rollback(to: number, options: ChangeOptions): Promise<ChangeResult> {
    const body = this.#revisions.document(to);
    if (!body) return { ok: false, reason: 'missing', detail: `Revision ${to} is not kept.` };
    return this.#change({ kind: 'replace-config', body }, options, `rolled back to revision ${to}`);
  }

  /** The revisions kept, newest first. */
  revisions(): { revision: number; revisions: Revision[] } {
    return { revision: this.#revisions.revision, revisions: this.#revisions.kept() };
  }

  /** One revision with its document and what it changed; null when it is not kept. */
  revisionDetails(revision: number): RevisionDetails | null {
    return this.#revisions.details(revision);
  }

  /** Takes what Pool objects have found out; what it has already is left out. */
  noteEvents(events: readonly PoolEvent[]): void {
    this.#live.noteEvents(this.#history.add(events));
  }

  /** The newest events, newest first. */
  events(limit: number): { revision: number; events: HistoryEvent[] } {
    return { revision: this.#revisions.revision, events: this.#history.newest(limit) };
  }

  /** The live view: takes a dashboard's WebSocket in. Who may watch has been settled by the API. */
  override fetch(request: Request): Response {
    return this.#live.accept(readViewer(request.headers));
  }

  /** Takes a Pool object's news for those who watch. Returns whether anybody does. */
  livePush(push: LivePush): boolean {
    return this.#live.push(push);
  }

  /** A watcher has nothing to say but «ping», which the runtime answers. */
  override webSocketMessage(): void {}

  /** Answers the watcher's goodbye; without it the client would wait for one. */
  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  /** Notes a one-time login by the hash of its code. */
  addLogin(hash: string): void {
    this.#signIn.addLogin(hash, Date.now());
  }

  /** Uses a one-time login up. Returns whether it was good. */
  takeLogin(hash: string): boolean {
    return this.#signIn.takeLogin(hash, Date.now());
  }

  /** Counts a sign-in before it is looked at. Returns 0, or the milliseconds that this address has to wait. */
  attemptSignIn(address: string): number {
    return this.#signIn.attempt(address, Date.now());
  }

  /** A sign-in was right. Returns the generation of its session. */
  admit(address: string): number {
    return this.#signIn.recordSignIn(address);
  }

  /** Ends a session before its time, or every session there is; who watches by it is let go. */
  signOut(session: Session, everywhere: boolean): void {
    if (everywhere) this.#signIn.endAll();
    else this.#signIn.end(session, Date.now());
    this.#live.disconnect(everywhere ? null : session.id);
  }

  /** Whether a session was ended before its time. */
  isSignedOut(session: Session): boolean {
    return this.#signIn.isEnded(session);
  }

  /** One alarm serves both: drains that are over, and pushes to be tried again. */
  override async alarm(): Promise<void> {
    const over = (drain: Drain) => drain.disableAt !== null && drain.disableAt <= Date.now();
    for (let drain = this.#drains.all().find(over); drain; drain = this.#drains.all().find(over))
      await this.#endDrain(drain);
    await this.#deliveries.again();
    await this.#setAlarm();
  }

  async #endDrain({ pool, backend }: Drain): Promise<void> {
    // Lifted first: a change that is refused must not be tried for ever.
    this.#drains.setDeadline(pool, backend, null);
    const change: Change = { kind: 'patch-backend', pool, backend, body: { state: 'disabled' } };
    const options = { who: 'drain deadline', ifRevision: null, dryRun: false };
    const what = `disabled backend ${backend} of pool ${pool}: its drain is over`;
    const result = await this.#change(change, options, what);
    if (!result.ok) console.error({ message: 'a drain could not be ended', pool, backend, result });
  }

  async #setAlarm(): Promise<void> {
    const times = [this.#drains.nextDeadline() ?? 0, this.#deliveries.retryAt].filter((at) => at > 0);
    if (times.length > 0) await this.ctx.storage.setAlarm(Math.min(...times));
    else if ((await this.ctx.storage.getAlarm()) !== null) await this.ctx.storage.deleteAlarm();
  }

  /** Writes a new revision, and what follows from it. Returns whom to tell. */
  #commit(config: Config, who: string, what: string): Delivery[] {
    const at = Date.now();
    const summary = summarise(this.#revisions.config, config);
    const { changed, concerned } = this.#revisions.commit(config, who, what, at);
    const { revision } = this.#revisions;
    this.#drains.follow(config, at);
    this.#live.noteEvents(this.#history.add([{ kind: 'config', at, revision, who, what, ...summary }]));
    this.#live.noteRevision(revision, changed);
    return concerned;
  }
}
