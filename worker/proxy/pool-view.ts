/** What an isolate knows of one pool: configuration, who is ejected, its slots, its outbox. Plain data, no promises. */
import { type Budget, newBudget } from '../balance/budget.ts';
import { hash32 } from '../balance/hash.ts';
import { type Policy, policies } from '../balance/policies.ts';
import { rampedWeight } from '../balance/slow-start.ts';
import type { BackendConfig, PoolConfig } from '../config/schema.ts';
import type { LeaseReply, PoolNews } from '../objects/protocol.ts';
import { Contact } from './contact.ts';
import type { Shard } from './shards.ts';
import { Slots } from './slots.ts';
import { countsUnderWay, OpenSockets } from './under-way.ts';
import { compileUpstream, type Upstream } from './upstream.ts';

/** A failure that has not been reported by now went down with its request; it does not count for ever. */
const REPORTED_MS = 3_000;

/** Backends stand in the order of the configuration; a changed one carries over what remains, by id. */
export class PoolView {
  config!: PoolConfig;
  policy!: Policy;
  revision = 0;
  upstreams: readonly Upstream[] = [];
  idHashes: readonly number[] = [];
  /** A local copy of the sequence, for when the object is away. */
  localPosition: number[] = [];
  /** The object that this isolate keeps to. */
  shard: Shard | null = null;
  /** When that object was last heard, and whether it is away. */
  contact = new Contact();
  slots = new Slots();
  /** A copy to rehearse on: it asks its object what it would answer, and nothing moves. */
  rehearses = false;
  readonly budget: Budget = newBudget();
  /** Requests under way, by backend id; for the least-request policy. */
  readonly inFlight = new Map<string, number>();
  /** WebSockets that count beside them. */
  sockets = new OpenSockets();
  /** Who is due for a probe; held until a request may carry it. */
  probe: { id: string; skipped: number } | null = null;
  /** The newest revision that touched routes, as far as this pool's object knows. */
  routesRevision = 0;
  /** The pool has been deleted. */
  gone = false;
  /** When the next slots were last asked for ahead of need; a guard in plain data, not a shared promise. */
  askedAheadAt = 0;
  #ejectedUntil: number[] = [];
  #rampingSince: number[] = [];
  #failures: number[] = [];
  /** Failures that the object has not heard of: until it has, what it says of a backend does not lift our suspicion. */
  unreportedFailures = 0;
  #failedAt = 0;

  constructor(config: PoolConfig, revision: number) {
    this.configure(config, revision);
  }

  /** Takes a newer configuration over; slots of the old one go back. */
  configure(config: PoolConfig, revision: number): void {
    if (revision < this.revision) return;
    const old = this.upstreams;
    this.slots.drop((index) => old[index]?.id ?? '');
    const from = config.backends.map(({ id }) => old.findIndex((upstream) => upstream.id === id));
    const carry = (values: readonly number[]) => from.map((f) => (f < 0 ? 0 : (values[f] ?? 0)));
    this.#ejectedUntil = carry(this.#ejectedUntil);
    this.#rampingSince = carry(this.#rampingSince);
    this.#failures = carry(this.#failures);
    this.localPosition = config.backends.map(() => 0);
    this.upstreams = config.backends.map(compileUpstream);
    this.idHashes = config.backends.map(({ id }) => hash32(id));
    // What went down with its request would be counted for ever, and its backend kept for it.
    for (const id of this.inFlight.keys())
      if (!this.upstreams.some((upstream) => upstream.id === id)) this.inFlight.delete(id);
    this.sockets.keep(config.backends.map(({ id }) => id));
    if (this.config?.sharding !== config.sharding) this.shard = null;
    this.config = config;
    this.policy = policies[config.policy];
    this.revision = revision;
    this.gone = false;
  }

  /** A copy that can be picked from while this view, and its object, stay as they are. */
  copy(): PoolView {
    const copy = new PoolView(this.config, this.revision);
    copy.localPosition = [...this.localPosition];
    copy.shard = this.shard;
    copy.contact = this.contact.copy();
    copy.slots = this.slots.copy();
    copy.rehearses = true;
    for (const [id, count] of this.inFlight) copy.inFlight.set(id, count);
    copy.sockets = this.sockets;
    copy.probe = this.probe && { ...this.probe };
    copy.routesRevision = this.routesRevision;
    copy.gone = this.gone;
    copy.askedAheadAt = this.askedAheadAt;
    copy.#ejectedUntil = [...this.#ejectedUntil];
    copy.#rampingSince = [...this.#rampingSince];
    copy.#failures = [...this.#failures];
    copy.unreportedFailures = this.unreportedFailures;
    copy.#failedAt = this.#failedAt;
    return copy;
  }

