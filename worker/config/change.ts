/** The changes that an operator can ask for, as data, and what each makes of a document. No I/O. */
import { type Checked, checkConfig, type Problem, parse, type Surroundings } from './check.ts';
import { backendSchema, type Config, configSchema, poolSchema, routeSchema } from './schema.ts';

/** One request to change the configuration; bodies are unchecked. */
export type Change =
  | { readonly kind: 'replace-config'; readonly body: unknown }
  | { readonly kind: 'put-pool'; readonly pool: string; readonly body: unknown }
  | { readonly kind: 'delete-pool'; readonly pool: string }
  | { readonly kind: 'put-backend'; readonly pool: string; readonly backend: string; readonly body: unknown }
  | {
      readonly kind: 'patch-backend';
      readonly pool: string;
      readonly backend: string;
      readonly body: unknown;
    }
  | { readonly kind: 'delete-backend'; readonly pool: string; readonly backend: string }
  | { readonly kind: 'put-route'; readonly route: string; readonly body: unknown }
  | { readonly kind: 'delete-route'; readonly route: string };

export type Changed =
  | { readonly ok: true; readonly config: Config; readonly created: boolean; readonly summary: string }
  | { readonly ok: false; readonly reason: 'invalid'; readonly errors: Problem[] }
  | { readonly ok: false; readonly reason: 'missing' | 'conflict'; readonly detail: string };

const missing = (what: string): Changed => ({ ok: false, reason: 'missing', detail: `There is no ${what}.` });

/** Returns the document after the change, checked as a whole; `config` itself is left as it is. */
export function applyChange(config: Config, change: Change, around: Surroundings): Changed {
  switch (change.kind) {
    case 'replace-config': {
      const parsed = parse(configSchema, change.body);
      return finish(
        parsed,
        parsed.ok ? parsed.value : config,
        '',
        around,
        'replaced the configuration',
        false,
      );
    }
    case 'put-pool': {
      const parsed = parse(poolSchema, withId(change.body, change.pool));
      if (!parsed.ok) return { ok: false, reason: 'invalid', errors: parsed.errors };
      if (parsed.value.id !== change.pool) return otherId(change.pool);
      const { items, index, created } = put(config.pools, parsed.value);
      const verb = created ? 'added' : 'replaced';
      return finish(
        parsed,
        { ...config, pools: items },
        `pools[${index}]`,
        around,
        `${verb} pool ${change.pool}`,
        created,
      );
    }
    case 'delete-pool': {
      if (!config.pools.some((pool) => pool.id === change.pool)) return missing(`pool ${change.pool}`);
      const routes = config.routes.filter((route) => route.pool === change.pool).map((route) => route.id);
      const pools = config.pools
        .filter((pool) => pool.whenUnavailable === `pool:${change.pool}`)
        .map((pool) => pool.id);
      if (routes.length > 0)
        return conflict(
          `Pool ${change.pool} is in use by route ${some(routes)}; change or delete that first.`,
        );
      if (pools.length > 0)
        return conflict(`Pool ${change.pool} is the fallback of pool ${some(pools)}; change that first.`);
      const left = config.pools.filter((pool) => pool.id !== change.pool);
      return {
        ok: true,
        config: { ...config, pools: left },
        created: false,
        summary: `deleted pool ${change.pool}`,
      };
    }
    case 'put-backend':
    case 'patch-backend':
    case 'delete-backend':
      return changeBackend(config, change, around);
    case 'put-route': {
      const parsed = parse(routeSchema, withId(change.body, change.route));
      if (!parsed.ok) return { ok: false, reason: 'invalid', errors: parsed.errors };
      if (parsed.value.id !== change.route) return otherId(change.route);
      const { items, index, created } = put(config.routes, parsed.value);
      const verb = created ? 'added' : 'replaced';
      return finish(
        parsed,
        { ...config, routes: items },
        `routes[${index}]`,
        around,
        `${verb} route ${change.route}`,
        created,
      );
    }
    case 'delete-route': {
      const left = config.routes.filter((route) => route.id !== change.route);
      if (left.length === config.routes.length) return missing(`route ${change.route}`);
      return {
        ok: true,
        config: { ...config, routes: left },
        created: false,
        summary: `deleted route ${change.route}`,
      };
    }
  }
}

