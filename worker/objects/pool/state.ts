/** A Pool object's memory: the sequence, the health of the backends, the counters. No I/O. */
import { type Eligible, eligible, takesNew, type Verdict } from '../../balance/available.ts';
import {
  bringBack,
  type Change,
  isFailure,
  newHealth,
  recordAttempt,
  returnByCheck,
  type Seen,
  verdictOf,
} from '../../balance/ejection.ts';
import type { CheckChange } from '../../balance/health-check.ts';
import { policyOf } from '../../balance/policies.ts';
import { positionAfterTurn } from '../../balance/round-robin.ts';
import { rampedWeight } from '../../balance/slow-start.ts';
import type { Outcome } from '../../balance/types.ts';
import type { BackendConfig, PoolConfig } from '../../config/schema.ts';
import { completePool } from '../../config/stored.ts';
import { LEASE_TTL_MS } from '../../lib/timing.ts';
import {
  describeChange,
  describeCheck,
  describeOutcome,
  outcomeOfCheck,
  type PoolEventKind,
} from '../../protocol/events.ts';
import type { BackendStatus, HealthChange, Lease, Returned } from '../../protocol/messages.ts';
import { type AttemptRecord, CODE, FLAG } from '../../protocol/runs.ts';
import type { Check } from '../../protocol/traffic-schemas.ts';
import type { DrainTimes } from '../../stats/drain.ts';
import { BackendCounts } from './backend-counts.ts';
import { RecentSteps } from './memory/recent-steps.ts';
import { Sequence } from './sequence.ts';
import type { StoredState } from './store.ts';
import type { Tally } from './tally.ts';

/** An entry for the history: a changed verdict, and why. Times are epoch ms. */
export interface Finding {
  readonly kind: PoolEventKind;
  readonly backend: string | null;
  readonly at: number;
  readonly until: number | null;
  readonly ejections: number;
  readonly why: string;
  readonly outcome: Outcome | null;
  readonly requestId: string | null;
}

/** The part of a finding that the pool's other shards adopt; null when the finding concerns this shard only. */
export function healthChangeOf({ kind, backend, at, until, ejections }: Finding): HealthChange | null {
  if (backend === null || (kind !== 'ejected' && kind !== 'probe-failed' && kind !== 'returned')) return null;
  return { kind: kind === 'returned' ? 'returned' : 'ejected', backend, at, until: until ?? 0, ejections };
}

/** Every list is in the order of the configuration. */
export class PoolState {
  config: PoolConfig;
  readonly sequence: Sequence;
  readonly counts: BackendCounts;
  /** The index of each backend id. */
  #indices: ReadonlyMap<string, number>;
  /** The eligible backends; null: to be found again, because something has changed. */
  #eligible: Eligible | null = null;
  /** The weights that the shares are expected to follow; a change restarts the shares. */
  #expected = '';
  /** Every backend of the pool is out. */
  #isOut = false;
  /** Ids of backends with an event of a stall and no response since. */
  readonly #stalled = new Set<string>();

  constructor(
    config: PoolConfig,
    stored: StoredState | null,
    start: (weights: readonly number[]) => number[],
    times: DrainTimes,
    steps = new RecentSteps(),
  ) {
    this.config = completePool(config);
    const fits = stored !== null && stored.backends.length === config.backends.length;
    const position = fits ? stored.position : start(config.backends.map(baseWeight));
    this.sequence = new Sequence(position, fits ? stored.taken : 0);
    this.counts = new BackendCounts(config.backends.length, stored, times, steps);
    this.#indices = indicesOf(config);
    this.#isOut = this.#hasNoBackendIn();
  }

  /** The stored counts of each backend. */
  get tallies(): readonly Tally[] {
    return this.counts.tallies;
  }

  /**
   * Adopts a new configuration. A backend that remains (by id and address) keeps its position, counters and ejection.
   * Returns what changed for the pool as a whole.
   */
  configure(next: PoolConfig, now: number): Finding[] {
    const old = this.config.backends;
    const from = next.backends.map((backend) => old.findIndex((other) => sameBackend(other, backend)));
    this.sequence.rearrange(from, old.map(baseWeight), next.backends.map(baseWeight));
    this.counts.rearrange(from);
    this.tallies.forEach(({ health }, i) => {
      const tookNew = from[i]! >= 0 && takesNew(old[from[i]!]!);
      if (!tookNew && takesNew(next.backends[i]!)) health.backSince = now;
    });
    this.config = completePool(next);
    this.#indices = indicesOf(next);
    this.#eligible = null;
    if (!this.config.healthCheck) this.#adoptUnhealthy([], now);
    return this.#findPoolChange(null, 'the configuration has changed', now);
  }

