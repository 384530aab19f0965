/** The list of routes: in matching order, filtered, and each route's overrides in words. No I/O. */
import type { RouteConfig } from '../../api/config.ts';
import { plural } from '../../model/format.ts';

/** The most rows shown at once; others are found with the filter. */
export const SHOWN = 200;

const isWild = ({ host }: RouteConfig): boolean => host.startsWith('*.');

/**
 * Exact hosts first, then wildcards with the longest suffix first, and within a host the longest path first: the first row
 * that matches a request is its route, as in worker/proxy/routes.ts.
 */
export function inMatchingOrder(routes: readonly RouteConfig[]): RouteConfig[] {
  return routes.toSorted(
    (a, b) =>
      Number(isWild(a)) - Number(isWild(b)) ||
      (isWild(a) ? b.host.length - a.host.length : 0) ||
      compare(a.host, b.host) ||
      b.path.length - a.path.length ||
      compare(a.path, b.path),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The routes to `pool` whose id, host or path contains `find`; undefined: no filter. */
export function filterRoutes(
  routes: readonly RouteConfig[],
  { find, pool }: { readonly find?: string | undefined; readonly pool?: string | undefined },
): readonly RouteConfig[] {
  const text = find?.trim().toLowerCase() ?? '';
  if (text === '' && pool === undefined) return routes;
  return routes.filter(
    (route) =>
      (pool === undefined || route.pool === pool) &&
      `${route.id}\n${route.host}${route.path.toLowerCase()}`.includes(text),
  );
}

/** What keeps a client at its backend. */
export const AFFINITY_WORDS: Readonly<Record<RouteConfig['affinity'], string>> = {
  none: 'none',
  cookie: 'by cookie',
  ip: 'by client address',
  'cookie-then-ip': 'by cookie, then client address',
};

/** How a route differs from its pool or the defaults: `timeout 3 s`, `0 retries`. */
export function overrides(route: RouteConfig): string[] {
  const { timeoutMs, retry, logSampleRate } = route;
  const words: string[] = [];
  if (timeoutMs !== null) words.push(`timeout ${exactly(timeoutMs)}`);
  if (retry?.maxRetries !== undefined) words.push(plural(retry.maxRetries, 'retry', 'retries'));
  if (retry?.on !== undefined)
    words.push(retry.on.length === 0 ? 'no retries' : `retries on ${retry.on.join(', ')}`);
  if (retry?.nonIdempotent !== undefined) words.push(NON_IDEMPOTENT[String(retry.nonIdempotent)] ?? '');
  if (retry?.budgetPercent !== undefined) words.push(`retry budget ${retry.budgetPercent} %`);
  if (retry?.bodyLimitBytes !== undefined) words.push(`retries bodies up to ${bytes(retry.bodyLimitBytes)}`);
  if (route.stripPrefix) words.push('strips prefix');
  if (!route.rewriteLocation) words.push('keeps redirects unchanged');
  if (!route.debugHeaders) words.push('debug headers off');
  if (logSampleRate > 0) words.push(`logs ${Number((logSampleRate * 100).toPrecision(6))} % of successes`);
  return words;
}

const NON_IDEMPOTENT: Readonly<Record<string, string>> = {
  true: 'retries POST and PATCH',
  false: 'no retry of POST and PATCH',
  'idempotency-key': 'retries POST and PATCH with an Idempotency-Key',
};

/** A setting is shown exactly, not rounded. */
const exactly = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`);

const KIB = 1_024;
const bytes = (n: number): string => (n % KIB === 0 && n > 0 ? `${n / KIB} KiB` : plural(n, 'byte'));
