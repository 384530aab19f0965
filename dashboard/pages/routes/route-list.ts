/** The routes as the page lists them: in the order in which they match, narrowed, and what is special said in words. No I/O. */
import type { RouteConfig } from '../../api/config.ts';
import { plural } from '../../model/format.ts';

/** As many rows as the page shows at once; more can be narrowed down to. */
export const SHOWN = 200;

const isWild = ({ host }: RouteConfig): boolean => host.startsWith('*.');

/**
 * Exact hosts first, then wildcards by the longest suffix, and within a host the longest path: the first row that fits a
 * request is its route, as in worker/proxy/routes.ts.
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

/** Those whose id, host or path holds `find` and that lead to `pool`; undefined leaves all. */
export function narrow(
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

/** How clients stay with a backend. */
export const AFFINITY_WORDS: Readonly<Record<RouteConfig['affinity'], string>> = {
  none: 'none',
  cookie: 'by cookie',
  ip: 'by address',
  'cookie-then-ip': 'by cookie, then address',
};

/** What a route does otherwise than its pool or the defaults: `timeout 3 s`, `0 retries`. */
export function overrides(route: RouteConfig): string[] {
  const { timeoutMs, retry, logSampleRate } = route;
  const words: string[] = [];
  if (timeoutMs !== null) words.push(`timeout ${exactly(timeoutMs)}`);
  if (retry?.maxRetries !== undefined) words.push(plural(retry.maxRetries, 'retry', 'retries'));
  if (retry?.on !== undefined)
    words.push(retry.on.length === 0 ? 'retries on nothing' : `retries on ${retry.on.join(', ')}`);
  if (retry?.nonIdempotent !== undefined) words.push(REPEATS[String(retry.nonIdempotent)] ?? '');
  if (retry?.budgetPercent !== undefined) words.push(`retry budget ${retry.budgetPercent} %`);
  if (retry?.bodyLimitBytes !== undefined) words.push(`keeps bodies up to ${bytes(retry.bodyLimitBytes)}`);
  if (route.stripPrefix) words.push('path stripped');
  if (!route.rewriteLocation) words.push('redirects as they come');
  if (!route.debugHeaders) words.push('debug headers off');
  if (logSampleRate > 0) words.push(`logs ${Number((logSampleRate * 100).toPrecision(6))} % of successes`);
  return words;
}

const REPEATS: Readonly<Record<string, string>> = {
  true: 'repeats any method',
  false: 'repeats safe methods only',
  'idempotency-key': 'repeats what has an Idempotency-Key',
};

/** A setting is told as it was set, not rounded. */
const exactly = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`);

const KIB = 1_024;
const bytes = (n: number): string => (n % KIB === 0 && n > 0 ? `${n / KIB} KiB` : plural(n, 'byte'));
