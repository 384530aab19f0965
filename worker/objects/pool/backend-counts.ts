/** What a Pool object counts of its backends: all that ever was, the recent past, and who has come. No I/O. */
import { verdictOf } from '../../balance/ejection.ts';
import type { Outcome } from '../../balance/types.ts';
import type { BackendStatus, Totals } from '../../protocol/messages.ts';
import type { DrainTimes } from '../../stats/drain.ts';
import { Series } from '../../stats/series.ts';
import { count, TotalsById } from '../../stats/totals.ts';
import { AffinityClients, addOpened, countOpen } from './drain-activity.ts';
import type { StoredState } from './store.ts';
import { newTally, Recent, restored, type Tally } from './tally.ts';

/** The status with which a WebSocket opens. */
const SWITCHED = 101;

/** How an attempt counts. */
export interface Counted {
  readonly outcome: Outcome;
  /** The balancer's choice, and no retry. */
  readonly isFirst: boolean;
  /** Against the backend. */
  readonly failed: boolean;
}

/** Backends stand in the order of the configuration, in every list here. */
export class BackendCounts {
  tallies: Tally[];
  readonly series = new Series();
  readonly totals: TotalsById;
  #recent: Recent[];
  #visitors: AffinityClients[];
  readonly #times: DrainTimes;

  /** What is `stored` goes on where it was, as long as it speaks of as many backends as there are. */
  constructor(backends: number, stored: StoredState | null, times: DrainTimes) {
    const known = stored?.backends.length === backends ? stored.backends : [];
    const each = Array.from({ length: backends }, (_, i) => i);
    this.tallies = each.map((i) => restored(known[i]));
    this.#recent = each.map(() => new Recent());
    this.#visitors = each.map(() => new AffinityClients(backends));
    this.totals = new TotalsById(stored?.totals);
    this.#times = times;
  }

  /** Follows a new list of backends: `from` says where each stood, -1 for one that is new. */
  rearrange(from: readonly number[]): void {
    this.tallies = from.map((f) => (f < 0 ? newTally() : this.tallies[f]!));
    this.#recent = from.map((f) => (f < 0 ? new Recent() : this.#recent[f]!));
    this.#visitors = from.map((f) => (f < 0 ? new AffinityClients(from.length) : this.#visitors[f]!));
    for (const visitors of this.#visitors) visitors.shareWith(from.length);
  }

  /** Counts an attempt: in the `totals` of its id for good, and lately if it is in the list (`index` not -1). */
  add(index: number, id: string, totals: Totals, { outcome, isFirst, failed }: Counted, now: number): void {
    count(totals, outcome, failed, !isFirst);
    if (index < 0) return;
    const tally = this.tallies[index]!;
    const answeredMs = outcome.kind === 'response' ? outcome.ms : null;
    tally.requests++;
    if (failed) tally.failures++;
    this.#recent[index]!.add(answeredMs, isFirst, now);
    this.series.add(id, failed, answeredMs, now);
    if (outcome.status === SWITCHED) addOpened(tally.visits, this.#times, now);
  }

  /** Takes in which clients with affinity have come to a backend. */
  noteClients(index: number, hashes: readonly number[], now: number): void {
    this.#visitors[index]!.add(hashes, now);
    this.tallies[index]!.visits.lastClientAt = now;
  }

  /** Starts the shares anew: what was expected has changed. */
  forgetPicks(): void {
    for (const recent of this.#recent) recent.forgetPicks();
  }

  /** A backend's status, but for what the configuration says of it. */
  status(index: number, now: number): Omit<BackendStatus, 'id' | 'weightInForce'> {
    const { requests, failures, health, visits } = this.tallies[index]!;
    const { consecutiveFailures, ejectedUntil, ejections, succeededAt, probingUntil } = health;
    const failing = verdictOf(health) === 'failing';
    return {
      requests,
      failures,
      consecutiveFailures,
      failing,
      ejectedUntil: failing ? 0 : ejectedUntil,
      ejections,
      succeededAt,
      probingUntil,
      affinityClients: this.#visitors[index]!.clients(visits, this.#times, now),
      openWebSockets: countOpen(visits, this.#times, now),
      lastClientAt: visits.lastClientAt,
      lastWebSocketAt: visits.lastWebSocketAt,
      picks: this.#recent[index]!.picks(now),
      latency: this.#recent[index]!.latency(now),
    };
  }
}
