/** The changes an operator makes, as data: how each is called, sent and undone, and what it makes of the document. */
import { send } from '../api/client.ts';
import type { BackendConfig, Config, PoolConfig, RouteConfig } from '../api/config.ts';

/** One change. */
export interface Change {
  /** What was done, in the past tense: `Drained b of shop`. */
  readonly label: string;
  /** The document after it, as far as this browser can tell: shown until the API has answered. */
  readonly apply: (config: Config) => Config;
  /** Sends it on the condition that `revision` is the one in force. Returns the new revision. */
  readonly send: (revision: number) => Promise<number>;
  /** The way back from it, given the document before; null where there is none. */
  readonly undo: (before: Config) => Change | null;
}

/** Fields of a backend that a row's actions change. */
export type BackendFields = Partial<Pick<BackendConfig, 'state' | 'weight'>>;

const revisionOf = async (answer: Promise<{ revision: number }>): Promise<number> => (await answer).revision;

const withPool = (config: Config, id: string, change: (pool: PoolConfig) => PoolConfig): Config => ({
  ...config,
  pools: config.pools.map((pool) => (pool.id === id ? change(pool) : pool)),
});

const findPool = (config: Config, id: string): PoolConfig | undefined =>
  config.pools.find((pool) => pool.id === id);

type Edit = (backends: readonly BackendConfig[]) => BackendConfig[];

/**
 * A change of a pool's list of backends. Undoing it edits the list as it then is: what others changed meanwhile stays.
 * `direct` sends it where the API has an operation of its own; without it the whole pool is sent.
 */
function editBackends(
  pool: string,
  label: string,
  edit: Edit,
  undo: (before: readonly BackendConfig[]) => Edit,
  direct?: (revision: number) => Promise<{ revision: number }>,
): Change {
  const apply = (config: Config): Config =>
    withPool(config, pool, (found) => ({ ...found, backends: edit(found.backends) }));
  return {
    label,
    apply,
    send: (revision) => (direct ? revisionOf(direct(revision)) : sendPool(pool, apply, revision)),
    undo: (before) => {
      const old = findPool(before, pool)?.backends;
      return old ? editBackends(pool, `Undone: ${label}`, undo(old), () => edit) : null;
    },
  };
}

/** Changes fields of backends of one pool; several at once are one revision. */
export function changeBackends(
  pool: string,
  ids: readonly string[],
  fields: BackendFields,
  label: string,
): Change {
  const edit: Edit = (backends) =>
    backends.map((backend) => (ids.includes(backend.id) ? { ...backend, ...fields } : backend));
  const undo =
    (before: readonly BackendConfig[]): Edit =>
    (backends) =>
      backends.map((backend) => {
        const old = ids.includes(backend.id) ? before.find(({ id }) => id === backend.id) : undefined;
        return old ? { ...backend, ...pickSame(old, fields) } : backend;
      });
  const one = ids.length === 1 ? ids[0] : undefined;
  const direct = (revision: number) =>
    send<{ revision: number }>('PATCH', `/pools/${pool}/backends/${one}`, fields, revision);
  return editBackends(pool, label, edit, undo, one === undefined ? undefined : direct);
}

/** Adds or replaces a backend. */
export function putBackend(pool: string, backend: BackendConfig, label: string): Change {
  const undo =
    (before: readonly BackendConfig[]): Edit =>
    (backends) => {
      const old = before.find(({ id }) => id === backend.id);
      return old ? put(backends, old) : backends.filter(({ id }) => id !== backend.id);
    };
  const direct = (revision: number) =>
    send<{ revision: number }>('PUT', `/pools/${pool}/backends/${backend.id}`, backend, revision);
  return editBackends(pool, label, (backends) => put(backends, backend), undo, direct);
}

