/** What an isolate knows of one pool: configuration, verdicts, slots, requests under way. Selection reads it. No I/O. */
import { type Eligible, eligible, takesNew, type Verdict } from '../../balance/available.ts';
import { type Budget, newBudget } from '../../balance/budget.ts';
import {
  bringBack,
  type Change,
  type Health,
  isProbeDue,
  newHealth,
  recordAttempt,
  type Seen,
  verdictOf,
} from '../../balance/ejection.ts';
import { hash32 } from '../../balance/hash.ts';
import { type Policy, policyOf } from '../../balance/policies.ts';
import {
  adoptTime,
  newResponseTime,
  observeFailure,
  observeTime,
  type ResponseTime,
  timeAt,
} from '../../balance/response-time.ts';
import { enter, positionAfterTurn } from '../../balance/round-robin.ts';
import { rampedWeight } from '../../balance/slow-start.ts';
import { findStall, newWaits, type Waits } from '../../balance/stall.ts';
import type { Outcome } from '../../balance/types.ts';
import type { BackendConfig, PoolConfig } from '../../config/schema.ts';
import { completePool } from '../../config/stored.ts';
import { CircuitBreaker } from '../../lib/circuit-breaker.ts';
import { FRESH_MS, LOCAL_PROBE_LOST_MS, REPORTED_MS } from '../../lib/timing.ts';
import type { PoolUpdate, Reason, SyncReply } from '../../protocol/messages.ts';
import { laterShards, ONE_SHARD } from '../../protocol/sharding.ts';
import { countsInFlight, RecentSockets } from '../upstream/in-flight.ts';
import { type CompiledBackend, compileBackend } from '../upstream/upstream.ts';
import type { AffinityClient } from './affinity-clients.ts';
import { type Slot, type SlotAction, Slots } from './slots.ts';

/** Backends stand in the order of the configuration; a changed one carries over what remains, by id. */
export class PoolView {
  config!: PoolConfig;
  policy!: Policy;
  revision = 0;
  upstreams: readonly CompiledBackend[] = [];
  idHashes: readonly number[] = [];
  /** A local copy of the sequence, for when the object is away. */
  localPosition: number[] = [];
  /** The sequence from which retries come, kept apart from the pool's own. */
  failoverPosition: number[] = [];
  /** The sequence from which copies of mirrored requests come. */
  copyPosition: number[] = [];
  /** The verdicts: what this isolate saw, until the object knows it too and its word counts. */
  healths: Health[] = [];
  /** The requests under way at each backend. */
  waits: Waits[] = [];
  /** How long each backend takes, as this isolate and its object have observed; for the policy that measures it. */
  times: ResponseTime[] = [];
  /** How many objects share the pool with `sharding: auto`, as far as this isolate's own has heard. */
  autoShards = ONE_SHARD;
  /** When the pool's object last answered, and whether the isolate goes on without it. */
  readonly breaker = new CircuitBreaker();
  slots = new Slots();
  readonly budget: Budget = newBudget();
  /** Requests under way, by backend id; for the least-request policy. */
  readonly inFlight = new Map<string, number>();
  /** WebSockets that count beside them. */
  sockets = new RecentSockets();
  /** The backend to probe, until a request may be the probe. */
  probe: { id: string; skipped: number } | null = null;
  /** The newest revision that touched routes, as far as this pool's object knows. */
  routesRevision = 0;
  /** The pool has been deleted. */
  gone = false;
  /** Failures and changed verdicts that the object has not acknowledged: until it has, its word lifts no verdict. */
  unreported = 0;
  private rampingSince: number[] = [];
  private notedAt = 0;
  private isPeek = false;

  constructor(config: PoolConfig, revision: number) {
    this.configure(config, revision);
  }

