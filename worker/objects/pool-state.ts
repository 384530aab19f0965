/** What a Pool object knows in memory: the sequence, who fails, who is ejected, the counters. No I/O. */
import { type Eligible, eligible, standing } from '../balance/available.ts';
import { isFailure, newHealth, probeDue, recordFailure, recordSuccess } from '../balance/ejection.ts';
import { rampedWeight } from '../balance/slow-start.ts';
import type { Outcome } from '../balance/types.ts';
import type { BackendConfig, PoolConfig } from '../config/schema.ts';
import type { DrainTimes } from './drain.ts';
import { describeFlip } from './events.ts';
import type { StoredState } from './pool-store.ts';
import { type AttemptRecord, type BackendStatus, CODE, FLAG, type Flip, type Reason } from './protocol.ts';
import { Sequence } from './sequence.ts';
import { Series } from './series.ts';
import { newTally, Recent, type Tally } from './tally.ts';
import { count, TotalsById } from './totals.ts';
import { addOpened, countOpen, Visitors } from './visitors.ts';

/** A probe that was handed out but not sent is handed out again after this time. */
const PROBE_HOLD_MS = 1_000;

/** The status with which a WebSocket opens. */
const SWITCHED = 101;

/** A flip with its cause. */
export interface Flipped extends Flip {
  readonly why: string;
  readonly outcome: Outcome;
  readonly requestId: string | null;
}

/** Backends stand in the order of the configuration, in every list here. */
export class PoolState {
  config: PoolConfig;
  readonly sequence: Sequence;
  tallies: Tally[];
  readonly totals: TotalsById;
  readonly series = new Series();
  #recent: Recent[];
  #visitors: Visitors[];
  /** Where each backend id stands. */
  #places: ReadonlyMap<string, number>;
  readonly #times: DrainTimes;
  /** Who may be asked, as last weighed; null: something has changed since that may change it. */
  #weighed: Eligible | null = null;
  /** What the share was last expected to be; a change starts the share window anew. */
  #expected = '';

  constructor(
    config: PoolConfig,
    stored: StoredState | null,
    start: (weights: readonly number[]) => number[],
    times: DrainTimes,
  ) {
    this.config = config;
    const fits = stored !== null && stored.backends.length === config.backends.length;
    this.tallies = config.backends.map((_, i) =>
      fits ? { ...newTally(), ...stored.backends[i]! } : newTally(),
    );
    const position = fits ? stored.position : start(config.backends.map(baseWeight));
    this.sequence = new Sequence(position, fits ? stored.taken : 0);
    this.#recent = config.backends.map(() => new Recent());
    this.#visitors = config.backends.map(() => new Visitors(config.backends.length));
    this.#places = placesOf(config);
    this.#times = times;
    this.totals = new TotalsById(stored?.totals);
  }

