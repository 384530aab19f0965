/** From an unknown value to a configuration: the schema's checks, then the checks between fields. No I/O. */
import type { z } from 'zod';
import type { Problem } from '../protocol/common-schemas.ts';
import { backendUrlProblem, type UrlRules } from './backend-url.ts';
import { LIMITS } from './limits.ts';
import { normalPath } from './path.ts';
import {
  type BackendConfig,
  type Config,
  configSchema,
  type PoolConfig,
  type RouteConfig,
} from './schema.ts';

export type { Problem };

/** What the deployment offers that a configuration may depend on. */
export interface Surroundings extends UrlRules {
  readonly hasAffinitySecret: boolean;
  readonly hasBinding: (name: string) => boolean;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: Problem[] };

/** Writes a path as `pools[0].url`. */
function writePath(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${short(String(key))}`))
    .join('')
    .replace(/^\./, '');
}

const short = (key: string): string =>
  key.length > LIMITS.keyLength ? `${key.slice(0, LIMITS.keyLength)}…` : key;

/** As many problems as are told; one more says that there are others. */
export function told(problems: Iterable<Problem>): Problem[] {
  const some: Problem[] = [];
  for (const problem of problems) {
    if (some.length === LIMITS.problems)
      return [...some, { path: '', message: `has more problems than these ${LIMITS.problems}` }];
    some.push(problem);
  }
  return some;
}

/** Parses with one schema of schema.ts; an unknown key is reported at its own path. */
export function parse<T extends z.ZodType>(schema: T, value: unknown): Checked<z.output<T>> {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, errors: told(problemsOf(result.error)) };
}

function* problemsOf({ issues }: z.core.$ZodError): Generator<Problem> {
  for (const { path, message, ...issue } of issues) {
    if (issue.code !== 'unrecognized_keys') yield { path: writePath(path), message };
    else for (const key of issue.keys) yield { path: writePath([...path, key]), message };
  }
}

/** The whole check: schema, then what must hold between fields. All problems at once, not just the first. */
export function checkConfig(value: unknown, around: Surroundings): Checked<Config> {
  const parsed = parse(configSchema, value);
  if (!parsed.ok) return parsed;
  const errors = told(crossCheck(parsed.value, around));
  return errors.length > 0 ? { ok: false, errors } : parsed;
}

/** What must hold between the fields of a document that fits the schema. */
function* crossCheck(config: Config, around: Surroundings): Generator<Problem> {
  const size = JSON.stringify(config).length;
  if (size > LIMITS.documentBytes)
    yield { path: '', message: `is ${size} characters long; at most ${LIMITS.documentBytes} are taken` };
  yield* duplicates(config.pools, 'pools');
  yield* duplicates(config.routes, 'routes');
  const pools = new Map(config.pools.map((pool) => [pool.id, pool]));
  for (const [i, pool] of config.pools.entries()) yield* checkPool(pool, `pools[${i}]`, pools, around);
  const seen = new Map<string, string>();
  for (const [i, route] of config.routes.entries()) {
    yield* checkRoute(route, `routes[${i}]`, pools, around);
    const key = `${route.host} ${normalPath(route.path)}`;
    const other = seen.get(key);
    if (other) yield { path: `routes[${i}].path`, message: `route ${other} has this host and path already` };
    seen.set(key, route.id);
  }
}

function* checkPool(
  pool: PoolConfig,
  at: string,
  pools: Map<string, PoolConfig>,
  around: Surroundings,
): Generator<Problem> {
  const size = new TextEncoder().encode(JSON.stringify(pool)).byteLength;
  if (size > LIMITS.poolBytes)
    yield { path: at, message: `is ${size} bytes long as JSON; at most ${LIMITS.poolBytes} are taken` };
  yield* duplicates(pool.backends, `${at}.backends`);
  for (const [i, backend] of pool.backends.entries())
    yield* checkBackend(backend, `${at}.backends[${i}]`, around);
  if (pool.backends.every((backend) => backend.weight === 0))
    yield { path: `${at}.backends`, message: 'needs at least one backend with a weight above 0' };
  if (pool.ejection.maxMs < pool.ejection.baseMs)
    yield { path: `${at}.ejection.maxMs`, message: `must be at least baseMs (${pool.ejection.baseMs})` };
  const fallback = fallbackOf(pool);
  if (!fallback) return;
  if (!pools.has(fallback)) {
    yield { path: `${at}.whenUnavailable`, message: `names pool ${fallback}, which does not exist` };
    return;
  }
  const chain = new Set([pool.id]);
  for (let next: string | null = fallback; next; next = fallbackOf(pools.get(next))) {
    if (next === pool.id)
      yield { path: `${at}.whenUnavailable`, message: `forms a circle: ${inShort([...chain, next])}` };
    if (chain.has(next)) return;
    chain.add(next);
  }
}

/** A chain of pools, its middle left out where it is long. */
function inShort(chain: readonly string[]): string {
  const all = chain.length <= LIMITS.chainTold;
  const shown = all ? chain : [...chain.slice(0, LIMITS.chainTold - 2), '…', ...chain.slice(-1)];
  return shown.join(' -> ');
}

function* checkBackend(backend: BackendConfig, at: string, around: Surroundings): Generator<Problem> {
  if (backend.url === null && backend.binding === null)
    yield { path: `${at}.url`, message: 'is needed (http:// or https://), or a binding instead' };
  if (backend.url !== null && backend.binding !== null)
    yield { path: `${at}.binding`, message: 'and url exclude each other: give one, leave the other null' };
  if (backend.binding !== null && !around.hasBinding(backend.binding))
    yield {
      path: `${at}.binding`,
      message: `names ${backend.binding}, which is no service binding of this Worker`,
    };
  const problem = backend.url === null ? null : backendUrlProblem(backend.url, around);
  if (problem) yield { path: `${at}.url`, message: problem };
}

function* checkRoute(
  route: RouteConfig,
  at: string,
  pools: Map<string, PoolConfig>,
  around: Surroundings,
): Generator<Problem> {
  if (!pools.has(route.pool)) {
    const known = [...pools.keys()].slice(0, 10).join(', ');
    yield {
      path: `${at}.pool`,
      message: `names pool ${route.pool}, which does not exist${known ? ` (there are: ${known})` : ''}`,
    };
  }
  if (around.adminHosts.has(route.host))
    yield { path: `${at}.host`, message: 'is an admin host; proxied traffic needs a host of its own' };
  if (/\/(\.|%2e){1,2}(\/|$)/i.test(route.path))
    yield { path: `${at}.path`, message: 'must not hold . or .. as a segment' };
  else if (asRequested(route.path) !== route.path)
    yield { path: `${at}.path`, message: `must be written as requests bring it: ${asRequested(route.path)}` };
  if (route.affinity.startsWith('cookie') && !around.hasAffinitySecret)
    yield { path: `${at}.affinity`, message: 'by cookie needs the secret AFFINITY_SECRET, which is not set' };
  if (route.affinityCookie.name.startsWith('__Host-') || route.affinityCookie.name.startsWith('__Secure-'))
    yield {
      path: `${at}.affinityCookie.name`,
      message: 'must not begin with __Host- or __Secure-: plain http must work too',
    };
}

/** A path as a browser sends it: what is not allowed in one is percent-encoded (the URL standard). */
const asRequested = (path: string): string => new URL(`http://h${path}`).pathname;

function* duplicates(items: readonly { id: string }[], at: string): Generator<Problem> {
  const seen = new Set<string>();
  for (const [i, { id }] of items.entries()) {
    if (seen.has(id)) yield { path: `${at}[${i}].id`, message: `${id} is there twice; ids must be unique` };
    seen.add(id);
  }
}

/** The pool that takes over when this one is unavailable, or null. */
export function fallbackOf(pool: PoolConfig | undefined): string | null {
  return pool?.whenUnavailable.startsWith('pool:') ? pool.whenUnavailable.slice('pool:'.length) : null;
}

/** What is allowed but should be known: it stands beside the answer of a change. */
export function* warnings(config: Config): Generator<Problem> {
  const routed = new Set(config.routes.map((route) => route.host));
  for (const [i, pool] of config.pools.entries()) {
    for (const [j, backend] of pool.backends.entries()) {
      const at = `pools[${i}].backends[${j}]`;
      const host = backend.url === null ? '' : new URL(backend.url).hostname;
      if (/^[\d.]+$|^\[/.test(host))
        yield { path: `${at}.url`, message: 'is an IP address: in production Workers fetch host names only' };
      if (routed.has(host))
        yield {
          path: `${at}.url`,
          message: "is a host routed here: reached at its zone's origin, else stopped with 508",
        };
      if (backend.host === 'client' && backend.binding === null)
        yield {
          path: `${at}.host`,
          message: 'client works by cf.resolveOverride: in production, for hosts of your own zone only',
        };
    }
  }
  for (const [i, { path, affinity, affinityCookie }] of config.routes.entries()) {
    const at = `routes[${i}]`;
    if (normalPath(path) !== path)
      yield { path: `${at}.path`, message: `is better written as ${normalPath(path)}: it is compared so` };
    if (affinity.startsWith('cookie') && affinityCookie.sameSite === 'None')
      yield {
        path: `${at}.affinityCookie.sameSite`,
        message: 'None works over https only: browsers drop such a cookie that comes by plain http',
      };
  }
}