  /** Takes a newer configuration over; slots of the old one go back. */
  configure(config: PoolConfig, revision: number): void {
    if (revision < this.revision) return;
    const old = this.upstreams;
    const from = config.backends.map(({ id }) => old.findIndex((upstream) => upstream.id === id));
    this.slots.configure(
      config.backends.map(({ id }) => id),
      from,
      config.maxLease,
    );
    const was = this.config?.backends ?? [];
    const isBack = (f: number, i: number) =>
      was.length > 0 && !(was[f] && takesNew(was[f])) && takesNew(config.backends[i]!);
    // As in the object: the slow start of a backend that takes new requests again begins now.
    this.rampingSince = from.map((f, i) => (isBack(f, i) ? Date.now() : (this.rampingSince[f] ?? 0)));
    this.healths = from.map((f) => this.healths[f] ?? newHealth());
    this.waits = from.map((f) => this.waits[f] ?? newWaits());
    this.times = from.map((f) => this.times[f] ?? newResponseTime());
    this.localPosition = config.backends.map(() => 0);
    this.failoverPosition = config.backends.map(() => 0);
    this.copyPosition = config.backends.map(() => 0);
    this.upstreams = config.backends.map(compileBackend);
    this.idHashes = config.backends.map(({ id }) => hash32(id));
    // What went down with its request would be counted for ever, and its backend kept for it.
    for (const id of this.inFlight.keys())
      if (!this.upstreams.some((upstream) => upstream.id === id)) this.inFlight.delete(id);
    this.sockets.keep(config.backends.map(({ id }) => id));
    this.config = completePool(config);
    if (!this.config.healthCheck) for (const health of this.healths) health.unhealthy = false;
    this.policy = policyOf(config.policy);
    this.revision = revision;
    this.gone = false;
  }

  /** A copy to select from: nothing moves here, and it calls no object. Only what a selection changes is copied. */
  peek(): PoolView {
    const { localPosition, failoverPosition, healths, probe } = this;
    const moved = structuredClone({ localPosition, failoverPosition, healths, probe });
    const slots = this.slots.copy();
    return Object.assign(Object.create(PoolView.prototype), this, moved, { slots, isPeek: true });
  }

  /** Takes in what any reply of the Pool object says. */
  applyUpdate(news: PoolUpdate, now: number): void {
    this.breaker.onSuccess(now);
    this.routesRevision = Math.max(this.routesRevision, news.routesRevision);
    this.autoShards = laterShards(this.autoShards, news.shards);
    if (news.pool) this.configure(news.pool, news.revision);
    // An older reply refers to another list of backends, or to a pool that has been created again since.
    if (news.revision < this.revision) return;
    if (news.pool === null) this.gone = true;
    this.rampingSince.fill(0);
    for (const [id, since] of news.ramping) {
      const index = this.indexOf(id);
      if (index >= 0) this.rampingSince[index] = since;
    }
    if (now - this.notedAt > REPORTED_MS) this.unreported = 0;
    this.adoptVerdicts(news, now);
    if (news.times) this.adoptTimes(news.times, now);
    if (news.probe) this.probe = { id: news.probe, skipped: this.probe?.skipped ?? 0 };
  }

  /** Takes in a reply with slots. */
  applyReply(reply: SyncReply, now: number): void {
    this.applyUpdate(reply, now);
    if (reply.revision === this.revision) this.slots.add(reply, now);
  }

  private adoptVerdicts({ ejected, failing = [], unhealthy = [] }: PoolUpdate, now: number): void {
    const isAcknowledged = this.unreported <= 0;
    this.adoptUnhealthy(unhealthy);
    const out = new Map<string, readonly [until: number, capped: boolean]>();
    for (const [id, until] of ejected) out.set(id, [until, false]);
    for (const [id, until] of failing) out.set(id, [until, true]);
    this.config.backends.forEach(({ id }, i) => {
      const health = this.healths[i]!;
      const word = out.get(id);
      if (word) {
        // The object may not know yet that the backend has answered here.
        if (!isAcknowledged && now - health.backSince < REPORTED_MS) return;
        [health.ejectedUntil, health.capped] = word;
      } else if (isAcknowledged && health.ejectedUntil !== 0) {
        bringBack(health, now);
        this.letIn(i);
      }
    });
  }

  private adoptTimes(times: NonNullable<PoolUpdate['times']>, now: number): void {
    if (!this.policy.measuresTime) return;
    for (const [id, ms] of times) {
      const index = this.indexOf(id);
      if (index >= 0) adoptTime(this.times[index]!, ms, now);
    }
  }

  /** Only the object checks, so its word counts at once. */
  private adoptUnhealthy(unhealthy: readonly string[]): void {
    this.healths.forEach((health, i) => {
      const was = health.unhealthy;
      health.unhealthy = unhealthy.length > 0 && unhealthy.includes(this.config.backends[i]!.id);
      if (was && !health.unhealthy) this.letIn(i);
    });
  }