type BackendChange = Extract<Change, { backend: string }>;

function changeBackend(config: Config, change: BackendChange, around: Surroundings): Changed {
  const poolIndex = config.pools.findIndex((pool) => pool.id === change.pool);
  const pool = config.pools[poolIndex];
  if (!pool) return missing(`pool ${change.pool}`);
  const old = pool.backends.find((backend) => backend.id === change.backend);
  const name = `backend ${change.backend} of pool ${change.pool}`;
  const into = (backends: typeof pool.backends): Config => ({
    ...config,
    pools: config.pools.with(poolIndex, { ...pool, backends }),
  });
  if (change.kind === 'delete-backend') {
    if (!old) return missing(name);
    const left = pool.backends.filter((backend) => backend !== old);
    if (left.length === 0) return conflict(`${name} is its last; add another first, or delete the pool.`);
    if (left.every((backend) => backend.weight === 0))
      return conflict(`${name} is the last with a weight above 0; give another one weight first.`);
    return { ok: true, config: into(left), created: false, summary: `removed ${name}` };
  }
  if (change.kind === 'patch-backend' && !old) return missing(name);
  if (change.kind === 'patch-backend' && !isObject(change.body))
    return {
      ok: false,
      reason: 'invalid',
      errors: [{ path: '', message: 'must be an object of fields to change' }],
    };
  const body =
    change.kind === 'patch-backend'
      ? { ...old, ...(change.body as object) }
      : withId(change.body, change.backend);
  const parsed = parse(backendSchema, body);
  if (!parsed.ok) return { ok: false, reason: 'invalid', errors: parsed.errors };
  if (parsed.value.id !== change.backend) return otherId(change.backend);
  const { items, index, created } = put(pool.backends, parsed.value);
  const verb = created ? 'added' : change.kind === 'patch-backend' ? 'changed' : 'replaced';
  const fields =
    change.kind === 'patch-backend' && Object.keys(change.body as object).length > 0
      ? ` (${Object.entries(change.body as object)
          .map(([k, v]) => `${k}: ${JSON.stringify(v)}`)
          .join(', ')
          .slice(0, 200)})`
      : '';
  return finish(
    parsed,
    into(items),
    `pools[${poolIndex}].backends[${index}]`,
    around,
    `${verb} ${name}${fields}`,
    created,
  );
}

/** Checks the whole document; problems inside the resource are told relative to the body that was sent. */
function finish(
  parsed: Checked<unknown>,
  config: Config,
  prefix: string,
  around: Surroundings,
  summary: string,
  created: boolean,
): Changed {
  if (!parsed.ok) return { ok: false, reason: 'invalid', errors: parsed.errors };
  const checked = checkConfig(config, around);
  if (checked.ok) return { ok: true, config: checked.value, created, summary };
  const errors = checked.errors.map((error) =>
    prefix !== '' && error.path.startsWith(prefix)
      ? { ...error, path: error.path.slice(prefix.length).replace(/^\./, '') }
      : error,
  );
  return { ok: false, reason: 'invalid', errors };
}

/** Replaces the item of this id where it stands, or appends it: order is kept. */
function put<T extends { id: string }>(items: readonly T[], item: T) {
  const at = items.findIndex((other) => other.id === item.id);
  if (at < 0) return { items: [...items, item], index: items.length, created: true };
  return { items: items.with(at, item), index: at, created: false };
}

/** The first ten by name. */
const some = (ids: readonly string[]): string =>
  ids.length > 10 ? `${ids.slice(0, 10).join(', ')} and ${ids.length - 10} more` : ids.join(', ');

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The id in the path counts; the body may leave it out. */
const withId = (body: unknown, id: string): unknown =>
  isObject(body) && !('id' in body) ? { id, ...body } : body;
const conflict = (detail: string): Changed => ({ ok: false, reason: 'conflict', detail });
const otherId = (id: string): Changed => ({
  ok: false,
  reason: 'invalid',
  errors: [{ path: 'id', message: `must be ${id}, as in the address, or be left out` }],
});