  /** Takes in what any reply of the Pool object says. */
  hear(news: PoolNews, now: number): void {
    this.contact.heard(now);
    this.routesRevision = Math.max(this.routesRevision, news.routesRevision);
    if (news.pool) this.configure(news.pool, news.revision);
    // A reply that knows less than we do speaks of another list of backends, or of a pool made anew since.
    if (news.revision < this.revision) return;
    if (news.pool === null) this.gone = true;
    this.#ejectedUntil.fill(0);
    for (const [id, until] of news.ejected) this.#set(this.#ejectedUntil, id, until);
    this.#rampingSince.fill(0);
    for (const [id, since] of news.ramping) this.#set(this.#rampingSince, id, since);
    if (now - this.#failedAt > REPORTED_MS) this.unreportedFailures = 0;
    if (this.unreportedFailures <= 0) this.#failures.fill(0);
    if (news.probe) this.probe = { id: news.probe, skipped: this.probe?.skipped ?? 0 };
  }

  /** Takes in a lease. */
  hearLease(reply: LeaseReply, now: number): void {
    this.hear(reply, now);
    if (reply.revision === this.revision) this.slots.add(reply, now, (i) => this.upstreams[i]!.id);
  }

  /** Ejected as the object last said; with the object away, until the time it named. */
  isEjected = (index: number): boolean => {
    const until = this.#ejectedUntil[index]!;
    return until !== 0 && (!this.contact.isLost || until > Date.now());
  };

  /** The end of the ejection (epoch ms), past or to come; 0 when not ejected. */
  ejectedUntil(index: number): number {
    return this.#ejectedUntil[index]!;
  }

  /** Failed here as often as ejection takes, not yet confirmed by the object: avoided while there are others. */
  isSuspect = (index: number): boolean => this.#failures[index]! >= this.config.ejection.failures;

  /** Counts a request that begins (1) or ends (-1) at a backend; only the policy that looks at it pays for it. */
  addInFlight(id: string, change: number): void {
    if (!countsUnderWay(this.config)) return;
    const now = (this.inFlight.get(id) ?? 0) + change;
    if (now > 0) this.inFlight.set(id, now);
    else this.inFlight.delete(id);
  }

  /** Requests and WebSockets under way at a backend, as this isolate knows them. */
  underWay(id: string): number {
    return (this.inFlight.get(id) ?? 0) + this.sockets.count(id, Date.now());
  }

  /** Notes how an attempt ended; `index` is where the backend stood when it was picked. */
  noteAttempt(index: number, upstream: Upstream, failed: boolean): void {
    const stays = this.upstreams[index] === upstream;
    const now = stays ? index : this.upstreams.findIndex(({ id }) => id === upstream.id);
    if (now >= 0) this.#failures[now] = failed ? this.#failures[now]! + 1 : 0;
    if (failed) this.#failedAt = Date.now();
  }

  /** The backend at an index that was picked just now; the last one, should the list have become shorter meanwhile. */
  member(index: number): { readonly backend: BackendConfig; readonly upstream: Upstream } {
    const at = Math.min(index, this.upstreams.length - 1);
    return { backend: this.config.backends[at]!, upstream: this.upstreams[at]! };
  }

  /** When the soonest ejection ends (epoch ms), or 0 when nobody is ejected. */
  soonestReturn(): number {
    return (
      Math.min(...this.#ejectedUntil.filter((until) => until !== 0), Number.MAX_SAFE_INTEGER) %
      Number.MAX_SAFE_INTEGER
    );
  }

  /** The weight in force, slow start included. */
  weight(index: number, now: number): number {
    return rampedWeight(
      this.config.backends[index]!.weight,
      this.#rampingSince[index]!,
      this.config.slowStartMs,
      now,
    );
  }

  #set(values: number[], id: string, value: number): void {
    const index = this.config.backends.findIndex((backend) => backend.id === id);
    if (index >= 0) values[index] = value;
  }
}
