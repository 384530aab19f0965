/** What each policy makes of slow, paused, disturbed and failing backends: isolates, their object, queues. No I/O. */
import { type PolicyName, policies, type View } from '../../worker/balance/policies.ts';
import {
  adoptTime,
  newResponseTime,
  observeFailure,
  observeTime,
  type ResponseTime,
  timeAt,
} from '../../worker/balance/response-time.ts';
import { BATCH_MS } from '../../worker/lib/timing.ts';
import { seeded } from '../support/random.ts';
import { EventQueue } from './event-queue.ts';

/** The policies that are compared. */
export const COMPARED = ['round-robin', 'least-request', 'least-time'] as const satisfies PolicyName[];
export type Compared = (typeof COMPARED)[number];

/** How a backend behaves at a time: how much slower than its best, and whether it fails at once. */
interface Condition {
  readonly slowdown: number;
  /** It answers nothing that begins before this time, ms. */
  readonly pausedUntil?: number;
  readonly failsInMs?: number;
}

export interface Scenario {
  readonly name: string;
  readonly backends: number;
  /** Share of what all backends together can do on average. */
  readonly load: number;
  /** What a slowdown by antagonists leaves of the capacity on average, 0 to 1. */
  readonly capacity: number;
  readonly condition: (index: number, now: number) => Condition;
  /** The backend whose share is watched. */
  readonly watched: number | null;
}

/** Requests that one backend works at at once, and what each takes on average when nothing disturbs it, in ms. */
const WORKERS = 8;
const SERVICE_MS = 50;
/** A request that has waited this long has failed, in ms. */
const TIMEOUT_MS = 5_000;
/** Each way between an isolate and the object, in ms. */
const WAY_MS = 25;
const WARM_UP_MS = 10_000;
const MEASURED_MS = 60_000;
const PAUSE = { from: WARM_UP_MS + 10_000, ms: 30_000 };

/** What is assumed, for the words above the table; in ms. */
export const ASSUMED = {
  workers: WORKERS,
  serviceMs: SERVICE_MS,
  timeoutMs: TIMEOUT_MS,
  wayMs: WAY_MS,
  warmUpMs: WARM_UP_MS,
  measuredMs: MEASURED_MS,
};

const WELL: Condition = { slowdown: 1 };
/** The antagonists move every five seconds; each slows a third of the backends down to a third. */
const ANTAGONIST = { everyMs: 5_000, share: 1 / 3, slowdown: 3 };
const ANTAGONIST_CAPACITY = 1 - ANTAGONIST.share + ANTAGONIST.share / ANTAGONIST.slowdown;

function isDisturbed(index: number, now: number): boolean {
  const random = seeded(1 + Math.floor(now / ANTAGONIST.everyMs) * 1_009 + index * 7_919);
  random();
  return random() < ANTAGONIST.share;
}

const antagonists = (load: number): Scenario => ({
  name: `moving antagonists, ${Math.round(load * 100)} % load`,
  backends: 12,
  load,
  capacity: ANTAGONIST_CAPACITY,
  condition: (index, now) => (isDisturbed(index, now) ? { slowdown: ANTAGONIST.slowdown } : WELL),
  watched: null,
});

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'one of ten is 10 times slower',
    backends: 10,
    load: 0.5,
    capacity: 1,
    condition: (index) => (index === 0 ? { slowdown: 10 } : WELL),
    watched: 0,
  },
  {
    name: 'one of eleven pauses for 30 s',
    backends: 11,
    load: 0.5,
    capacity: 1,
    condition: (index, now) =>
      index === 0 && now >= PAUSE.from && now < PAUSE.from + PAUSE.ms
        ? { slowdown: 1, pausedUntil: PAUSE.from + PAUSE.ms }
        : WELL,
    watched: 0,
  },
  antagonists(0.7),
  antagonists(0.9),
  antagonists(1.03),
  {
    name: 'one of ten fails in 2 ms',
    backends: 10,
    load: 0.5,
    capacity: 1,
    condition: (index) => (index === 0 ? { slowdown: 1, failsInMs: 2 } : WELL),
    watched: 0,
  },
];

export interface Figures {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly failedPercent: number;
  /** The watched backend's share of all requests, in percent; null: none is watched. */
  readonly sharePercent: number | null;
}

/** A backend: workers and a queue. */
class Backend {
  readonly #events: EventQueue;
  readonly #condition: (now: number) => Condition;
  readonly #random: () => number;
  #busy = 0;
  readonly #waiting: ((now: number) => void)[] = [];

  constructor(events: EventQueue, condition: (now: number) => Condition, random: () => number) {
    this.#events = events;
    this.#condition = condition;
    this.#random = random;
  }