  /** Whether the isolate knows enough of the pool to select without asking its object first. */
  isKnown(now: number): boolean {
    const { breaker, config } = this;
    return breaker.isOpen(now) || breaker.wasHeard(now, Math.max(FRESH_MS, config.maxStaleMs));
  }

  /** Learns how the pool stands before a selection, if it can. A copy knows what there is to know. */
  async refresh(_context: unknown): Promise<void> {}

  /** Whether a selection by policy that found no slot has to ask the object. With all backends out it grants none. */
  mustAsk(now: number): boolean {
    const { breaker, policy } = this;
    if (breaker.isOpen(now) || this.isPeek) return false;
    if (!policy.leased) return !this.isKnown(now);
    return this.eligible().mode !== 'none' || !breaker.wasHeard(now, FRESH_MS);
  }

  /** Notes that a client with affinity was sent to a backend; a copy does not. */
  addClient(_context: unknown, _client: AffinityClient): void {}

  /** Whether the isolate may take turns of its own copy of the sequence. */
  mayGoAlone(now: number): boolean {
    const { breaker, config, slots } = this;
    if (!slots.hasCopy) return false;
    return this.isPeek || breaker.isOpen(now) || breaker.wasHeard(now, config.maxStaleMs);
  }

  /** The next slot in hand, or else the next turn of the isolate's own copy of the sequence; null: it has to ask. */
  takeSlot(now: number): Slot | null {
    return this.slots.take(now, (i, reason) => this.actionFor(i, reason)) ?? this.takeTurn(now);
  }

  private takeTurn(now: number): Slot | null {
    if (!this.mayGoAlone(now)) return null;
    const set = this.eligible();
    if (set.mode === 'none') return null;
    const index = this.slots.takeAlone(this.weightsOf(set.indices, now), now);
    return index < 0 ? null : { index, reason: reasonOf(set) };
  }

  /**
   * The object grants no slots of backends that may not be asked, so such a slot predates the change. That of a backend which
   * takes no new requests goes back. That of one which is out is used up: a backend that returns is not owed its missed turns.
   */
  private actionFor(index: number, reason: Reason): SlotAction {
    if (!takesNew(this.config.backends[index]!)) return 'return';
    if (this.verdict(index) === 'available') return 'use';
    const { mode, indices } = this.eligible();
    // Slots from before all backends were out may all be of the one that went last.
    const fits = mode === 'fail-open' ? reason === 'fail-open' : indices.includes(index);
    return fits ? 'use' : 'pass';
  }

  /** The backends that are eligible now, as this isolate knows them. */
  eligible(): Eligible {
    const { backends, whenUnavailable } = this.config;
    return eligible(backends, (i) => this.verdict(i), whenUnavailable === 'fail-open');
  }

  /** The weights in force of the backends at `indices`; 0 for all others. */
  weightsOf(indices: readonly number[], now: number): number[] {
    const weights = this.config.backends.map(() => 0);
    for (const i of indices) weights[i] = this.weight(i, now);
    return weights;
  }

  /** The verdict on a backend; one that is stalled here counts as failing. */
  verdict(index: number): Verdict {
    const verdict = verdictOf(this.healths[index]!);
    return verdict === 'available' && this.waits[index]!.stalled ? 'failing' : verdict;
  }

  /** The end of the ejection (epoch ms), past or to come; 0 when not ejected. */
  ejectedUntil(index: number): number {
    return this.healths[index]!.ejectedUntil;
  }

  /** Whether the requests that wait at a backend should go elsewhere. `now` in epoch ms. */
  findStall(waits: Waits, now: number): boolean {
    const index = this.waits.indexOf(waits);
    return index >= 0 && findStall(this.waits, index, this.config.ejection.stallMs, now);
  }

  /** With the object away the isolate probes on its own: takes the index of a backend that is due, once; -1: none is. */
  takeDueProbe(now: number): number {
    if (!this.breaker.hasFailed) return -1;
    const index = this.healths.findIndex(
      (health, i) => takesNew(this.config.backends[i]!) && isProbeDue(health, now),
    );
    if (index >= 0) this.healths[index]!.probingUntil = now + LOCAL_PROBE_LOST_MS;
    return index;
  }

