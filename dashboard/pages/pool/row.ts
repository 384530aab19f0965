/** A row of the backends table as plain values, and whether its share is as expected. No I/O. */
import type { BackendConfig, PoolConfig, RouteConfig } from '../../api/config.ts';
import type { BackendStatus, PoolSample } from '../../api/status.ts';
import type { Line } from '../../model/export.ts';
import { count, duration, NONE, percent, perSecond } from '../../model/format.ts';
import { rate, requestsSince } from '../../model/rates.ts';
import type { Known } from './order.ts';

/** One backend, ready to be shown. */
export interface Row {
  readonly backend: BackendConfig;
  readonly status: BackendStatus | undefined;
  readonly rate: string;
  /** `71.4 / 71.4 %`: observed and expected. */
  readonly share: string;
  /** `21 ms / 60 ms`. */
  readonly latency: string;
  /** Affinity clients and open WebSockets. */
  readonly attached: string;
  /** Why the share is not as expected; null if it is, or if there is too little data. */
  readonly skew: string | null;
  /** Why the backend is ejected; null if it is not. */
  readonly cause: string | null;
}

interface RowInputs {
  readonly known: readonly Known[];
  readonly poolSample: PoolSample | undefined;
  /** By backend id. */
  readonly causes: Readonly<Record<string, string>>;
  /** What can change shares in this pool. */
  readonly reasons: readonly string[];
  /** When the expected shares last changed, and now; epoch ms. */
  readonly expectedSince: number;
  readonly now: number;
}

/** The rows of these backends. */
export function rowsOf({ known, poolSample, causes, reasons, expectedSince, now }: RowInputs): Row[] {
  const n = poolSample ? requestsSince(poolSample.samples, expectedSince) : 0;
  return known.map(({ backend, status }) => {
    const { share = null, expectedShare = null } = status ?? {};
    const skewed = share !== null && expectedShare !== null && isSkewed(share, expectedShare, n);
    return {
      backend,
      status,
      rate: perSecond(poolSample ? rate(poolSample.samples, now, backend.id) : null),
      share: sharePair(share, expectedShare),
      latency: latencyPair(status),
      attached: attached(status),
      skew: skewed ? explainSkew(share, expectedShare, n, reasons) : null,
      cause: status?.ejectedUntil || status?.status === 'failing' ? (causes[backend.id] ?? null) : null,
    };
  });
}

/** `71.4 / 71.4 %`: observed and expected. */
export const sharePair = (share: number | null, expected: number | null): string =>
  share === null && expected === null ? NONE : `${percent(share).replace(/ %$/, '')} / ${percent(expected)}`;

/** `21 ms / 60 ms`. */
const latencyPair = (status: BackendStatus | undefined): string => {
  const { p50 = null, p95 = null } = status?.latencyMs ?? {};
  return p50 === null && p95 === null ? NONE : `${duration(p50)} / ${duration(p95)}`;
};

/** Affinity clients and open WebSockets. */
const attached = (status: BackendStatus | undefined): string =>
  status ? `${count(status.affinityClients)} / ${count(status.openWebSockets)}` : NONE;

/** Whether two rows look the same, apart from countdowns. */
const isSame = (a: Row, b: Row): boolean =>
  a.backend === b.backend &&
  a.rate === b.rate &&
  a.share === b.share &&
  a.latency === b.latency &&
  a.attached === b.attached &&
  a.skew === b.skew &&
  a.cause === b.cause &&
  a.status?.status === b.status?.status &&
  a.status?.ejectedUntil === b.status?.ejectedUntil &&
  a.status?.failures === b.status?.failures &&
  a.status?.responses['4xx'] === b.status?.responses['4xx'] &&
  a.status?.responses['5xx'] === b.status?.responses['5xx'] &&
  a.status?.consecutiveFailures === b.status?.consecutiveFailures &&
  JSON.stringify(a.status?.drain) === JSON.stringify(b.status?.drain);