  /** Works at a request; `then` is called when it is answered or has failed. */
  serve(now: number, then: (failed: boolean, at: number) => void): void {
    const { failsInMs } = this.#condition(now);
    if (failsInMs !== undefined) {
      this.#events.add(now + failsInMs, (at) => then(true, at));
      return;
    }
    this.#waiting.push((begun) => {
      const { slowdown, pausedUntil = 0 } = this.#condition(begun);
      const workMs = -Math.log(1 - this.#random()) * SERVICE_MS * slowdown;
      this.#events.add(Math.max(begun, pausedUntil) + workMs, (at) => {
        this.#busy--;
        then(false, at);
        this.#next(at);
      });
    });
    this.#next(now);
  }

  #next(now: number): void {
    if (this.#busy >= WORKERS) return;
    const begin = this.#waiting.shift();
    if (!begin) return;
    this.#busy++;
    begin(now);
  }
}

interface Seen {
  readonly index: number;
  readonly ms: number;
  readonly failed: boolean;
}

/** Plays one scenario with one policy; the policies alone, without ejections and retries. */
export function play(scenario: Scenario, policy: Compared, isolates: number, seed = 1): Figures {
  const random = seeded(seed);
  const events = new EventQueue(0);
  const indices = Array.from({ length: scenario.backends }, (_, i) => i);
  const backends = indices.map((i) => new Backend(events, (now) => scenario.condition(i, now), random));
  const weights = indices.map(() => 1);
  const position = indices.map(() => 0);
  const shared = indices.map(newResponseTime);
  const measured: number[] = [];
  const used = indices.map(() => 0);
  let failed = 0;
  const perSecond = (scenario.load * scenario.capacity * scenario.backends * WORKERS * 1_000) / SERVICE_MS;
  const end = WARM_UP_MS + MEASURED_MS;

  const observe = (
    times: ResponseTime[],
    { index, ms, failed }: Seen,
    costs: () => number[],
    now: number,
  ) => {
    if (failed) observeFailure(times[index]!, ms, costs(), TIMEOUT_MS, now);
    else observeTime(times[index]!, ms, now);
  };

  for (let n = 0; n < isolates; n++) {
    const inFlight = indices.map(() => 0);
    const waiting = indices.map(() => new Set<number>());
    const times = indices.map(newResponseTime);
    let outbox: Seen[] = [];
    const timeOf = (i: number, now: number) => {
      const [oldest = now] = waiting[i]!;
      return Math.max(timeAt(times[i]!, now), now - oldest);
    };
    const view = (now: number): View => ({
      weights,
      position,
      inFlight: (i) => inFlight[i]!,
      time: (i) => timeOf(i, now),
      keyHash: 0,
      idHashes: [],
      random,
    });
    const report = (now: number) => {
      const batch = outbox;
      outbox = [];
      events.add(now + WAY_MS, (at) => {
        for (const seen of batch) observe(shared, seen, () => shared.map((time) => timeAt(time, at)), at);
        const reply = shared.map((time) => timeAt(time, at));
        events.add(at + WAY_MS, (heardAt) => {
          for (const [i, time] of times.entries()) adoptTime(time, reply[i]!, heardAt);
        });
      });
    };
    const request = (now: number) => {
      const index = policies[policy].pick(view(now));
      // Of two requests that begin at one moment, each waits on its own.
      const startedAt = now + random() * 1e-6;
      inFlight[index]!++;
      waiting[index]!.add(startedAt);
      const counts = now >= WARM_UP_MS;
      if (counts) used[index]!++;
      let isOver = false;
      const finish = (hasFailed: boolean, at: number) => {
        if (isOver) return;
        isOver = true;
        inFlight[index]!--;
        waiting[index]!.delete(startedAt);
        const seen = { index, ms: at - now, failed: hasFailed };
        observe(times, seen, () => indices.map((i) => timeOf(i, at) * (inFlight[i]! + 1)), at);
        if (outbox.push(seen) === 1) events.add(at + BATCH_MS, report);
        if (!counts) return;
        measured.push(at - now);
        if (hasFailed) failed++;
      };
      backends[index]!.serve(now, finish);
      events.add(now + TIMEOUT_MS, (at) => finish(true, at));
    };
    const next = (now: number) => {
      request(now);
      const at = now + (-Math.log(1 - random()) * 1_000 * isolates) / perSecond;
      if (at < end) events.add(at, next);
    };
    events.add(random() * ((1_000 * isolates) / perSecond), next);
  }
  // Nothing here waits for a promise, so it is over when this returns.
  void events.runUntil(end + TIMEOUT_MS);
  const sorted = measured.toSorted((a, b) => a - b);
  const at = (q: number) => sorted[Math.ceil(q * sorted.length) - 1] ?? 0;
  const requests = used.reduce((a, b) => a + b, 0);
  const { watched } = scenario;
  return {
    requests,
    p50: at(0.5),
    p99: at(0.99),
    failedPercent: (100 * failed) / requests,
    sharePercent: watched === null ? null : (100 * used[watched]!) / requests,
  };
}
