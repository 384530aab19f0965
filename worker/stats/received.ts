/** What clients received: counted in isolates by route and backend, added up in Pool objects. No I/O. */
import { evictOldest } from '../lib/bounded.ts';
import { bucketOf } from './latency.ts';

/**
 * Why a failed attempt was not followed by another: the retry budget was used up; the method may not be sent twice; the body
 * could not be; `maxRetries` attempts were made; no other backend was left; the time was over; the client had gone.
 */
export const RETRY_REFUSALS = [
  'budget',
  'method',
  'body',
  'attempts',
  'nobody-left',
  'time',
  'client-closed',
] as const;
export type RetryRefusal = (typeof RETRY_REFUSALS)[number];

/** What clients received. Each field is a sum, so that counts of several isolates, routes and shards can be added. */
export interface Received {
  /** Responses by class of status, 1xx to 5xx, the balancer's own included. A client that left first is in none. */
  responses: number[];
  /** The balancer's own responses, by status. */
  own: Record<string, number>;
  /** Clients that left before their response. */
  clientClosed: number;
  /** Requests whose first attempt failed and whose client got another backend's response all the same. */
  savedByRetry: number;
  retriesRefused: Partial<Record<RetryRefusal, number>>;
  /** Bodies of requests, and of backends' responses, whose length the headers say. */
  bytesIn: number;
  bytesOut: number;
  /** Responses by how long their client waited for the headers: counts by bucket of latency.ts, without the empty ones. */
  waited: Record<number, number>;
}

/** The end of one request. */
export interface FinishedRequest {
  /** The backend whose response the client gets; null: the response is our own. */
  readonly backend: string | null;
  readonly status: number;
  /** From the client's request to the response's headers. */
  readonly ms: number;
  readonly attempts: readonly { readonly outcome: string }[];
  readonly notRetried?: RetryRefusal | null | undefined;
}

/** The lengths of its bodies as the headers say them; 0 where there is no body, or its length is not known. */
export interface Bytes {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The status that stands for a client that left first, as in nginx. */
export const CLIENT_CLOSED = 499;

/** Counts of nothing. */
export const noneReceived = (): Received => ({
  responses: [0, 0, 0, 0, 0],
  own: {},
  clientClosed: 0,
  savedByRetry: 0,
  retriesRefused: {},
  bytesIn: 0,
  bytesOut: 0,
  waited: {},
});

/** Counts the end of one request. */
export function addFinished(
  received: Received,
  finished: FinishedRequest,
  { bytesIn, bytesOut }: Bytes,
): void {
  const { backend, status, ms, attempts, notRetried } = finished;
  received.bytesIn += bytesIn;
  received.bytesOut += bytesOut;
  if (notRetried) received.retriesRefused[notRetried] = (received.retriesRefused[notRetried] ?? 0) + 1;
  if (backend === null && status === CLIENT_CLOSED) {
    received.clientClosed++;
    return;
  }
  const hundreds = Math.floor(status / 100) - 1;
  if (hundreds in received.responses) received.responses[hundreds]!++;
  const bucket = bucketOf(ms);
  received.waited[bucket] = (received.waited[bucket] ?? 0) + 1;
  if (backend === null) received.own[status] = (received.own[status] ?? 0) + 1;
  else if (attempts.length > 1 && attempts.at(-1)!.outcome === 'ok') received.savedByRetry++;
}

/** How many requests got a response, and to how many of them it was a 5xx, from the application or from us. */
export const requestsOf = ({ responses }: Received): number => responses.reduce((a, b) => a + b, 0);
export const failedOf = ({ responses }: Received): number => responses[4]!;

/** Adds counts to those of `into`. */
export function mergeReceived(into: Received, from: Received): void {
  for (let i = 0; i < into.responses.length; i++) into.responses[i]! += from.responses[i] ?? 0;
  mergeCounts(into.own, from.own);
  mergeCounts(into.retriesRefused, from.retriesRefused);
  mergeCounts(into.waited, from.waited);
  into.clientClosed += from.clientClosed;
  into.savedByRetry += from.savedByRetry;
  into.bytesIn += from.bytesIn;
  into.bytesOut += from.bytesOut;
}

function mergeCounts(into: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const key in from) into[key] = (into[key] ?? 0) + from[key]!;
}

/**
 * What the requests of one route received through one backend. Route null: no route, or one past the limit; backend null: our
 * own responses.
 */
export type ReceivedCell = readonly [route: string | null, backend: string | null, received: Received];

/** Routes with traffic that a pool's counts tell apart; further ones are summed. */
export const ROUTES_COUNTED = 200;
/** Pairs of a route and a backend in one batch; what comes past it is counted by backend alone. */
export const CELLS_COUNTED = 2_000;

/** Counts by route and backend until they are taken. */
export class ReceivedCells {
  #byRoute = new Map<string | null, Map<string | null, Received>>();
  #cells = 0;

