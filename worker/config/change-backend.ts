/** Changes to one backend of the document. No I/O. */
import {
  type Change,
  type Changed,
  checked,
  conflict,
  invalid,
  isObject,
  missing,
  otherId,
  put,
  withId,
} from './changed.ts';
import { type DeploymentInfo, parse } from './check.ts';
import { backendSchema, type Config } from './schema.ts';

type BackendChange = Extract<Change, { backend: string }>;

/** Returns the document after the change. A patch changes the fields it names; a put adds or replaces the backend. */
export function changeBackend(config: Config, change: BackendChange, deployment: DeploymentInfo): Changed {
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
    if (left.length === 0) return conflict(`${name} is its last one; add another first, or delete the pool.`);
    if (left.every((backend) => backend.weight === 0))
      return conflict(`${name} is the last one with a weight above 0; give another one weight first.`);
    return { ok: true, config: into(left), created: false, summary: `removed ${name}` };
  }
  if (change.kind === 'patch-backend' && !old) return missing(name);
  if (change.kind === 'patch-backend' && !isObject(change.body))
    return invalid([{ path: '', message: 'must be an object of fields to change' }]);
  const body =
    change.kind === 'patch-backend'
      ? { ...old, ...(change.body as object) }
      : withId(change.body, change.backend);
  const parsed = parse(backendSchema, body);
  if (!parsed.ok) return invalid(parsed.errors);
  if (parsed.value.id !== change.backend) return otherId(change.backend);
  const { items, index, created } = put(pool.backends, parsed.value);
  const verb = created ? 'added' : change.kind === 'patch-backend' ? 'changed' : 'replaced';
  const fields =
    change.kind === 'patch-backend' && Object.keys(change.body as object).length > 0
      ? ` (${Object.entries(change.body as object)
          .map(([k, v]) => `${k}: ${typeof v === 'string' ? v : JSON.stringify(v)}`)
          .join(', ')
          .slice(0, 200)})`
      : '';
  return checked(
    into(items),
    `pools[${poolIndex}].backends[${index}]`,
    deployment,
    `${verb} ${name}${fields}`,
    created,
  );
}
