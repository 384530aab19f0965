/** Checks the relations between the fields of routes: their action, its pools, and that no two are the same. No I/O. */
import type { Problem } from '../protocol/common-schemas.ts';
import { normalPath, prefixOf } from './path.ts';
import type { PoolConfig, RouteConfig } from './schema.ts';

/** The properties of the deployment that a route may depend on. */
export interface RouteRules {
  readonly adminHosts: ReadonlySet<string>;
  readonly hasAffinitySecret: boolean;
}

type Pools = ReadonlyMap<string, PoolConfig>;

/** Finds what is wrong with routes that are valid by the schema. */
export function* checkRoutes(
  routes: readonly RouteConfig[],
  pools: Pools,
  deployment: RouteRules,
): Generator<Problem> {
  const seen = new Map<string, string>();
  for (const [i, route] of routes.entries()) {
    const at = `routes[${i}]`;
    yield* checkAddress(route, at, deployment);
    yield* checkAction(route, at, pools);
    yield* checkAffinity(route, at, deployment);
    const key = identityOf(route);
    const other = seen.get(key);
    const what = hasConditions(route) ? 'host, path and conditions' : 'host and path';
    if (other) yield { path: `${at}.path`, message: `route ${other} has this ${what} already` };
    seen.set(key, route.id);
  }
}

function* checkAddress(route: RouteConfig, at: string, deployment: RouteRules): Generator<Problem> {
  if (deployment.adminHosts.has(route.host))
    yield { path: `${at}.host`, message: 'is an admin host; proxied traffic needs a host of its own' };
  yield* checkPath(route.path, `${at}.path`);
}

/** Checks that requests carry `path` as it is written. */
function* checkPath(path: string, at: string): Generator<Problem> {
  if (/\/(\.|%2e){1,2}(\/|$)/i.test(path))
    yield { path: at, message: 'must not contain . or .. as a segment' };
  else if (asRequested(path) !== path)
    yield { path: at, message: `must be written as requests carry it: ${asRequested(path)}` };
}

/** A path as a browser sends it: characters that are not allowed in a path are percent-encoded (the URL standard). */
const asRequested = (path: string): string => new URL(`http://h${path}`).pathname;

const ACTIONS = ['pool', 'split', 'redirect', 'respond'] as const;

function* checkAction(route: RouteConfig, at: string, pools: Pools): Generator<Problem> {
  const [first, ...more] = ACTIONS.filter((action) => route[action] !== null);
  if (!first) yield { path: `${at}.pool`, message: 'is required, unless split, redirect or respond is set' };
  for (const action of more)
    yield {
      path: `${at}.${action}`,
      message: `and ${first} exclude each other: set exactly one of pool, split, redirect and respond`,
    };
  if (route.pool !== null) yield* checkPoolExists(route.pool, `${at}.pool`, pools);
  yield* checkSplit(route, `${at}.split`, pools);
  yield* checkRedirect(route, `${at}.redirect`);
  yield* checkForwarding(route, at, pools);
}

function* checkPoolExists(pool: string, at: string, pools: Pools): Generator<Problem> {
  if (pools.has(pool)) return;
  const known = [...pools.keys()].slice(0, 10).join(', ');
  yield {
    path: at,
    message: `names pool ${pool}, which does not exist${known ? ` (existing pools: ${known})` : ''}`,
  };
}

function* checkSplit({ split }: RouteConfig, at: string, pools: Pools): Generator<Problem> {
  if (split === null) return;
  const seen = new Set<string>();
  for (const [i, { pool }] of split.pools.entries()) {
    yield* checkPoolExists(pool, `${at}.pools[${i}].pool`, pools);
    if (seen.has(pool))
      yield { path: `${at}.pools[${i}].pool`, message: `${pool} is there twice; name each pool once` };
    seen.add(pool);
  }
  if (split.pools.every(({ weight }) => weight === 0))
    yield { path: `${at}.pools`, message: 'needs at least one pool with a weight above 0' };
}