  /** The counts of a route and a backend, to be added to. */
  of(route: string | null, backend: string | null): Received {
    const own = this.#byRoute.get(route);
    const known = own?.get(backend);
    if (known) return known;
    const isPast = own ? this.#cells >= CELLS_COUNTED : this.#byRoute.size >= ROUTES_COUNTED;
    if (isPast && route !== null) return this.of(null, backend);
    const received = noneReceived();
    if (own) own.set(backend, received);
    else this.#byRoute.set(route, new Map([[backend, received]]));
    this.#cells++;
    return received;
  }

  get isEmpty(): boolean {
    return this.#cells === 0;
  }

  /** Takes all counts; from now on it counts from zero. */
  take(): ReceivedCell[] {
    const cells: ReceivedCell[] = [];
    for (const [route, own] of this.#byRoute)
      for (const [backend, received] of own) cells.push([route, backend, received]);
    this.#byRoute = new Map();
    this.#cells = 0;
    return cells;
  }
}

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** The counts as the API shows them. */
export function describeReceived({ responses, own, retriesRefused, ...counts }: Received) {
  const { clientClosed, savedByRetry, bytesIn, bytesOut } = counts;
  const byClass = CLASSES.map((name, i) => [name, responses[i]!]);
  const byReason = RETRY_REFUSALS.map((reason) => [reason, retriesRefused[reason] ?? 0]);
  return {
    responses: Object.fromEntries(byClass) as Record<(typeof CLASSES)[number], number>,
    own,
    clientClosed,
    savedByRetry,
    retriesRefused: Object.fromEntries(byReason) as Record<RetryRefusal, number>,
    bytesIn,
    bytesOut,
  };
}

/** Sums counts. */
export function sumReceived(all: readonly (Received | undefined)[]): Received {
  const sum = noneReceived();
  for (const one of all) if (one) mergeReceived(sum, one);
  return sum;
}

/** Sums what shards counted by route: for each of `ids`, and for all other routes together. */
export function sumRoutes(
  shards: readonly { readonly routes: readonly (readonly [string, Received])[]; readonly others: Received }[],
  ids: readonly string[],
): { readonly routes: readonly Received[]; readonly others: Received } {
  const routes = new Map(ids.map((id) => [id, noneReceived()]));
  const others = noneReceived();
  for (const shard of shards) {
    mergeReceived(others, shard.others);
    for (const [id, received] of shard.routes) mergeReceived(routes.get(id) ?? others, received);
  }
  return { routes: [...routes.values()], others };
}

/** What a Pool object stores: the counts of the pool, and by id those of its routes and backends. */
export interface StoredReceived {
  readonly all: Received;
  readonly routes: readonly (readonly [string, Received])[];
  /** Of the routes past the limit. */
  readonly others: Received;
  readonly backends: readonly (readonly [string, Received])[];
}

/** Backends whose counts are remembered; one that is added again goes on from them. */
export const BACKENDS_COUNTED = 2_000;

/** What a pool's clients have received since it was created: in all, by route and by backend. Counts never decrease. */
export class ReceivedTotals {
  readonly all: Received;
  readonly others: Received;
  readonly #routes: Map<string, Received>;
  readonly #backends: Map<string, Received>;

  constructor(stored?: StoredReceived) {
    this.all = stored?.all ?? noneReceived();
    this.others = stored?.others ?? noneReceived();
    this.#routes = new Map(stored?.routes);
    this.#backends = new Map(stored?.backends);
  }

  /** Adds a cell. Its latencies are left out: the rollups have them. */
  add([route, backend, received]: ReceivedCell): void {
    const sum = { ...received, waited: {} };
    mergeReceived(this.all, sum);
    mergeReceived(this.#routeOf(route), sum);
    if (backend !== null) mergeReceived(this.#backendOf(backend), sum);
  }

  /** By route; those with traffic only. */
  get routes(): ReadonlyMap<string, Received> {
    return this.#routes;
  }

  /** By backend; those with traffic only. */
  get backends(): ReadonlyMap<string, Received> {
    return this.#backends;
  }

  #routeOf(route: string | null): Received {
    const known = route === null ? this.others : this.#routes.get(route);
    if (known) return known;
    if (this.#routes.size >= ROUTES_COUNTED) return this.others;
    const received = noneReceived();
    this.#routes.set(route!, received);
    return received;
  }

  #backendOf(id: string): Received {
    let received = this.#backends.get(id);
    if (!received) {
      received = noneReceived();
      this.#backends.set(id, received);
      evictOldest(this.#backends, BACKENDS_COUNTED);
    }
    return received;
  }

  /** What to store. */
  dump(): StoredReceived {
    const { all, others } = this;
    return { all, others, routes: [...this.#routes], backends: [...this.#backends] };
  }
}