/** Removes backends of one pool; several at once are one revision. */
export function removeBackends(pool: string, ids: readonly string[], label: string): Change {
  const edit: Edit = (backends) => backends.filter(({ id }) => !ids.includes(id));
  // Each comes back to its own place: the order of backends breaks ties.
  const undo =
    (before: readonly BackendConfig[]): Edit =>
    (backends) =>
      before.reduce<BackendConfig[]>(
        (list, backend, i) =>
          ids.includes(backend.id) && !list.some(({ id }) => id === backend.id)
            ? list.toSpliced(i, 0, backend)
            : list,
        [...backends],
      );
  const one = ids.length === 1 ? ids[0] : undefined;
  const direct = (revision: number) =>
    send<{ revision: number }>('DELETE', `/pools/${pool}/backends/${one}`, undefined, revision);
  return editBackends(pool, label, edit, undo, one === undefined ? undefined : direct);
}

/** Adds or replaces a pool. */
export function putPool(pool: PoolConfig, label: string): Change {
  return {
    label,
    apply: (config) => ({ ...config, pools: put(config.pools, pool) }),
    send: (revision) => revisionOf(send('PUT', `/pools/${pool.id}`, pool, revision)),
    undo: (before) => {
      const old = findPool(before, pool.id);
      return old ? putPool(old, `Undone: ${label}`) : removePool(pool.id, `Undone: ${label}`);
    },
  };
}

/** Deletes a pool. */
export function removePool(id: string, label: string): Change {
  return {
    label,
    apply: (config) => ({ ...config, pools: config.pools.filter((pool) => pool.id !== id) }),
    send: (revision) => revisionOf(send('DELETE', `/pools/${id}`, undefined, revision)),
    undo: (before) => {
      const old = findPool(before, id);
      return old ? putPool(old, `Undone: ${label}`) : null;
    },
  };
}

/** Adds or replaces a route. */
export function putRoute(route: RouteConfig, label: string): Change {
  return {
    label,
    apply: (config) => ({ ...config, routes: put(config.routes, route) }),
    send: (revision) => revisionOf(send('PUT', `/routes/${route.id}`, route, revision)),
    undo: (before) => {
      const old = before.routes.find(({ id }) => id === route.id);
      return old ? putRoute(old, `Undone: ${label}`) : removeRoute(route.id, `Undone: ${label}`);
    },
  };
}

/** Deletes a route. */
export function removeRoute(id: string, label: string): Change {
  return {
    label,
    apply: (config) => ({ ...config, routes: config.routes.filter((route) => route.id !== id) }),
    send: (revision) => revisionOf(send('DELETE', `/routes/${id}`, undefined, revision)),
    undo: (before) => {
      const old = before.routes.find((route) => route.id === id);
      return old ? putRoute(old, `Undone: ${label}`) : null;
    },
  };
}

/** Replaces the whole document. */
export function replaceConfig(next: Config, label: string): Change {
  return {
    label,
    apply: () => next,
    send: (revision) => revisionOf(send('PUT', '/config', next, revision)),
    undo: (before) => replaceConfig(before, `Undone: ${label}`),
  };
}

/** Makes the document of an earlier revision the one in force. */
export function rollBack(to: number, document: Config, label: string): Change {
  return {
    label,
    apply: () => document,
    send: (revision) => revisionOf(send('POST', '/config/rollback', { revision: to }, revision)),
    undo: (before) => replaceConfig(before, `Undone: ${label}`),
  };
}

/** Sends a pool as `apply` makes it of the one in force, on the condition that nothing has changed meanwhile. */
async function sendPool(pool: string, apply: (config: Config) => Config, revision: number): Promise<number> {
  const { pool: known } = await send<{ pool: PoolConfig }>('GET', `/pools/${pool}`);
  const changed = findPool(apply({ pools: [known], routes: [] }), pool);
  return revisionOf(send('PUT', `/pools/${pool}`, changed, revision));
}

/** The fields of `fields` as `old` has them. */
const pickSame = (old: BackendConfig, fields: BackendFields): BackendFields =>
  Object.fromEntries(Object.keys(fields).map((key) => [key, old[key as keyof BackendFields]]));

const put = <T extends { readonly id: string }>(items: readonly T[], item: T): T[] =>
  items.some(({ id }) => id === item.id)
    ? items.map((other) => (other.id === item.id ? item : other))
    : [...items, item];
