/** The health of a pool: what its clients get, rather than what its backends are said to be. No I/O. */
import { type Eligible, type Standing, takesNew } from '../balance/available.ts';
import type { BackendConfig } from '../config/schema.ts';
import { quantile } from './latency.ts';
import type { Received } from './received.ts';
import { denseOf } from './rollup.ts';

/** From the best to the worst. */
export const HEALTH_STATES = ['ok', 'reduced', 'degraded', 'failing', 'down'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/** Whether the first state is worse than the second. */
export const isWorse = (state: HealthState, than: HealthState): boolean =>
  HEALTH_STATES.indexOf(state) > HEALTH_STATES.indexOf(than);
/** Whether an incident is over in this state. */
export const isFine = (state: HealthState): boolean => state === 'ok' || state === 'reduced';

/** Requests that got a response, those of them to which it was a 5xx, and those that a retry saved. */
export interface Counted {
  readonly requests: number;
  readonly failed: number;
  readonly saved: number;
}

/** The time in which every request must have failed for a pool to be down, and how many at least. */
const DOWN_MS = 10_000;
const DOWN_REQUESTS = 3;
/** The time in which requests are counted for everything else. */
export const WINDOW_MS = 60_000;
/** From so many failed requests on, and from such a share of all, a pool fails. */
const FAILING_REQUESTS = 5;
const FAILING_SHARE = 0.05;
/** A backend is slow at so many times the median of the others, if both have given so many answers. */
const SLOW_FACTOR = 5;
const SLOW_ANSWERS = 20;
/** Below this no backend is slow: where others answer within a millisecond, five times as long means nothing. */
const SLOW_MS = 50;

/** What the health is judged by. Lists are in the order of the configuration. */
export interface HealthInput {
  readonly backends: readonly BackendConfig[];
  readonly standings: readonly Standing[];
  readonly mode: Eligible['mode'];
  /** Answers of the last minute by latency bucket, of each backend. */
  readonly latencies: readonly Readonly<Record<number, number>>[];
  /** What clients got in the last ten seconds, and in the last minute. */
  readonly lately: Counted;
  readonly minute: Counted;
}

/** A verdict on a pool. */
export interface PoolVerdict {
  readonly state: HealthState;
  readonly why: string;
  /** The backends that make it so. */
  readonly backends: readonly string[];
  /** Time alone may change it, when what was counted is a minute old. */
  readonly isPassing: boolean;
}

/** What the balancer keeps out, or asks last. */
const OUT: readonly Standing[] = ['ejected', 'unhealthy', 'failing'];

/** Judges a pool: the worst that applies. */
export function poolHealth(input: HealthInput): PoolVerdict {
  const { backends, standings, mode, lately, minute } = input;
  const named = (wanted: Standing) => backends.filter((_, i) => standings[i] === wanted).map(({ id }) => id);
  const out = OUT.flatMap(named);
  if (mode !== 'normal') {
    const why = `no backend is left: ${listStandings(backends, standings)}`;
    return { state: 'down', why, backends: out, isPassing: false };
  }
  if (lately.requests >= DOWN_REQUESTS && lately.failed === lately.requests) {
    const why = `all ${lately.requests} requests of the last ${DOWN_MS / 1_000} s failed`;
    return { state: 'down', why, backends: out, isPassing: true };
  }
  if (minute.failed >= FAILING_REQUESTS && minute.failed >= FAILING_SHARE * minute.requests) {
    const share = Math.round((1_000 * minute.failed) / minute.requests) / 10;
    const why = `${share} % of the requests of the last minute failed: ${minute.failed} of ${minute.requests}`;
    return { state: 'failing', why, backends: out, isPassing: true };
  }
  if (out.length > 0) {
    const why = listStandings(
      backends,
      standings.map((standing) => (OUT.includes(standing) ? standing : 'available')),
    );
    return { state: 'degraded', why, backends: out, isPassing: false };
  }
  const slow = findSlow(input);
  if (slow) {
    const why = `${slow.id} takes ${slow.ms} ms, the others ${slow.othersMs} ms (medians of the last minute)`;
    return { state: 'degraded', why, backends: [slow.id], isPassing: true };
  }
  if (backends.some((backend) => !takesNew(backend)))
    return { state: 'reduced', why: listStandings(backends, standings), backends: [], isPassing: false };
  return { state: 'ok', why: '', backends: [], isPassing: false };
}

/** `a and b are ejected, c is draining`: those that take no new requests. */
function listStandings(backends: readonly BackendConfig[], standings: readonly Standing[]): string {
  const byStanding = new Map<Standing, string[]>();
  backends.forEach(({ id }, i) => {
    const standing = standings[i]!;
    if (standing === 'available' || standing === 'standby') return;
    byStanding.set(standing, [...(byStanding.get(standing) ?? []), id]);
  });
  const words: Record<Standing, string> = {
    available: 'available',
    standby: 'standing by',
    failing: 'failing',
    ejected: 'ejected',
    unhealthy: 'unhealthy',
    draining: 'draining',
    disabled: 'disabled',
    'weight-0': 'at weight 0',
  };
  return [...byStanding]
    .map(([standing, ids]) => `${listIds(ids)} ${ids.length === 1 ? 'is' : 'are'} ${words[standing]}`)
    .join(', ');
}

/** Ids that a sentence names before it only counts the others. */
const IDS_NAMED = 3;

function listIds(ids: readonly string[]): string {
  if (ids.length > IDS_NAMED + 1)
    return `${ids.slice(0, IDS_NAMED).join(', ')} and ${ids.length - IDS_NAMED} others`;
  return ids.length === 1 ? ids[0]! : `${ids.slice(0, -1).join(', ')} and ${ids.at(-1)}`;
}

/** The slowest backend that is far slower than all others together; null: none is. */
function findSlow({ backends, latencies }: HealthInput): { id: string; ms: number; othersMs: number } | null {
  const counts = latencies.map(denseOf);
  const all = counts.reduce((sum, own) => sum.map((n, i) => n + own[i]!), denseOf({}));
  const total = all.reduce((a, b) => a + b, 0);
  let slowest: { id: string; ms: number; othersMs: number } | null = null;
  counts.forEach((own, i) => {
    const answers = own.reduce((a, b) => a + b, 0);
    if (answers < SLOW_ANSWERS || total - answers < SLOW_ANSWERS) return;
    const ms = quantile(own, 0.5)!;
    const othersMs = quantile(
      all.map((n, bucket) => n - own[bucket]!),
      0.5,
    )!;
    if (ms >= Math.max(SLOW_MS, SLOW_FACTOR * othersMs) && ms > (slowest?.ms ?? 0))
      slowest = { id: backends[i]!.id, ms, othersMs };
  });
  return slowest;
}

/** What clients got in the last minute, second by second. */
export class RecentRequests {
  /** By second modulo the window: its number since the epoch, requests, failed, saved. */
  readonly #seconds: [second: number, requests: number, failed: number, saved: number][] = [];

  /** Counts what came in at `now` (epoch ms). */
  add(received: Received, now: number): void {
    const second = Math.floor(now / 1_000);
    const slot = second % (WINDOW_MS / 1_000 + 1);
    const known = this.#seconds[slot];
    const counts = known?.[0] === second ? known : ([second, 0, 0, 0] as [number, number, number, number]);
    this.#seconds[slot] = counts;
    counts[1] += received.responses.reduce((a, b) => a + b, 0);
    counts[2] += received.responses[4]!;
    counts[3] += received.savedByRetry;
  }

  /** What was counted in the last ten seconds. */
  lately(now: number): Counted {
    return this.#sum(now, DOWN_MS);
  }

  /** What was counted in the last minute. */
  minute(now: number): Counted {
    return this.#sum(now, WINDOW_MS);
  }

  #sum(now: number, ms: number): Counted {
    const after = Math.floor((now - ms) / 1_000);
    const sum = { requests: 0, failed: 0, saved: 0 };
    for (const counts of this.#seconds) {
      if (!counts || counts[0] <= after) continue;
      sum.requests += counts[1];
      sum.failed += counts[2];
      sum.saved += counts[3];
    }
    return sum;
  }
}

/** Sums counts over shards. */
export const sumCounted = (all: readonly Counted[]): Counted =>
  all.reduce(
    (sum, one) => ({
      requests: sum.requests + one.requests,
      failed: sum.failed + one.failed,
      saved: sum.saved + one.saved,
    }),
    { requests: 0, failed: 0, saved: 0 },
  );
