/** A pool's past in steps: what the pool, each backend and each route did in each. No I/O. */
import { noLatencies, quantile } from './latency.ts';
import { failedOf, mergeReceived, noneReceived, type Received, requestsOf } from './received.ts';

/** What one pool, backend or route did in a step. */
export interface Figures {
  readonly received: Received;
  attempts: number;
  /** Attempts that counted against the backend. */
  failures: number;
  /** Attempts with a response, by time to its headers: counts by bucket of latency.ts, without the empty ones. */
  readonly latency: Record<number, number>;
}

/** Nothing. */
export const noFigures = (): Figures => ({
  received: noneReceived(),
  attempts: 0,
  failures: 0,
  latency: {},
});

/** Adds figures to those of `into`. */
function mergeFigures(into: Figures, from: Figures): void {
  mergeReceived(into.received, from.received);
  into.attempts += from.attempts;
  into.failures += from.failures;
  for (const bucket in from.latency)
    into.latency[bucket] = (into.latency[bucket] ?? 0) + from.latency[bucket]!;
}

/** Whose figures: the pool's, a backend's or a route's. */
export type Scope = 'pool' | `backend ${string}` | `route ${string}`;

/** One step; `at` is its begin in epoch ms, a multiple of its length. A scope of which nothing was recorded is left out. */
export interface Step {
  readonly at: number;
  readonly figures: Map<Scope, Figures>;
}

/** Figures as a short array: there are many. */
type Packed = readonly [
  responses: readonly number[],
  sums: readonly number[],
  own: Received['own'],
  refused: Received['retriesRefused'],
  waited: Received['waited'],
  latency: Figures['latency'],
];

/** A step as JSON takes it. */
export type StoredStep = readonly [at: number, figures: readonly (readonly [Scope, Packed])[]];

/** Makes what is stored of a step. */
export const storeStep = ({ at, figures }: Step): StoredStep => [
  at,
  [...figures].map(([scope, { received, attempts, failures, latency }]) => {
    const { responses, own, clientClosed, savedByRetry, retriesRefused, bytesIn, bytesOut, waited } =
      received;
    const sums = [clientClosed, savedByRetry, bytesIn, bytesOut, attempts, failures];
    return [scope, [responses, sums, own, retriesRefused, waited, latency]];
  }),
];

/** Reads what `storeStep` made. */
export const readStep = ([at, figures]: StoredStep): Step => ({
  at,
  figures: new Map(
    figures.map(([scope, [responses, sums, own, retriesRefused, waited, latency]]) => {
      const [clientClosed = 0, savedByRetry = 0, bytesIn = 0, bytesOut = 0, attempts = 0, failures = 0] =
        sums;
      const counts = { clientClosed, savedByRetry, retriesRefused, bytesIn, bytesOut };
      const received = { responses: [...responses], own, waited, ...counts };
      return [scope, { received, attempts, failures, latency }];
    }),
  ),
});

/** Backends and routes that a step tells apart; further ones count in the pool alone. */
export const SCOPES_KEPT = 1_200;

/** The figures of a scope in a step, to be added to; null: past the limit. */
export function figuresOf({ figures }: Step, scope: Scope): Figures | null {
  const known = figures.get(scope);
  if (known) return known;
  if (figures.size > SCOPES_KEPT) return null;
  const made = noFigures();
  figures.set(scope, made);
  return made;
}