  /** Counts a request that begins (1) or ends (-1) at a backend; only the policy that looks at it pays for it. */
  addInFlight(id: string, change: number): void {
    if (!countsInFlight(this.config)) return;
    const now = (this.inFlight.get(id) ?? 0) + change;
    if (now > 0) this.inFlight.set(id, now);
    else this.inFlight.delete(id);
  }

  /** Requests and WebSockets under way at a backend, as this isolate knows them. */
  underWay(id: string): number {
    return (this.inFlight.get(id) ?? 0) + this.sockets.count(id, Date.now());
  }

  /** Judges a backend by how an attempt ended; `picked` is where it stood then. Returns what that changed. */
  judge(picked: number, upstream: CompiledBackend, seen: Seen, now: number): Change {
    const stays = this.upstreams[picked] === upstream;
    const index = stays ? picked : this.indexOf(upstream.id);
    if (index < 0) return 'none';
    const { backends, ejection, whenUnavailable } = this.config;
    const failsOpen = whenUnavailable === 'fail-open';
    const pool = { members: backends, healths: this.healths, settings: ejection, failsOpen };
    const change = recordAttempt(pool, index, seen, now);
    if (change === 'returned') this.letIn(index);
    else if (change === 'ejected' && eligible(backends, (i) => this.verdict(i), false).mode === 'none')
      this.restartAfter(index);
    if (seen.failed || change !== 'none') this.notedAt = now;
    return change;
  }

  /** Records how long an attempt at `upstream` took, for the policy that measures it. `now` is epoch ms. */
  recordTime(upstream: CompiledBackend, { kind, ms }: Outcome, failed: boolean, now: number): void {
    const index = this.indexOf(upstream.id);
    if (index < 0 || kind === 'client-closed') return;
    const time = this.times[index]!;
    if (failed) {
      const costs = this.upstreams.map(({ id }, i) => this.responseTime(i, now) * (this.underWay(id) + 1));
      observeFailure(time, ms, costs, this.config.timeoutMs, now);
    } else observeTime(time, ms, now);
  }

  /** How long a backend takes to answer, in ms: at least as long as its oldest request has waited. 0: not known. */
  responseTime(index: number, now: number): number {
    let waitedMs = 0;
    for (const { startedAt, endsAt } of this.waits[index]!.waiting) {
      // One that is past its deadline was abandoned with its request.
      if (endsAt < now) continue;
      waitedMs = now - startedAt;
      break;
    }
    return Math.max(waitedMs, timeAt(this.times[index]!, now));
  }

  /** With every backend out all are asked again, the one that went last in the end. */
  private restartAfter(index: number): void {
    const weights = this.config.backends.map((backend) => (takesNew(backend) ? backend.weight : 0));
    this.localPosition = positionAfterTurn(weights, index);
    this.slots.restart(this.localPosition);
  }

  private letIn(index: number): void {
    const { indices } = eligible(this.config.backends, (i) => this.verdict(i), false);
    const weights = this.config.backends.map(({ weight }, i) => (indices.includes(i) ? weight : 0));
    enter(this.localPosition, weights, index);
    this.slots.enter(weights, index);
    enter(this.failoverPosition, weights, index);
  }

  /** The backend at an index that was picked just now; the last one, should the list have become shorter meanwhile. */
  member(index: number): { readonly backend: BackendConfig; readonly upstream: CompiledBackend } {
    const at = Math.min(index, this.upstreams.length - 1);
    return { backend: this.config.backends[at]!, upstream: this.upstreams[at]! };
  }

  /** When the first ejection ends (epoch ms); 0 when no backend is ejected. */
  earliestEjectionEnd(): number {
    const ends = this.healths.flatMap(({ ejectedUntil }) => (ejectedUntil === 0 ? [] : [ejectedUntil]));
    return ends.length === 0 ? 0 : Math.min(...ends);
  }

  /** The weight in force, slow start included. */
  weight(index: number, now: number): number {
    return rampedWeight(
      this.config.backends[index]!.weight,
      this.rampingSince[index]!,
      this.config.slowStartMs,
      now,
    );
  }

  private indexOf(id: string): number {
    return this.upstreams.findIndex((upstream) => upstream.id === id);
  }
}

/** Why one of these backends is selected. */
export const reasonOf = ({ mode, tier }: Eligible): Reason =>
  mode === 'fail-open' ? 'fail-open' : tier > 0 ? 'tier' : 'policy';