  /** Takes a new configuration over: what remains (by id and URL) keeps its position, counters and ejection. */
  configure(next: PoolConfig, now: number): void {
    const old = this.config.backends;
    const from = next.backends.map((backend) => old.findIndex((other) => sameBackend(other, backend)));
    this.sequence.rearrange(from, old.map(baseWeight), next.backends.map(baseWeight));
    this.tallies = from.map((f, i) => {
      const tally = f < 0 ? newTally() : this.tallies[f]!;
      const wasActive = f >= 0 && old[f]!.state === 'active';
      if (!wasActive && next.backends[i]!.state === 'active') tally.health.backSince = now;
      return tally;
    });
    this.#recent = from.map((f) => (f < 0 ? new Recent() : this.#recent[f]!));
    this.#visitors = from.map((f) => (f < 0 ? new Visitors(from.length) : this.#visitors[f]!));
    for (const visitors of this.#visitors) visitors.shareWith(from.length);
    this.config = next;
    this.#places = placesOf(next);
    this.#weighed = null;
  }

  /** Does as if: runs `act` and puts sequence and probes back to where they stood. Synchronous, so nobody sees it. */
  rehearse<T>(act: () => T): T {
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

  /** Hands out at most one probe: the id of a backend whose ejection is over. */
  handOutProbe(now: number): string | undefined {
    const index = this.tallies.findIndex(
      ({ health }, i) => standing(this.config.backends[i]!, true) === 'ejected' && probeDue(health, now),
    );
    if (index < 0) return undefined;
    this.tallies[index]!.health.probingUntil = now + PROBE_HOLD_MS;
    return this.config.backends[index]!.id;
  }

  /** A probe has been sent: no other until it has had time to answer. */
  probeSent(id: string, now: number): void {
    const index = this.indexOf(id);
    if (index < 0) return;
    const timeoutMs = this.config.backends[index]!.timeoutMs ?? this.config.timeoutMs;
    this.tallies[index]!.health.probingUntil = now + timeoutMs + PROBE_HOLD_MS;
  }

  /** Records one attempt. Returns the flip it caused, if any, with why. */
  record([id, code, ms, flags, requestId]: AttemptRecord, now: number): Flipped | null {
    const outcome = outcomeOf(code, ms);
    const isFirst = (flags & FLAG.first) !== 0;
    const { ejection } = this.config;
    const failed = isFailure(outcome, ejection.failureStatuses, (flags & FLAG.upgrade) !== 0);
    // The report of a backend that has just been removed may come late: what it was asked still counts.
    count(this.#totalsOf(id), outcome, failed, !isFirst);
    const index = this.indexOf(id);
    if (index < 0) return null;
    const tally = this.tallies[index]!;
    tally.requests++;
    const answeredMs = outcome.kind === 'response' ? ms : null;
    this.#recent[index]!.add(answeredMs, isFirst, now);
    this.series.add(id, failed, answeredMs, now);
    if (outcome.status === SWITCHED) addOpened(tally.visits, this.#times, now);
    if (outcome.kind === 'client-closed') return null;
    if (!failed) {
      return this.#flip(recordSuccess(tally.health, now), index, outcome, requestId ?? null, now);
    }
    tally.failures++;
    const healths = this.tallies.map((other) => other.health);
    const flip = recordFailure(this.config.backends, healths, index, ejection, now);
    return this.#flip(flip, index, outcome, requestId ?? null, now);
  }

  /** Takes in which clients with affinity have come. */
  noteClients(clients: Readonly<Record<string, readonly number[]>>, now: number): void {
    for (const [id, hashes] of Object.entries(clients)) {
      const index = this.indexOf(id);
      if (index < 0) continue;
      this.#visitors[index]!.add(hashes, now);
      this.tallies[index]!.visits.lastClientAt = now;
    }
  }

  /** Takes another shard's word for an ejection or a return. */
  hearFlip({ kind, backend, at, until, ejections }: Flip): void {
    const health = this.tallies[this.indexOf(backend)]?.health;
    if (!health) return;
    this.#weighed = null;
    if (kind === 'ejected') Object.assign(health, { ejectedUntil: until, ejections });
    else if (health.ejectedUntil !== 0) Object.assign(health, { ...newHealth(), backSince: at });
  }

  /** Where a backend stands; -1: it is none of this pool. */
  indexOf(id: string): number {
    return this.#places.get(id) ?? -1;
  }

  /** Who is ejected, and until when (epoch ms). */
  ejected(): [string, number][] {
    return this.#withHealth((health) => health.ejectedUntil);
  }

  /** Whose slow start is under way, and since when (epoch ms). */
  ramping(now: number): [string, number][] {
    const { slowStartMs } = this.config;
    if (slowStartMs === 0) return [];
    return this.#withHealth((health) => (now - health.backSince < slowStartMs ? health.backSince : 0));
  }

  /** Every backend as this shard sees it. */
  status(now: number): BackendStatus[] {
    this.#weigh(now);
    return this.config.backends.map((backend, i) => {
      const { requests, failures, health, visits } = this.tallies[i]!;
      const { consecutiveFailures, ejectedUntil, ejections } = health;
      const recent = this.#recent[i]!;
      const seen = { picks: recent.picks(now), latency: recent.latency(now) };
      const weightInForce = this.#weightOf(i, now);
      return {
        id: backend.id,
        requests,
        failures,
        consecutiveFailures,
        ejectedUntil,
        ejections,
        weightInForce,
        affinityClients: this.#visitors[i]!.clients(visits, this.#times, now),
        openWebSockets: countOpen(visits, this.#times, now),
        lastClientAt: visits.lastClientAt,
        lastWebSocketAt: visits.lastWebSocketAt,
        ...seen,
      };
    });
  }

  #totalsOf(id: string) {
    return this.totals.of(id, (other) => this.indexOf(other) >= 0);
  }

  /** Only what this object hears changes who may be asked, but for a slow start, which goes on by itself. */
  #weigh(now: number): Eligible {
    if (this.#weighed && this.config.slowStartMs === 0) return this.#weighed;
    const failOpen = this.config.whenUnavailable === 'fail-open';
    const set = eligible(this.config.backends, (i) => this.tallies[i]!.health.ejectedUntil !== 0, failOpen);
    const weights = this.config.backends.map(() => 0);
    for (const i of set.indices) weights[i] = this.#weightOf(i, now);
    if (this.sequence.weigh(weights)) {
      const expected = weights.join();
      if (expected !== this.#expected) for (const recent of this.#recent) recent.forgetPicks();
      this.#expected = expected;
    }
    this.#weighed = set;
    return set;
  }

  #weightOf(index: number, now: number): number {
    const { backSince } = this.tallies[index]!.health;
    return rampedWeight(this.config.backends[index]!.weight, backSince, this.config.slowStartMs, now);
  }

  #flip(
    kind: 'none' | 'ejected' | 'returned',
    index: number,
    outcome: Outcome,
    requestId: string | null,
    at: number,
  ): Flipped | null {
    if (kind === 'none') return null;
    this.#weighed = null;
    if (kind === 'ejected') this.#totalsOf(this.config.backends[index]!.id).ejections++;
    const { ejectedUntil: until, ejections, consecutiveFailures } = this.tallies[index]!.health;
    const why = describeFlip(kind, outcome, consecutiveFailures, ejections);
    const backend = this.config.backends[index]!.id;
    return { kind, backend, at, until, ejections, why, outcome, requestId };
  }

  #withHealth(value: (health: Tally['health']) => number): [string, number][] {
    const found: [string, number][] = [];
    this.tallies.forEach(({ health }, i) => {
      const v = value(health);
      if (v !== 0) found.push([this.config.backends[i]!.id, v]);
    });
    return found;
  }
}

const placesOf = ({ backends }: PoolConfig): ReadonlyMap<string, number> =>
  new Map(backends.map(({ id }, i) => [id, i]));

function outcomeOf(code: number, ms: number): Outcome {
  if (code === CODE['connect-failure']) return { kind: 'connect-failure', ms };
  if (code === CODE.timeout) return { kind: 'timeout', ms };
  if (code === CODE['client-closed']) return { kind: 'client-closed', ms };
  return { kind: 'response', status: code, ms };
}

/** The configured weight of a backend that may be asked, else 0; ejection is not looked at. */
const baseWeight = (backend: BackendConfig): number =>
  standing(backend, false) === 'available' ? backend.weight : 0;

/** A backend remains when id and address do; another server under an old id starts anew. */
const sameBackend = (a: BackendConfig, b: BackendConfig): boolean =>
  a.id === b.id && a.url === b.url && a.binding === b.binding;