/** Sums steps up to longer ones of `stepMs`, in their order. */
export function rollUp(steps: Iterable<Step>, stepMs: number): Step[] {
  const longer = new Map<number, Step>();
  for (const { at, figures } of steps) {
    const begin = at - (at % stepMs);
    let into = longer.get(begin);
    if (!into) {
      into = { at: begin, figures: new Map() };
      longer.set(begin, into);
    }
    for (const [scope, own] of figures) {
      const sum = figuresOf(into, scope);
      if (sum) mergeFigures(sum, own);
    }
  }
  return [...longer.values()].sort((a, b) => a.at - b.at);
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A level of memory: steps of `stepMs`, those of `rowMs` stored together, and so many of these rows kept. */
export interface Level {
  readonly stepMs: number;
  readonly rowMs: number;
  readonly rows: number;
}

/**
 * 5 s for ten minutes at least, 1 min for a day, 1 h for 30 days. The rows of a level are made of those below, so that one
 * row a minute is written, one more each hour and one each day; the lowest keeps an hour and a bit for that.
 */
export const LEVELS = [
  { stepMs: 5 * SECOND, rowMs: MINUTE, rows: 120 },
  { stepMs: MINUTE, rowMs: HOUR, rows: 26 },
  { stepMs: HOUR, rowMs: DAY, rows: 32 },
] as const satisfies readonly Level[];

/** The shortest step. */
export const FINEST_MS = LEVELS[0].stepMs;
/** How long each level's steps are promised to be there, in ms. */
const PROMISED_MS = [10 * MINUTE, DAY, 30 * DAY] as const;

/** Steps in one response at most. */
export const STEPS_SHOWN = 2_000;

/** What a series is asked for; times in epoch ms. */
export interface Range {
  /** A multiple of `stepMs`. */
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

/**
 * The range to answer with: whole steps that cover `from` to `to`. The step is at least as long as what is remembered of
 * that time, and so long that the response has at most `STEPS_SHOWN`. Without `stepMs` it is the shortest of these levels.
 */
export function rangeOf(from: number, to: number, stepMs: number | null, now: number): Range {
  const age = now - from;
  const level = PROMISED_MS.findIndex((kept) => age <= kept + MINUTE);
  const least = LEVELS[level < 0 ? LEVELS.length - 1 : level]!.stepMs;
  let step = Math.max(least, roundUp(stepMs ?? least, least));
  while ((to - from) / step > STEPS_SHOWN) step += least;
  return { from: from - (from % step), to, stepMs: step };
}

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Which scopes a series is asked for: one alone, or the pool and each backend. */
export type ScopeFilter = Scope | 'backends';

/** One shard's part of a series: the steps in which the pool had traffic, and the figures of each scope that was asked for. */
export interface ShardSeries {
  readonly times: readonly number[];
  readonly scopes: readonly (readonly [Scope, readonly (readonly [at: number, figures: Figures])[]])[];
}

/** Takes the asked scopes out of steps. */
export function selectSeries(steps: readonly Step[], filter: ScopeFilter): ShardSeries {
  const scopes = new Map<Scope, [number, Figures][]>();
  for (const { at, figures } of steps)
    for (const [scope, own] of figures) {
      const isWanted = filter === 'backends' ? !scope.startsWith('route ') : scope === filter;
      if (!isWanted) continue;
      const list = scopes.get(scope);
      if (list) list.push([at, own]);
      else scopes.set(scope, [[at, own]]);
    }
  return { times: steps.map(({ at }) => at), scopes: [...scopes] };
}

/** The columns of a series, a value for each step; null: nothing was recorded in it. */
export interface Columns {
  readonly from: number;
  readonly stepMs: number;
  readonly requests: (number | null)[];
  readonly '1xx': (number | null)[];
  readonly '2xx': (number | null)[];
  readonly '3xx': (number | null)[];
  readonly '4xx': (number | null)[];
  readonly '5xx': (number | null)[];
  readonly own: (number | null)[];
  readonly clientClosed: (number | null)[];
  readonly savedByRetry: (number | null)[];
  readonly retriesRefused: (number | null)[];
  readonly bytesIn: (number | null)[];
  readonly bytesOut: (number | null)[];
  readonly attempts: (number | null)[];
  readonly failures: (number | null)[];
  /** Of what clients waited; of a backend: of its attempts. Null also where there was no response. */
  readonly p50Ms: (number | null)[];
  readonly p95Ms: (number | null)[];
  readonly p99Ms: (number | null)[];
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((a, b) => a + b, 0);

/**
 * Makes the columns of one scope, summed over shards. In a step in which a pool had traffic, what a backend or a route did
 * not do is 0; in any other step it is null.
 */
export function columnsOf(
  shards: readonly ShardSeries[],
  scope: Scope,
  { from, to, stepMs }: Range,
): Columns {
  const length = Math.max(1, Math.ceil((to - from) / stepMs));
  const sums: (Figures | null)[] = new Array(length).fill(null);
  const sumAt = (at: number): Figures | null => {
    const i = Math.floor((at - from) / stepMs);
    if (i < 0 || i >= length) return null;
    sums[i] ??= noFigures();
    return sums[i];
  };
  for (const { times, scopes } of shards) {
    for (const at of times) sumAt(at);
    for (const [name, steps] of scopes) {
      if (name !== scope) continue;
      for (const [at, figures] of steps) {
        const sum = sumAt(at);
        if (sum) mergeFigures(sum, figures);
      }
    }
  }
  const column = (value: (figures: Figures) => number | null) =>
    sums.map((figures) => figures && value(figures));
  const histogram = ({ received, latency }: Figures) =>
    denseOf(scope.startsWith('backend ') ? latency : received.waited);
  const percentile = (q: number) => column((figures) => quantile(histogram(figures), q));
  const byClass = (i: number) => column(({ received }) => received.responses[i]!);
  return {
    from,
    stepMs,
    requests: column(({ received }) => requestsOf(received)),
    '1xx': byClass(0),
    '2xx': byClass(1),
    '3xx': byClass(2),
    '4xx': byClass(3),
    '5xx': column(({ received }) => failedOf(received)),
    own: column(({ received }) => sumOf(received.own)),
    clientClosed: column(({ received }) => received.clientClosed),
    savedByRetry: column(({ received }) => received.savedByRetry),
    retriesRefused: column(({ received }) => sumOf(received.retriesRefused)),
    bytesIn: column(({ received }) => received.bytesIn),
    bytesOut: column(({ received }) => received.bytesOut),
    attempts: column(({ attempts }) => attempts),
    failures: column(({ failures }) => failures),
    p50Ms: percentile(0.5),
    p95Ms: percentile(0.95),
    p99Ms: percentile(0.99),
  };
}

/** A histogram without gaps, as latency.ts takes it. */
export function denseOf(sparse: Readonly<Record<number, number>>): number[] {
  const dense = noLatencies();
  for (const bucket in sparse) dense[bucket] = sparse[bucket]!;
  return dense;
}