/** The rows of `now`; rows that look the same are those of `before`, so that they are not drawn again. */
export function reuseUnchanged(before: readonly Row[], now: readonly Row[]): readonly Row[] {
  const known = new Map(before.map((row) => [row.backend.id, row]));
  return now.map((row) => {
    const old = known.get(row.backend.id);
    return old && isSame(old, row) ? old : row;
  });
}

/** A backend as a line of an export. */
export function lineOf({ backend, status }: Known): Line {
  const { id, url, binding, weight, state, tier } = backend;
  return {
    id,
    address: url ?? binding,
    state,
    status: status?.status ?? null,
    weight,
    tier,
    requests: status?.requests ?? null,
    failures: status?.failures ?? null,
    consecutiveFailures: status?.consecutiveFailures ?? null,
    responses2xx: status?.responses['2xx'] ?? null,
    responses3xx: status?.responses['3xx'] ?? null,
    responses4xx: status?.responses['4xx'] ?? null,
    responses5xx: status?.responses['5xx'] ?? null,
    bytesOut: status?.bytesOut ?? null,
    share: status?.share ?? null,
    expectedShare: status?.expectedShare ?? null,
    p50Ms: status?.latencyMs.p50 ?? null,
    p95Ms: status?.latencyMs.p95 ?? null,
    p99Ms: status?.latencyMs.p99 ?? null,
    affinityClients: status?.affinityClients ?? null,
    openWebSockets: status?.openWebSockets ?? null,
  };
}

/** Chance alone exceeds three standard deviations once in 370 times. */
const SIGMAS = 3;

/**
 * Whether `share` differs from `expected` by more than chance explains over `n` requests. False if fewer than ten
 * requests are expected either way, where the formula does not hold.
 */
export function isSkewed(share: number | null, expected: number | null, n: number): boolean {
  if (share === null || expected === null || n * expected * (1 - expected) < 10) return false;
  return Math.abs(share - expected) > SIGMAS * Math.sqrt((expected * (1 - expected)) / n);
}

interface PoolContext {
  readonly pool: PoolConfig;
  readonly routes: readonly RouteConfig[];
  readonly statuses: readonly BackendStatus[];
}

/** The known reasons for shares that differ from the weights, one sentence each. */
export function reasonsOf({ pool, routes, statuses }: PoolContext): string[] {
  const sticky = routes.filter(({ pool: id, affinity }) => id === pool.id && affinity !== 'none');
  const ejected = statuses.filter(({ ejectedUntil }) => ejectedUntil !== null).map(({ id }) => id);
  const reasons: string[] = [];
  if (sticky.length > 0)
    reasons.push(
      `Affinity keeps clients at their backends (route ${sticky.map(({ id }) => id).join(', ')}).`,
    );
  if (ejected.length > 0)
    reasons.push(`The share covers the last one to two minutes, in which ${ejected.join(', ')} was ejected.`);
  if (pool.slowStartMs > 0)
    reasons.push('A backend that returns reaches its full weight gradually (slowStartMs).');
  if (pool.policy === 'hash')
    reasons.push(
      `Policy hash follows the key (${pool.hashKey}), and some keys are more frequent than others.`,
    );
  if (pool.policy === 'least-time')
    reasons.push('Policy least-time prefers backends that answer faster and have fewer requests in flight.');
  if (pool.policy === 'least-request')
    reasons.push('Policy least-request prefers backends with fewer requests in flight.');
  return reasons;
}

/** An unexpected share in words: more or less, over how many requests, and the known reasons. */
function explainSkew(share: number, expected: number, n: number, reasons: readonly string[]): string {
  const side = share > expected ? 'More' : 'Less';
  const why = reasons.length > 0 ? reasons.join(' ') : 'Nothing in the configuration explains it.';
  return `${side} than its weight calls for, and more than chance explains (${n} requests in the last ten seconds). ${why}`;
}
