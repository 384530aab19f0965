/** What a Pool object counts for its backends: totals, the recent past, and the clients that still use them. No I/O. */
import {
  newResponseTime,
  observeFailure,
  observeTime,
  type ResponseTime,
  timeAt,
} from '../../balance/response-time.ts';
import type { Outcome } from '../../balance/types.ts';
import type { BackendStatus, Totals } from '../../protocol/messages.ts';
import type { DrainTimes } from '../../stats/drain.ts';
import { count, TotalsById } from '../../stats/totals.ts';
import { AffinityClients, addOpened, countOpen } from './drain-activity.ts';
import type { RecentSteps } from './memory/recent-steps.ts';
import type { StoredState } from './store.ts';
import { newTally, Recent, restoreTally, type Tally } from './tally.ts';

/** The status of a response that opens a WebSocket. */
const SWITCHING_PROTOCOLS = 101;

/** How an attempt counts. */
export interface CountedAttempt {
  readonly outcome: Outcome;
  /** It was the balancer's choice and no retry. */
  readonly isFirst: boolean;
  /** It counts against the backend. */
  readonly failed: boolean;
}

/** Every list is in the order of the configuration. */
export class BackendCounts {
  tallies: Tally[];
  readonly #steps: RecentSteps;
  readonly totals: TotalsById;
  #recent: Recent[];
  #clients: AffinityClients[];
  /** How long each backend takes, for the policy that measures it; in memory only. */
  #responseTimes: ResponseTime[];
  readonly #times: DrainTimes;

  /** Restores the `stored` counts if they are of as many backends as there are. */
  constructor(backends: number, stored: StoredState | null, times: DrainTimes, steps: RecentSteps) {
    const tallies = stored?.backends.length === backends ? stored.backends : [];
    const each = Array.from({ length: backends }, (_, i) => i);
    this.tallies = each.map((i) => restoreTally(tallies[i]));
    this.#recent = each.map(() => new Recent());
    this.#clients = each.map(() => new AffinityClients(backends));
    this.#responseTimes = each.map(newResponseTime);
    this.totals = new TotalsById(stored?.totals);
    this.#times = times;
    this.#steps = steps;
  }

  /** Adapts to a new list of backends: `from` has the old index of each, -1 for a new one. */
  rearrange(from: readonly number[]): void {
    this.tallies = from.map((f) => (f < 0 ? newTally() : this.tallies[f]!));
    this.#recent = from.map((f) => (f < 0 ? new Recent() : this.#recent[f]!));
    this.#clients = from.map((f) => (f < 0 ? new AffinityClients(from.length) : this.#clients[f]!));
    this.#responseTimes = from.map((f) => this.#responseTimes[f] ?? newResponseTime());
    for (const clients of this.#clients) clients.shareWith(from.length);
  }

  /** Counts an attempt in the `totals` of its id, and in the recent past if it is in the list (`index` not -1). */
  add(
    index: number,
    id: string,
    totals: Totals,
    { outcome, isFirst, failed }: CountedAttempt,
    now: number,
  ): void {
    count(totals, outcome, failed, !isFirst);
    const answeredMs = outcome.kind === 'response' ? outcome.ms : null;
    this.#steps.addAttempt(id, failed, answeredMs, now);
    if (index < 0) return;
    const tally = this.tallies[index]!;
    tally.requests++;
    if (failed) tally.failures++;
    this.#recent[index]!.add(answeredMs, isFirst, now);
    if (outcome.status === SWITCHING_PROTOCOLS) addOpened(tally.visits, this.#times, now);
  }

  /** Records how long an attempt at the backend at `index` took; a failure may take `limitMs` at most. `now` is epoch ms. */
  addTime(index: number, { outcome, failed }: CountedAttempt, limitMs: number, now: number): void {
    const time = this.#responseTimes[index]!;
    if (failed) observeFailure(time, outcome.ms, this.responseTimes(now), limitMs, now);
    else if (outcome.kind === 'response') observeTime(time, outcome.ms, now);
  }

  /** How long each backend takes to answer, in ms; 0: not known. */
  responseTimes(now: number): number[] {
    return this.#responseTimes.map((time) => timeAt(time, now));
  }

  /** Adds hashes of clients with affinity that a backend served. */
  addClients(index: number, hashes: readonly number[], now: number): void {
    this.#clients[index]!.add(hashes, now);
    this.tallies[index]!.visits.lastClientAt = now;
  }

  /** Restarts the shares, since the expected ones have changed. */
  resetPicks(): void {
    for (const recent of this.#recent) recent.resetPicks();
  }

  /** A backend's status, without the fields that come from the configuration. `now` is epoch ms. */
  status(index: number, now: number): Omit<BackendStatus, 'id' | 'weightInForce'> {
    const { requests, failures, health, visits } = this.tallies[index]!;
    const { consecutiveFailures, ejectedUntil, ejections, succeededAt, probingUntil, capped } = health;
    const failing = capped && ejectedUntil !== 0;
    return {
      requests,
      failures,
      consecutiveFailures,
      failing,
      ejectedUntil: failing ? 0 : ejectedUntil,
      ejections,
      succeededAt,
      probingUntil,
      affinityClients: this.#clients[index]!.count(visits, this.#times, now),
      openWebSockets: countOpen(visits, this.#times, now),
      lastClientAt: visits.lastClientAt,
      lastWebSocketAt: visits.lastWebSocketAt,
      picks: this.#recent[index]!.countPicks(now),
      latency: this.#recent[index]!.countLatencies(now),
    };
  }
}
