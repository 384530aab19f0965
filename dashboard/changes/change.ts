/** The changes an operator makes, as data: each has a label, a way to send and to undo it, and its effect on the document. */

import type { AlertConfig } from '../api/alerts.ts';
import { call } from '../api/client.ts';
import type { BackendConfig, Config, PoolConfig, RouteConfig } from '../api/config.ts';

/** One change. */
export interface Change {
  /** What it did, in the past tense: `Drained b of shop`. */
  readonly label: string;
  /** The document after the change, as this browser predicts it: shown until the API has answered. */
  readonly apply: (config: Config) => Config;
  /** Sends it, provided that `revision` is still in force. Returns the new revision. */
  readonly send: (revision: number) => Promise<number>;
  /** The change that undoes it, given the document before it; null when it cannot be undone. */
  readonly undo: (before: Config) => Change | null;
}

/** The fields of a backend that a row's actions change. */
export type BackendFields = Partial<Pick<BackendConfig, 'state' | 'weight'>>;

/** What a change of state did, for its label. Draining only starts with the change. */
export const STATE_DONE: Readonly<Record<BackendConfig['state'], string>> = {
  active: 'Enabled',
  draining: 'Draining',
  disabled: 'Disabled',
};

const revisionOf = async (answer: Promise<{ revision: number }>): Promise<number> => (await answer).revision;

const withPool = (config: Config, id: string, change: (pool: PoolConfig) => PoolConfig): Config => ({
  ...config,
  pools: config.pools.map((pool) => (pool.id === id ? change(pool) : pool)),
});

const findPool = (config: Config, id: string): PoolConfig | undefined =>
  config.pools.find((pool) => pool.id === id);

type Edit = (backends: readonly BackendConfig[]) => BackendConfig[];

/**
 * A change of a pool's list of backends. Undo edits the list as it is then, so that later changes by others stay.
 * `direct` uses the API operation for this change; without it the whole pool is sent.
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
    send: (revision) => (direct ? revisionOf(direct(revision)) : sendPool(pool, edit, revision)),
    undo: (before) => {
      const old = findPool(before, pool)?.backends;
      return old ? editBackends(pool, `Undone: ${label}`, undo(old), () => edit) : null;
    },
  };
}

/** Changes fields of one pool's backends; several backends are one revision. */
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
  const [backend] = ids;
  if (backend === undefined || ids.length > 1) return editBackends(pool, label, edit, undo);
  return editBackends(pool, label, edit, undo, (revision) =>
    call('PATCH /pools/:pool/backends/:backend', { params: { pool, backend }, body: fields, revision }),
  );
}

/**
 * Makes a backend drain, with its undo. After `disableAfterMs` the API disables it; null: it drains until the operator
 * disables it.
 */
export function drainBackend(
  pool: string,
  backend: string,
  disableAfterMs: number | null,
  label: string,
): Change {
  return {
    ...changeBackends(pool, [backend], { state: 'draining' }, label),
    send: (revision) =>
      revisionOf(
        call('PUT /pools/:pool/backends/:backend/drain', {
          params: { pool, backend },
          body: { disableAfterMs },
          revision,
        }),
      ),
  };
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
    call('PUT /pools/:pool/backends/:backend', {
      params: { pool, backend: backend.id },
      body: backend,
      revision,
    });
  return editBackends(pool, label, (backends) => put(backends, backend), undo, direct);
}

/** Removes backends of one pool; several backends are one revision. */
export function removeBackends(pool: string, ids: readonly string[], label: string): Change {
  const edit: Edit = (backends) => backends.filter(({ id }) => !ids.includes(id));
  // Undo puts each back in its old position: the order of backends breaks ties.
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
  const [backend] = ids;
  if (backend === undefined || ids.length > 1) return editBackends(pool, label, edit, undo);
  return editBackends(pool, label, edit, undo, (revision) =>
    call('DELETE /pools/:pool/backends/:backend', { params: { pool, backend }, revision }),
  );
}

/** Adds or replaces a pool. */
export function putPool(pool: PoolConfig, label: string): Change {
  return {
    label,
    apply: (config) => ({ ...config, pools: put(config.pools, pool) }),
    send: (revision) =>
      revisionOf(call('PUT /pools/:pool', { params: { pool: pool.id }, body: pool, revision })),
    undo: (before) => {
      const old = findPool(before, pool.id);
      return old ? putPool(old, `Undone: ${label}`) : removePool(pool.id, `Undone: ${label}`);
    },
  };
}

/** Edits the whole document in force, so that what others have changed stays. */
function editConfig(label: string, apply: Change['apply'], back: Change['apply']): Change {
  return {
    label,
    apply,
    send: async (revision) => {
      const { config } = await call('GET /config');
      return revisionOf(call('PUT /config', { body: apply(config), revision }));
    },
    undo: () => editConfig(`Undone: ${label}`, back, apply),
  };
}

