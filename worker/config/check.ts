/** Checks an unknown value to be a configuration: first by the schema, then between fields. No I/O. */
import type { z } from 'zod';
import type { Problem } from '../protocol/common-schemas.ts';
import { backendUrlProblem, type UrlRules } from './backend-url.ts';
import { checkRoutes, type RouteRules } from './check-route.ts';
import { LIMITS } from './limits.ts';
import { normalPath } from './path.ts';
import {
  type AlertConfig,
  type BackendConfig,
  type Config,
  documentSchema,
  type HealthCheck,
  type PoolConfig,
} from './schema.ts';

export type { Problem };

/** The properties of the deployment that a configuration may depend on. */
export interface DeploymentInfo extends UrlRules, RouteRules {
  readonly hasBinding: (name: string) => boolean;
}

/** A valid value, or its problems. */
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

/** The first `LIMITS.problems` problems; if there are more, a last one says so. */
export function truncateProblems(problems: Iterable<Problem>): Problem[] {
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
  return { ok: false, errors: truncateProblems(problemsOf(result.error)) };
}

function* problemsOf({ issues }: z.core.$ZodError): Generator<Problem> {
  for (const { path, message, ...issue } of issues) {
    if (issue.code !== 'unrecognized_keys') yield { path: writePath(path), message };
    else for (const key of issue.keys) yield { path: writePath([...path, key]), message };
  }
}

/** Parses a whole document. `$schema`, which editors read, is dropped. */
export function parseDocument(value: unknown): Checked<Config> {
  const parsed = parse(documentSchema, value);
  if (!parsed.ok) return parsed;
  const { $schema: _, ...config } = parsed.value;
  return { ok: true, value: config };
}

/** Checks a whole document, by the schema and then between fields. Returns all problems, not just the first. */
export function checkConfig(value: unknown, deployment: DeploymentInfo): Checked<Config> {
  const parsed = parseDocument(value);
  if (!parsed.ok) return parsed;
  const errors = truncateProblems(crossCheck(parsed.value, deployment));
  return errors.length > 0 ? { ok: false, errors } : parsed;
}

/** Checks what the schema cannot: the relations between the fields of a document. */
function* crossCheck(config: Config, deployment: DeploymentInfo): Generator<Problem> {
  const size = JSON.stringify(config).length;
  if (size > LIMITS.documentBytes)
    yield { path: '', message: `is ${size} characters long; the limit is ${LIMITS.documentBytes}` };
  yield* duplicates(config.pools, 'pools');
  yield* duplicates(config.routes, 'routes');
  yield* duplicates(config.alerts, 'alerts');
  const pools = new Map(config.pools.map((pool) => [pool.id, pool]));
  for (const [i, alert] of config.alerts.entries())
    yield* checkAlert(alert, `alerts[${i}]`, pools, deployment);
  for (const [i, pool] of config.pools.entries()) yield* checkPool(pool, `pools[${i}]`, pools, deployment);
  yield* checkRoutes(config.routes, pools, deployment);
}

function* checkPool(
  pool: PoolConfig,
  at: string,
  pools: Map<string, PoolConfig>,
  deployment: DeploymentInfo,
): Generator<Problem> {
  const size = new TextEncoder().encode(JSON.stringify(pool)).byteLength;
  if (size > LIMITS.poolBytes)
    yield { path: at, message: `is ${size} bytes long as JSON; the limit is ${LIMITS.poolBytes}` };
  yield* duplicates(pool.backends, `${at}.backends`);
  for (const [i, backend] of pool.backends.entries())
    yield* checkBackend(backend, `${at}.backends[${i}]`, deployment);
  if (pool.backends.every((backend) => backend.weight === 0))
    yield { path: `${at}.backends`, message: 'needs at least one backend with a weight above 0' };
  if (pool.ejection.maxMs < pool.ejection.baseMs)
    yield { path: `${at}.ejection.maxMs`, message: `must be at least baseMs (${pool.ejection.baseMs})` };
  if (pool.healthCheck) yield* checkHealthCheck(pool.healthCheck, `${at}.healthCheck`);
  const fallback = fallbackOf(pool);
  if (!fallback) return;
  if (!pools.has(fallback)) {
    yield { path: `${at}.whenUnavailable`, message: `names pool ${fallback}, which does not exist` };
    return;
  }
  const chain = new Set([pool.id]);
  for (let next: string | null = fallback; next; next = fallbackOf(pools.get(next))) {
    if (next === pool.id)
      yield { path: `${at}.whenUnavailable`, message: `forms a circle: ${writeChain([...chain, next])}` };
    if (chain.has(next)) return;
    chain.add(next);
  }
}

