/** What a Pool object knows in memory: the sequence, who fails, who is ejected; the counters beside it. No I/O. */
import { type Eligible, eligible, takesNew } from '../../balance/available.ts';
import {
  type Change,
  isFailure,
  newHealth,
  recordAttempt,
  type Seen,
  verdictOf,
} from '../../balance/ejection.ts';
import { positionAfterTurn } from '../../balance/round-robin.ts';
import { rampedWeight } from '../../balance/slow-start.ts';
import type { Outcome } from '../../balance/types.ts';
import type { BackendConfig, PoolConfig } from '../../config/schema.ts';
import { completePool } from '../../config/stored.ts';
import { describeChange, describeOutcome, type PoolEventKind } from '../../protocol/events.ts';
import {
  type AttemptRecord,
  type BackendStatus,
  CODE,
  FLAG,
  type HealthChange,
  type Reason,
} from '../../protocol/messages.ts';
import type { DrainTimes } from '../../stats/drain.ts';
import { BackendCounts } from './backend-counts.ts';
import { Sequence } from './sequence.ts';
import type { StoredState } from './store.ts';
import type { Tally } from './tally.ts';

/** Something the history should have: a verdict that changed, and why. Times are epoch ms. */
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

/** What the pool's other shards should hear of: null when a finding concerns this shard only. */
export function healthChangeOf({ kind, backend, at, until, ejections }: Finding): HealthChange | null {
  if (backend === null || (kind !== 'ejected' && kind !== 'probe-failed' && kind !== 'returned')) return null;
  return { kind: kind === 'returned' ? 'returned' : 'ejected', backend, at, until: until ?? 0, ejections };
}

/** Backends stand in the order of the configuration, in every list here. */
export class PoolState {
  config: PoolConfig;
  readonly sequence: Sequence;
  readonly counts: BackendCounts;
  /** Where each backend id stands. */
  #places: ReadonlyMap<string, number>;
  /** Who may be asked, as last weighed; null: something has changed since that may change it. */
  #weighed: Eligible | null = null;
  /** What the share was last expected to be; a change starts the share window anew. */
  #expected = '';
  /** No backend of the pool is in. */
  #isOut = false;
  /** Backends that are known to be stalled; an answer ends it. */
  readonly #stalled = new Set<string>();

  constructor(
    config: PoolConfig,
    stored: StoredState | null,
    start: (weights: readonly number[]) => number[],
    times: DrainTimes,
  ) {
    this.config = completePool(config);
    const fits = stored !== null && stored.backends.length === config.backends.length;
    const position = fits ? stored.position : start(config.backends.map(baseWeight));
    this.sequence = new Sequence(position, fits ? stored.taken : 0);
    this.counts = new BackendCounts(config.backends.length, stored, times);
    this.#places = placesOf(config);
    this.#isOut = this.#hasNoBackendIn();
  }

  /** By backend: what is kept across restarts. */
  get tallies(): readonly Tally[] {
    return this.counts.tallies;
  }

  /**
   * Takes a new configuration over: what remains (by id and URL) keeps its position, counters and ejection. Returns what
   * it found out by that.
   */
  configure(next: PoolConfig, now: number): Finding[] {
    const old = this.config.backends;
    const from = next.backends.map((backend) => old.findIndex((other) => sameBackend(other, backend)));
    this.sequence.rearrange(from, old.map(baseWeight), next.backends.map(baseWeight));
    this.counts.rearrange(from);
    this.tallies.forEach(({ health }, i) => {
      const wasActive = from[i]! >= 0 && old[from[i]!]!.state === 'active';
      if (!wasActive && next.backends[i]!.state === 'active') health.backSince = now;
    });
    this.config = completePool(next);
    this.#places = placesOf(next);
    this.#weighed = null;
    return this.#poolFindings(null, 'the configuration has changed', now);
  }

  /** Does as if: runs `act` and puts sequence and probes back to where they stood. Synchronous, so nobody sees it. */
  dryRun<T>(act: () => T): T {
    const putBack = this.sequence.checkpoint();
    const probing = this.tallies.map(({ health }) => health.probingUntil);
    const expected = this.#expected;
    try {
      return act();
    } finally {
      putBack();
      this.#weighed = null;
      this.tallies.forEach(({ health }, i) => {
        health.probingUntil = probing[i]!;
      });
      this.#expected = expected;
    }
  }

  /** Takes slots; says why these backends. */
  lease(want: number, now: number): { slots: number[]; reason: Reason } {
    const set = this.#weigh(now);
    const reason = set.mode === 'fail-open' ? 'fail-open' : set.tier > 0 ? 'tier' : 'policy';
    return { slots: this.sequence.lease(want), reason };
  }

  /** Charges affinity picks, so many by backend id, to the sequence. */
  charge(charged: Readonly<Record<string, number>>, now: number): void {
    const picks = Object.entries(charged);
    // During a slow start each weighing is an epoch of its own, and only a few are remembered.
    if (picks.length > 0) this.#weigh(now);
    for (const [id, count] of picks) {
      const index = this.indexOf(id);
      if (index >= 0) this.sequence.charge(index, count);
    }
  }