  /** Takes up to `want` slots, at most the pool's largest lease. */
  lease(want: number, now: number): Lease {
    const { sequence } = this;
    const set = this.#updateWeights(now);
    const reason = set.mode === 'fail-open' ? 'fail-open' : set.tier > 0 ? 'tier' : 'policy';
    const first = sequence.taken;
    const slots = sequence.lease(Math.min(want, this.config.maxLease));
    const { epoch, weights } = sequence;
    return { epoch, first, slots, position: [...sequence.position], weights, reason, ttlMs: LEASE_TTL_MS };
  }

  /** Gives unused slots back to the sequence. */
  returnSlots(returned: readonly Returned[]): void {
    for (const { epoch, counts } of returned)
      for (const [id, count] of Object.entries(counts)) {
        const index = this.indexOf(id);
        if (index >= 0) this.sequence.giveBack(epoch, index, count);
      }
  }

  /** Moves the sequence on by the turns that an isolate took without slots. */
  takeTurns(turns: readonly Returned[], now: number): void {
    if (turns.length > 0) this.#updateWeights(now);
    for (const { epoch, counts } of turns)
      for (const [id, count] of Object.entries(counts)) {
        const index = this.indexOf(id);
        if (index >= 0) this.sequence.takeTurns(epoch, index, count);
      }
  }

  /** Charges affinity picks to the sequence: their number by backend id. */
  charge(charged: Readonly<Record<string, number>>, now: number): void {
    const picks = Object.entries(charged);
    // During a slow start every update of the weights begins an epoch, and only a few epochs are remembered.
    if (picks.length > 0) this.#updateWeights(now);
    for (const [id, count] of picks) {
      const index = this.indexOf(id);
      if (index >= 0) this.sequence.charge(index, count);
    }
  }