/**
 * Adds a pool, and the route that leads to it unless that is null: one revision, one undo. Both are appended: an id that
 * is taken is a duplicate, which the API refuses.
 */
export function addPool(pool: PoolConfig, route: RouteConfig | null): Change {
  const label = route ? `Added pool ${pool.id} and route ${route.id}` : `Added pool ${pool.id}`;
  return editConfig(
    label,
    (config) => ({
      ...config,
      pools: [...config.pools, pool],
      routes: route ? [...config.routes, route] : config.routes,
    }),
    ({ pools, routes, ...rest }) => ({
      ...rest,
      pools: pools.filter(({ id }) => id !== pool.id),
      routes: routes.filter(({ id }) => id !== route?.id),
    }),
  );
}

/** Deletes a pool. */
export function removePool(id: string, label: string): Change {
  return {
    label,
    apply: (config) => ({ ...config, pools: config.pools.filter((pool) => pool.id !== id) }),
    send: (revision) => revisionOf(call('DELETE /pools/:pool', { params: { pool: id }, revision })),
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
    send: (revision) =>
      revisionOf(call('PUT /routes/:route', { params: { route: route.id }, body: route, revision })),
    undo: (before) => {
      const old = before.routes.find(({ id }) => id === route.id);
      return old ? putRoute(old, `Undone: ${label}`) : removeRoute(route.id, `Undone: ${label}`);
    },
  };
}

/** Replaces routes that exist, in one revision; those that were deleted meanwhile stay deleted. */
export function putRoutes(next: readonly RouteConfig[], label: string): Change {
  const apply = (routes: readonly RouteConfig[]) => (config: Config) => ({
    ...config,
    routes: config.routes.map((route) => routes.find(({ id }) => id === route.id) ?? route),
  });
  return {
    ...editConfig(label, apply(next), apply([])),
    undo: (before) => {
      const old = before.routes.filter(({ id }) => next.some((route) => route.id === id));
      return putRoutes(old, `Undone: ${label}`);
    },
  };
}

/** Deletes a route. */
export function removeRoute(id: string, label: string): Change {
  return {
    label,
    apply: (config) => ({ ...config, routes: config.routes.filter((route) => route.id !== id) }),
    send: (revision) => revisionOf(call('DELETE /routes/:route', { params: { route: id }, revision })),
    undo: (before) => {
      const old = before.routes.find((route) => route.id === id);
      return old ? putRoute(old, `Undone: ${label}`) : null;
    },
  };
}

/** Adds or replaces an alert. */
export function putAlert(alert: AlertConfig, label: string): Change {
  const apply = (config: Config): Config => ({ ...config, alerts: put(config.alerts, alert) });
  return {
    ...editConfig(label, apply, apply),
    undo: (before) => {
      const old = before.alerts.find(({ id }) => id === alert.id);
      return old ? putAlert(old, `Undone: ${label}`) : removeAlert(alert.id, `Undone: ${label}`);
    },
  };
}

/** Deletes an alert. */
export function removeAlert(id: string, label: string): Change {
  const apply = (config: Config): Config => ({
    ...config,
    alerts: config.alerts.filter((alert) => alert.id !== id),
  });
  return {
    ...editConfig(label, apply, apply),
    undo: (before) => {
      const old = before.alerts.find((alert) => alert.id === id);
      return old ? putAlert(old, `Undone: ${label}`) : null;
    },
  };
}

/** Replaces the whole document. */
export function replaceConfig(next: Config, label: string): Change {
  return {
    label,
    apply: () => next,
    send: (revision) => revisionOf(call('PUT /config', { body: next, revision })),
    undo: (before) => replaceConfig(before, `Undone: ${label}`),
  };
}

/** Puts an earlier revision's document in force again. */
export function rollBack(to: number, document: Config, label: string): Change {
  return {
    label,
    apply: () => document,
    send: (revision) => revisionOf(call('POST /config/rollback', { body: { revision: to }, revision })),
    undo: (before) => replaceConfig(before, `Undone: ${label}`),
  };
}

/** Edits the backends of the pool in force and sends the result, provided that nothing has changed meanwhile. */
async function sendPool(pool: string, edit: Edit, revision: number): Promise<number> {
  const { pool: known } = await call('GET /pools/:pool', { params: { pool } });
  const body = { ...known, backends: edit(known.backends) };
  return revisionOf(call('PUT /pools/:pool', { params: { pool }, body, revision }));
}

/** The values that `old` has for the keys of `fields`. */
const pickSame = (old: BackendConfig, fields: BackendFields): BackendFields =>
  Object.fromEntries(Object.keys(fields).map((key) => [key, old[key as keyof BackendFields]]));

const put = <T extends { readonly id: string }>(items: readonly T[], item: T): T[] =>
  items.some(({ id }) => id === item.id)
    ? items.map((other) => (other.id === item.id ? item : other))
    : [...items, item];
