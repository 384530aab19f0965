/** A new pool, and the route that leads to it, as one change: one revision, one Undo. */
import { send } from '../api/client.ts';
import type { Config, PoolConfig, RouteConfig } from '../api/config.ts';
import type { Change } from './change.ts';

type Edit = (config: Config) => Config;

/** A change of several parts of the document. It is made of the document in force: what others changed stays. */
function editConfig(label: string, apply: Edit, back: Edit): Change {
  return {
    label,
    apply,
    send: async (revision) => {
      const { config } = await send<{ config: Config }>('GET', '/config');
      return (await send<{ revision: number }>('PUT', '/config', apply(config), revision)).revision;
    },
    undo: () => editConfig(`Undone: ${label}`, back, apply),
  };
}

/** Adds both; `route` null: the pool alone. An id that is taken already is there twice then, and refused. */
export function addPool(pool: PoolConfig, route: RouteConfig | null): Change {
  const label = route ? `Added pool ${pool.id} and route ${route.id}` : `Added pool ${pool.id}`;
  const add: Edit = ({ pools, routes }) => ({
    pools: [...pools, pool],
    routes: route ? [...routes, route] : routes,
  });
  const remove: Edit = ({ pools, routes }) => ({
    pools: pools.filter(({ id }) => id !== pool.id),
    routes: routes.filter(({ id }) => id !== route?.id),
  });
  return editConfig(label, add, remove);
}