  /** Records one attempt. Returns the verdicts that it changed. `now` is epoch ms. */
  record([id, code, ms, flags, requestId, retryAfterMs]: AttemptRecord, now: number): Finding[] {
    const outcome = outcomeOf(code, ms);
    const isFirst = (flags & FLAG.first) !== 0;
    const { ejection, backends, whenUnavailable } = this.config;
    const failed = isFailure(outcome, ejection.failureStatuses, (flags & FLAG.upgrade) !== 0);
    const index = this.indexOf(id);
    // A report may arrive after its backend was removed: the attempt still counts.
    const counted = { outcome, isFirst, failed };
    this.counts.add(index, id, this.#totalsOf(id), counted, now);
    if (index < 0) return [];
    if (policyOf(this.config.policy).measuresTime)
      this.counts.addTime(index, counted, this.config.timeoutMs, now);
    if (outcome.kind === 'client-closed') {
      // A probe that its client cancelled showed nothing: the next request may be the probe.
      if (flags & FLAG.probe) this.tallies[index]!.health.probingUntil = 0;
      return [];
    }
    const pool = {
      members: backends,
      healths: this.tallies.map((other) => other.health),
      settings: ejection,
      failsOpen: whenUnavailable === 'fail-open',
    };
    const sentAs = flags & FLAG.probe ? 'probe' : flags & FLAG.out ? 'out' : 'in';
    const seen: Seen = { failed, sentAs, beganAt: now - ms, retryAfterMs: retryAfterMs ?? 0 };
    const change = recordAttempt(pool, index, seen, now);
    const example = requestId ?? null;
    const found = this.#findStall(id, outcome, example, now);
    if (change !== 'none') {
      found.push(this.#makeFinding(change, index, outcome, example, now));
      this.#applyVerdict(change, index);
      found.push(...this.#findPoolChange(id, describeOutcome(outcome), now));
    }
    return found;
  }

  /** Adds hashes of clients with affinity, by backend id. */
  addClients(clients: Readonly<Record<string, readonly number[]>>, now: number): void {
    for (const [id, hashes] of Object.entries(clients)) {
      const index = this.indexOf(id);
      if (index >= 0) this.counts.addClients(index, hashes, now);
    }
  }

  /** Adopts an ejection or a return that another shard observed. */
  applyHealthChange({ kind, backend, at, until, ejections }: HealthChange): void {
    const health = this.tallies[this.indexOf(backend)]?.health;
    if (!health) return;
    this.#eligible = null;
    if (kind === 'ejected')
      Object.assign(health, { ejectedUntil: until, ejectedAt: at, ejections, capped: false });
    else if (health.ejectedUntil !== 0) {
      const { unhealthy } = health;
      Object.assign(health, newHealth(), { backSince: at, succeededAt: at, unhealthy });
      this.#letIn(this.indexOf(backend));
    }
    // The shard that observed it has reported it to the history.
    this.#isOut = this.#hasNoBackendIn();
  }

  /** Adapts to a health check of the backend at `index`, and to what it changed. Returns the verdicts that changed. */
  applyCheck(index: number, change: CheckChange, check: Check): Finding[] {
    const { health } = this.tallies[index]!;
    const { id } = this.config.backends[index]!;
    const now = check.at + check.ms;
    const how = describeCheck(check);
    const found: Finding[] = [];
    const find = (kind: PoolEventKind, why: string) =>
      found.push({
        kind,
        backend: id,
        at: now,
        until: null,
        ejections: 0,
        why,
        outcome: outcomeOfCheck(check),
        requestId: null,
      });
    if (change === 'unhealthy') {
      health.unhealthy = true;
      find('unhealthy', `${inRow(this.config.healthCheck?.unhealthyAfter, 'failed')}: ${how}`);
    } else if (change === 'recovered') {
      health.unhealthy = false;
      health.backSince = now;
      find('healthy', `${inRow(this.config.healthCheck?.healthyAfter, 'succeeded')}: ${how}`);
    }
    if (check.ok && returnByCheck(health, check.at, now))
      find('returned', `its health check succeeded: ${how}`);
    // Checks see the fault too, so they can tell its end.
    if (!check.ok) health.backByCheck = false;
    if (found.length === 0) return [];
    this.#eligible = null;
    if (!health.unhealthy) this.#letIn(index);
    return [...found, ...this.#findPoolChange(id, how, now)];
  }

  /** Ends the ejection of a backend for the operator. Returns the verdicts that changed; none: it was not ejected. */
  endEjection(backend: string, now: number): Finding[] {
    const index = this.indexOf(backend);
    const health = this.tallies[index]?.health;
    if (!health || health.ejectedUntil === 0) return [];
    bringBack(health, now);
    this.#eligible = null;
    if (!health.unhealthy) this.#letIn(index);
    const why = 'the operator ended its ejection';
    const found: Finding = {
      kind: 'returned',
      backend,
      at: now,
      until: null,
      ejections: 0,
      why,
      outcome: null,
      requestId: null,
    };
    return [found, ...this.#findPoolChange(backend, why, now)];
  }

  /** Adopts which backends health checks keep out, from storage or from the shard that checks. `now` is epoch ms. */
  setUnhealthy(backends: readonly string[], now: number): void {
    this.#adoptUnhealthy(backends, now);
    // The object that checked has reported it to the history.
    this.#isOut = this.#hasNoBackendIn();
  }

  #adoptUnhealthy(backends: readonly string[], now: number): void {
    const out = new Set(backends);
    this.tallies.forEach(({ health }, i) => {
      const was = health.unhealthy;
      health.unhealthy = out.has(this.config.backends[i]!.id);
      if (was === health.unhealthy) return;
      this.#eligible = null;
      if (!was) return;
      health.backSince = now;
      this.#letIn(i);
    });
  }

  /** How long each backend takes to answer, by id, in whole ms; undefined: the policy does not measure it. */
  responseTimes(now: number): [string, number][] | undefined {
    if (!policyOf(this.config.policy).measuresTime) return undefined;
    const times = this.counts.responseTimes(now).map(Math.round);
    return this.config.backends.flatMap(({ id }, i) => (times[i]! > 0 ? [[id, times[i]!]] : []));
  }

  /** The index of a backend; -1: this pool has no such backend. */
  indexOf(id: string): number {
    return this.#indices.get(id) ?? -1;
  }

  /** The backends that take new requests now. */
  findEligible(): Eligible {
    return eligible(this.config.backends, this.verdictOf, this.config.whenUnavailable === 'fail-open');
  }

  /** The verdict on a backend; one that stalls somewhere counts as failing. */
  readonly verdictOf = (index: number): Verdict => {
    const verdict = this.#verdictOf(index);
    return verdict === 'available' && this.#stalled.has(this.config.backends[index]!.id)
      ? 'failing'
      : verdict;
  };

  /** The status of every backend as this shard sees it. `now` is epoch ms. */
  status(now: number): BackendStatus[] {
    this.#updateWeights(now);
    return this.config.backends.map(({ id }, i) => ({
      id,
      weightInForce: this.#weightOf(i, now),
      ...this.counts.status(i, now),
      failing: this.verdictOf(i) === 'failing',
    }));
  }

  #totalsOf(id: string) {
    return this.counts.totals.of(id, (other) => this.indexOf(other) >= 0);
  }

  /** Finds the eligible backends and gives the sequence their weights. Only a slow start changes those without an event. */
  #updateWeights(now: number): Eligible {
    if (this.#eligible && this.config.slowStartMs === 0) return this.#eligible;
    const failOpen = this.config.whenUnavailable === 'fail-open';
    const set = eligible(this.config.backends, this.#verdictOf, failOpen);
    const weights = this.config.backends.map(() => 0);
    for (const i of set.indices) weights[i] = this.#weightOf(i, now);
    if (this.sequence.setWeights(weights)) {
      const expected = weights.join();
      if (expected !== this.#expected) this.counts.resetPicks();
      this.#expected = expected;
    }
    this.#eligible = set;
    return set;
  }

  #weightOf(index: number, now: number): number {
    const { backSince } = this.tallies[index]!.health;
    return rampedWeight(this.config.backends[index]!.weight, backSince, this.config.slowStartMs, now);
  }

  readonly #verdictOf = (index: number) => verdictOf(this.tallies[index]!.health);

  #hasNoBackendIn(): boolean {
    return eligible(this.config.backends, this.#verdictOf, false).mode === 'none';
  }

  /** Adapts the sequence to a changed verdict. */
  #applyVerdict(change: Change, index: number): void {
    this.#eligible = null;
    if (change === 'returned') this.#letIn(index);
    else if (change === 'ejected' || change === 'probe-failed')
      this.#totalsOf(this.config.backends[index]!.id).ejections++;
    // From here on all are asked again; the one that has just failed comes last.
    if (change === 'ejected' && this.#hasNoBackendIn())
      this.sequence.restart(positionAfterTurn(this.config.backends.map(baseWeight), index));
  }

  #letIn(index: number): void {
    const { indices } = eligible(this.config.backends, this.#verdictOf, false);
    const weights = this.config.backends.map((backend, i) => (indices.includes(i) ? backend.weight : 0));
    this.sequence.enter(weights, index);
  }

  #makeFinding(
    kind: Exclude<Change, 'none'>,
    index: number,
    outcome: Outcome,
    requestId: string | null,
    at: number,
  ): Finding {
    const { ejectedUntil, ejections, consecutiveFailures: inRow, ...window } = this.tallies[index]!.health;
    const [recent, attempts] = [window.failures, window.attempts].map(([now, before]) => now + before);
    const { failures: limit } = this.config.ejection;
    const why = describeChange(kind, outcome, { inRow, limit, recent: recent!, attempts: attempts! });
    const until = kind === 'ejected' || kind === 'probe-failed' ? ejectedUntil : null;
    return { kind, backend: this.config.backends[index]!.id, at, until, ejections, why, outcome, requestId };
  }

  /** Makes the finding of a backend that begins to stall; a response from it ends the stall. */
  #findStall(backend: string, outcome: Outcome, requestId: string | null, at: number): Finding[] {
    if (outcome.kind === 'response') this.#stalled.delete(backend);
    if (outcome.kind !== 'stalled' || this.#stalled.has(backend)) return [];
    this.#stalled.add(backend);
    const why = describeOutcome(outcome);
    return [{ kind: 'stalled', backend, at, until: null, ejections: 0, why, outcome, requestId }];
  }

  /** Makes the finding that every backend of the pool is out, or that one is in again. */
  #findPoolChange(backend: string | null, cause: string, at: number): Finding[] {
    const isOut = this.#hasNoBackendIn();
    if (isOut === this.#isOut) return [];
    this.#isOut = isOut;
    const kind = isOut ? 'pool-out' : 'pool-back';
    const what = isOut ? 'no backend of the pool is left' : 'a backend of the pool is in again';
    const why = `${what}: ${cause}`;
    return [{ kind, backend, at, until: null, ejections: 0, why, outcome: null, requestId: null }];
  }
}

/** `3 health checks in a row failed`. */
const inRow = (count = 1, how: string): string =>
  count === 1 ? `a health check ${how}` : `${count} health checks in a row ${how}`;

const indicesOf = ({ backends }: PoolConfig): ReadonlyMap<string, number> =>
  new Map(backends.map(({ id }, i) => [id, i]));

function outcomeOf(code: number, ms: number): Outcome {
  if (code === CODE['connect-failure']) return { kind: 'connect-failure', ms };
  if (code === CODE.timeout) return { kind: 'timeout', ms };
  if (code === CODE['client-closed']) return { kind: 'client-closed', ms };
  if (code === CODE.stalled) return { kind: 'stalled', ms };
  return { kind: 'response', status: code, ms };
}

/** The configured weight of a backend that takes new requests, else 0; regardless of ejection. */
const baseWeight = (backend: BackendConfig): number => (takesNew(backend) ? backend.weight : 0);

/** Whether a backend remains: another address under the same id is a new backend. */
const sameBackend = (a: BackendConfig, b: BackendConfig): boolean =>
  a.id === b.id && a.url === b.url && a.binding === b.binding;