function* checkRedirect({ redirect, host, path, pathMatch }: RouteConfig, at: string): Generator<Problem> {
  if (redirect === null) return;
  if (redirect.path !== null && redirect.prefix !== null)
    yield { path: `${at}.prefix`, message: 'and path exclude each other: set one, leave the other null' };
  if (redirect.path !== null) yield* checkPath(redirect.path, `${at}.path`);
  if (redirect.prefix !== null) yield* checkPath(redirect.prefix, `${at}.prefix`);
  const isSamePath =
    redirect.path === null
      ? redirect.prefix === null || prefixOf(redirect.prefix) === prefixOf(path)
      : pathMatch === 'exact' && redirect.path === path;
  const isSameHost = redirect.host === null || redirect.host === host;
  if (redirect.scheme === null && isSameHost && isSamePath)
    yield { path: at, message: 'changes nothing: set scheme, host, path or prefix to something else' };
}

/** Keys that act only where a request goes to a backend, each with whether a route uses it. */
const FORWARDING: readonly (readonly [keyof RouteConfig, (route: RouteConfig) => boolean])[] = [
  ['rewritePrefix', ({ rewritePrefix }) => rewritePrefix !== null],
  ['requestHeaders', ({ requestHeaders }) => hasEdits(requestHeaders)],
  ['responseHeaders', ({ responseHeaders }) => hasEdits(responseHeaders)],
  ['maxBodyBytes', ({ maxBodyBytes }) => maxBodyBytes !== null],
  ['mirror', ({ mirror }) => mirror !== null],
];

/** Whether these changes to headers change anything. */
export const hasEdits = ({ set, add, remove }: RouteConfig['requestHeaders']): boolean =>
  remove.length > 0 || Object.keys(set).length > 0 || Object.keys(add).length > 0;

function* checkForwarding(route: RouteConfig, at: string, pools: Pools): Generator<Problem> {
  const { pool, split, stripPrefix, rewritePrefix, mirror } = route;
  if (pool === null && split === null)
    for (const [key, isUsed] of FORWARDING)
      if (isUsed(route)) yield { path: `${at}.${key}`, message: 'acts only in a route with pool or split' };
  if (rewritePrefix !== null) yield* checkPath(rewritePrefix, `${at}.rewritePrefix`);
  if (rewritePrefix !== null && stripPrefix)
    yield {
      path: `${at}.rewritePrefix`,
      message: 'and stripPrefix exclude each other: stripPrefix is the same as rewritePrefix "/"',
    };
  if (mirror !== null) yield* checkPoolExists(mirror.pool, `${at}.mirror.pool`, pools);
}

function* checkAffinity(route: RouteConfig, at: string, deployment: RouteRules): Generator<Problem> {
  if (route.affinity.startsWith('cookie') && !deployment.hasAffinitySecret)
    yield { path: `${at}.affinity`, message: 'by cookie needs the secret AFFINITY_SECRET, which is not set' };
  if (route.affinityCookie.name.startsWith('__Host-') || route.affinityCookie.name.startsWith('__Secure-'))
    yield {
      path: `${at}.affinityCookie.name`,
      message: 'must not begin with __Host- or __Secure-: plain http must work too',
    };
}

/** Every pool that a route names: its own, those of its split, and that of its mirror. */
export const poolsOf = ({ pool, split, mirror }: RouteConfig): readonly string[] => [
  ...(pool === null ? [] : [pool]),
  ...(split?.pools.map((part) => part.pool) ?? []),
  ...(mirror === null ? [] : [mirror.pool]),
];

type Match = RouteConfig['match'];
type Condition = NonNullable<Match['headers']>[number];

/** Whether a route looks at more than host and path. */
export const hasConditions = ({ match }: RouteConfig): boolean =>
  Object.values(match).some((list) => list !== undefined && list.length > 0);

/**
 * What a route matches, as text: equal for two routes of which one could never get a request. Neither the order of
 * conditions counts, nor the case of header names, nor the slash at the end of a prefix.
 */
export function identityOf(route: RouteConfig): string {
  const { host, pathMatch, match } = route;
  const path = normalPath(route.path);
  const where = `${host} ${pathMatch === 'exact' ? `=${path}` : prefixOf(path)}`;
  if (!hasConditions(route)) return where;
  const { methods, headers, cookies, query, countries } = match;
  const lower = headers?.map((one) => ({ ...one, name: one.name.toLowerCase() }));
  const parts = [methods, ...[lower, cookies, query].map((list) => list?.map(writeCondition)), countries];
  return `${where} ${JSON.stringify(parts.map((list) => [...new Set(list ?? [])].sort()))}`;
}

const writeCondition = ({ name, value, prefix, present, not = false }: Condition): string =>
  JSON.stringify([name, value, prefix, present, not]);
