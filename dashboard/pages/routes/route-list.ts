/** The list of routes: in matching order, filtered, and each route's overrides in words. No I/O. */
import type { RouteConfig } from '../../api/config.ts';
import { plural } from '../../model/format.ts';
import { sharesOf } from '../../model/split.ts';

/** The most rows shown at once; others are found with the filter. */
export const SHOWN = 200;

const isWild = ({ host }: RouteConfig): boolean => host.startsWith('*.');

/**
 * Exact hosts first, then wildcards with the longest suffix first, and within a host the more specific route first: the
 * first row that matches a request is its route, as in worker/proxy/routing/routes.ts.
 */
export function inMatchingOrder(routes: readonly RouteConfig[]): RouteConfig[] {
  return routes.toSorted(
    (a, b) =>
      Number(isWild(a)) - Number(isWild(b)) ||
      (isWild(a) ? b.host.length - a.host.length : 0) ||
      compare(a.host, b.host) ||
      Number(b.pathMatch === 'exact') - Number(a.pathMatch === 'exact') ||
      b.path.length - a.path.length ||
      compare(a.path, b.path) ||
      bySpecificity(a.match, b.match),
  );
}

/** A method first, then more headers and cookies, then more query parameters, then a country. */
function bySpecificity(a: RouteConfig['match'], b: RouteConfig['match']): number {
  const length = (list: readonly unknown[] | undefined) => list?.length ?? 0;
  return (
    Math.sign(length(b.methods)) - Math.sign(length(a.methods)) ||
    length(b.headers) + length(b.cookies) - length(a.headers) - length(a.cookies) ||
    length(b.query) - length(a.query) ||
    Math.sign(length(b.countries)) - Math.sign(length(a.countries))
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
      (pool === undefined || poolsOf(route).includes(pool)) &&
      `${route.id}\n${route.host}${route.path.toLowerCase()}`.includes(text),
  );
}

/** The pools that get requests of a route. */
const poolsOf = ({ pool, split }: RouteConfig): readonly string[] =>
  pool === null ? (split?.pools.map((part) => part.pool) ?? []) : [pool];

/** The conditions of a route in words, a line for each kind: `GET or HEAD`, `header x-beta is 1`. */
export function conditions({ match }: RouteConfig): string[] {
  const { methods = [], headers = [], cookies = [], query = [], countries = [] } = match;
  return [
    ...(methods.length > 0 ? [methods.join(' or ')] : []),
    ...headers.map((one) => describeCondition('header', one)),
    ...cookies.map((one) => describeCondition('cookie', one)),
    ...query.map((one) => describeCondition('query', one)),
    ...(countries.length > 0 ? [`from ${countries.join(' or ')}`] : []),
  ];
}

type Condition = NonNullable<RouteConfig['match']['headers']>[number];

function describeCondition(kind: string, { name, value, prefix, not }: Condition): string {
  if (value !== undefined)
    return `${kind} ${name} ${not ? 'is not' : 'is'} ${value === '' ? 'empty' : value}`;
  if (prefix !== undefined) return `${kind} ${name} ${not ? 'does not begin' : 'begins'} with ${prefix}`;
  return `${not ? 'no ' : ''}${kind} ${name}`;
}

/** Where a route leads, in words: its pool, its split, its redirect or its own response. */
export function destination({ pool, split, redirect, respond }: RouteConfig): string {
  if (pool !== null) return pool;
  if (split) {
    const shares = sharesOf(split.pools.map(({ weight }) => weight));
    return split.pools.map((part, i) => `${part.pool} ${shares[i]} %`).join(', ');
  }
  if (redirect) {
    const { status, scheme, host, path, prefix } = redirect;
    const to = `${scheme ? `${scheme}://` : ''}${host ?? (scheme ? '…' : '')}${path ?? prefix ?? ''}`;
    return `redirects (${status}) to ${to}`;
  }
  return respond ? `responds ${respond.status}` : 'nowhere';
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
  if (route.rewritePrefix !== null) words.push(`rewrites the path to ${route.rewritePrefix}`);
  if (hasEdits(route.requestHeaders)) words.push('changes request headers');
  if (hasEdits(route.responseHeaders)) words.push('changes response headers');
  if (route.maxBodyBytes !== null) words.push(`bodies up to ${bytes(route.maxBodyBytes)}`);
  if (route.mirror) words.push(`mirrors ${route.mirror.percent} % to ${route.mirror.pool}`);
  if (!route.rewriteLocation) words.push('keeps redirects unchanged');
  if (!route.debugHeaders) words.push('debug headers off');
  if (logSampleRate > 0) words.push(`logs ${Number((logSampleRate * 100).toPrecision(6))} % of successes`);
  return words;
}

const hasEdits = ({ set, add, remove }: RouteConfig['requestHeaders']): boolean =>
  remove.length + Object.keys(set).length + Object.keys(add).length > 0;

const NON_IDEMPOTENT: Readonly<Record<string, string>> = {
  true: 'retries POST and PATCH',
  false: 'no retry of POST and PATCH',
  'idempotency-key': 'retries POST and PATCH with an Idempotency-Key',
};

/** A setting is shown exactly, not rounded. */
const exactly = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`);

const KIB = 1_024;
const bytes = (n: number): string => (n % KIB === 0 && n > 0 ? `${n / KIB} KiB` : plural(n, 'byte'));