/** Checks the relations between the fields of a health check. */
function* checkHealthCheck(check: HealthCheck, at: string): Generator<Problem> {
  if (check.timeoutMs > check.intervalMs)
    yield { path: `${at}.timeoutMs`, message: `must be at most intervalMs (${check.intervalMs})` };
  if (check.method === 'HEAD' && check.expectedBody !== null)
    yield { path: `${at}.expectedBody`, message: 'needs method GET: a response to HEAD has no body' };
}

/** Writes a chain of pools, without its middle if it is long. */
function writeChain(chain: readonly string[]): string {
  const all = chain.length <= LIMITS.chainShown;
  const shown = all ? chain : [...chain.slice(0, LIMITS.chainShown - 2), '…', ...chain.slice(-1)];
  return shown.join(' -> ');
}

function* checkBackend(backend: BackendConfig, at: string, deployment: DeploymentInfo): Generator<Problem> {
  if (backend.url === null && backend.binding === null)
    yield { path: `${at}.url`, message: 'is required (http:// or https://), unless a binding is set' };
  if (backend.binding !== null && !deployment.hasBinding(backend.binding))
    yield {
      path: `${at}.binding`,
      message: `names ${backend.binding}, which is not a service binding of this Worker`,
    };
  // The binding decides what can be reached, such as a private network.
  const rules = backend.binding === null ? deployment : { ...deployment, allowPrivate: true };
  const problem = backend.url === null ? null : backendUrlProblem(backend.url, rules);
  if (problem) yield { path: `${at}.url`, message: problem };
}

function* checkAlert(
  alert: AlertConfig,
  at: string,
  pools: ReadonlyMap<string, PoolConfig>,
  deployment: DeploymentInfo,
): Generator<Problem> {
  const problem = backendUrlProblem(alert.url, deployment);
  if (problem) yield { path: `${at}.url`, message: problem };
  else if (!deployment.allowPrivate && !/^https:/i.test(alert.url))
    yield {
      path: `${at}.url`,
      message: 'must begin with https://: alerts name what is behind this deployment',
    };
  for (const [i, pool] of alert.pools.entries())
    if (!pools.has(pool))
      yield { path: `${at}.pools[${i}]`, message: `names pool ${pool}, which does not exist` };
}

function* duplicates(items: readonly { id: string }[], at: string): Generator<Problem> {
  const seen = new Set<string>();
  for (const [i, { id }] of items.entries()) {
    if (seen.has(id)) yield { path: `${at}[${i}].id`, message: `${id} is used already; ids must be unique` };
    seen.add(id);
  }
}

/** The pool that takes over when this one is unavailable, or null. */
export function fallbackOf(pool: PoolConfig | undefined): string | null {
  return pool?.whenUnavailable.startsWith('pool:') ? pool.whenUnavailable.slice('pool:'.length) : null;
}

/** Finds what is valid but deserves attention; the response to a change includes it. */
export function* warnings(config: Config): Generator<Problem> {
  const routed = new Set(config.routes.map((route) => route.host));
  for (const [i, pool] of config.pools.entries()) {
    for (const [j, backend] of pool.backends.entries()) {
      const at = `pools[${i}].backends[${j}]`;
      const host = backend.url === null || backend.binding !== null ? '' : new URL(backend.url).hostname;
      if (/^[\d.]+$|^\[/.test(host))
        yield { path: `${at}.url`, message: 'is an IP address: in production Workers fetch host names only' };
      if (routed.has(host))
        yield {
          path: `${at}.url`,
          message:
            'is a host with a route here: requests reach the origin of its zone, or end with 508 as a loop',
        };
      if (backend.host === 'client' && backend.binding === null)
        yield {
          path: `${at}.host`,
          message: 'client uses cf.resolveOverride: in production it works only for hosts of your own zone',
        };
    }
  }
  for (const [i, { path, affinity, affinityCookie }] of config.routes.entries()) {
    const at = `routes[${i}]`;
    if (normalPath(path) !== path)
      yield {
        path: `${at}.path`,
        message: `is better written as ${normalPath(path)}: paths are compared in that form`,
      };
    if (affinity.startsWith('cookie') && affinityCookie.sameSite === 'None')
      yield {
        path: `${at}.affinityCookie.sameSite`,
        message: 'None works over https only: browsers reject such a cookie over plain http',
      };
  }
}