  /** Records one attempt. Returns what it found out. */
  record([id, code, ms, flags, requestId, retryAfterMs]: AttemptRecord, now: number): Finding[] {
    const outcome = outcomeOf(code, ms);
    const isFirst = (flags & FLAG.first) !== 0;
    const { ejection, backends, whenUnavailable } = this.config;
    const failed = isFailure(outcome, ejection.failureStatuses, (flags & FLAG.upgrade) !== 0);
    const index = this.indexOf(id);
    // The report of a backend that has just been removed may come late: what it was asked still counts.
    this.counts.add(index, id, this.#totalsOf(id), { outcome, isFirst, failed }, now);
    if (index < 0) return [];
    if (outcome.kind === 'client-closed') {
      // A probe that its client broke off has shown nothing: the next request may be one.
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
    const seen: Seen = { failed, sentAs, retryAfterMs: retryAfterMs ?? 0 };
    const change = recordAttempt(pool, index, seen, now);
    const example = requestId ?? null;
    const found = this.#stallFinding(id, outcome, example, now);
    if (change !== 'none') {
      found.push(this.#finding(change, index, outcome, example, now));
      this.#follow(change, index);
      found.push(...this.#poolFindings(id, describeOutcome(outcome), now));
    }
    return found;
  }

  /** Takes in which clients with affinity have come. */
  noteClients(clients: Readonly<Record<string, readonly number[]>>, now: number): void {
    for (const [id, hashes] of Object.entries(clients)) {
      const index = this.indexOf(id);
      if (index >= 0) this.counts.noteClients(index, hashes, now);
    }
  }

  /** Takes another shard's word for an ejection or a return. */
  applyHealthChange({ kind, backend, at, until, ejections }: HealthChange): void {
    const health = this.tallies[this.indexOf(backend)]?.health;
    if (!health) return;
    this.#weighed = null;
    if (kind === 'ejected') Object.assign(health, { ejectedUntil: until, ejections, capped: false });
    else if (health.ejectedUntil !== 0) {
      Object.assign(health, newHealth(), { backSince: at, succeededAt: at });
      this.#letIn(this.indexOf(backend));
    }
    // The shard that found it out has told the history.
    this.#isOut = this.#hasNoBackendIn();
  }

  /** Where a backend stands; -1: it is none of this pool. */
  indexOf(id: string): number {
    return this.#places.get(id) ?? -1;
  }

  /** Every backend as this shard sees it. */
  status(now: number): BackendStatus[] {
    this.#weigh(now);
    return this.config.backends.map(({ id }, i) => ({
      id,
      weightInForce: this.#weightOf(i, now),
      ...this.counts.status(i, now),
    }));
  }

  #totalsOf(id: string) {
    return this.counts.totals.of(id, (other) => this.indexOf(other) >= 0);
  }

  /** Only what this object hears changes who may be asked, but for a slow start, which goes on by itself. */
  #weigh(now: number): Eligible {
    if (this.#weighed && this.config.slowStartMs === 0) return this.#weighed;
    const failOpen = this.config.whenUnavailable === 'fail-open';
    const set = eligible(this.config.backends, this.#verdictOf, failOpen);
    const weights = this.config.backends.map(() => 0);
    for (const i of set.indices) weights[i] = this.#weightOf(i, now);
    if (this.sequence.weigh(weights)) {
      const expected = weights.join();
      if (expected !== this.#expected) this.counts.forgetPicks();
      this.#expected = expected;
    }
    this.#weighed = set;
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

  /** Makes the sequence follow a changed verdict. */
  #follow(change: Change, index: number): void {
    this.#weighed = null;
    if (change === 'returned') this.#letIn(index);
    else if (change === 'ejected' || change === 'probe-failed')
      this.#totalsOf(this.config.backends[index]!.id).ejections++;
    // All are asked again from here on: those that have just failed last.
    if (change === 'ejected' && this.#hasNoBackendIn())
      this.sequence.restart(positionAfterTurn(this.config.backends.map(baseWeight), index));
  }

  #letIn(index: number): void {
    const { indices } = eligible(this.config.backends, this.#verdictOf, false);
    const weights = this.config.backends.map((backend, i) => (indices.includes(i) ? backend.weight : 0));
    this.sequence.enter(weights, index);
  }

  #finding(
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

  /** A backend that begins to stall; an answer from it ends that. */
  #stallFinding(backend: string, outcome: Outcome, requestId: string | null, at: number): Finding[] {
    if (outcome.kind === 'response') this.#stalled.delete(backend);
    if (outcome.kind !== 'stalled' || this.#stalled.has(backend)) return [];
    this.#stalled.add(backend);
    const why = describeOutcome(outcome);
    return [{ kind: 'stalled', backend, at, until: null, ejections: 0, why, outcome, requestId }];
  }

  /** That no backend of the pool is left, or that one is in again. */
  #poolFindings(backend: string | null, cause: string, at: number): Finding[] {
    const isOut = this.#hasNoBackendIn();
    if (isOut === this.#isOut) return [];
    this.#isOut = isOut;
    const kind = isOut ? 'pool-out' : 'pool-back';
    const what = isOut ? 'no backend of the pool is left' : 'a backend of the pool is in again';
    const why = `${what}: ${cause}`;
    return [{ kind, backend, at, until: null, ejections: 0, why, outcome: null, requestId: null }];
  }
}

const placesOf = ({ backends }: PoolConfig): ReadonlyMap<string, number> =>
  new Map(backends.map(({ id }, i) => [id, i]));

function outcomeOf(code: number, ms: number): Outcome {
  if (code === CODE['connect-failure']) return { kind: 'connect-failure', ms };
  if (code === CODE.timeout) return { kind: 'timeout', ms };
  if (code === CODE['client-closed']) return { kind: 'client-closed', ms };
  if (code === CODE.stalled) return { kind: 'stalled', ms };
  return { kind: 'response', status: code, ms };
}

/** The configured weight of a backend that may be asked, else 0; ejection is not looked at. */
const baseWeight = (backend: BackendConfig): number => (takesNew(backend) ? backend.weight : 0);

/** A backend remains when id and address do; another server under an old id starts anew. */
const sameBackend = (a: BackendConfig, b: BackendConfig): boolean =>
  a.id === b.id && a.url === b.url && a.binding === b.binding;
