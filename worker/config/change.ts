/** The changes that an operator can make, as data, and the document after each. No I/O. */
import { changeBackend } from './change-backend.ts';
import {
  type Change,
  type Changed,
  checked,
  conflict,
  invalid,
  missing,
  otherId,
  put,
  withId,
} from './changed.ts';
import { type DeploymentInfo, parse, parseDocument } from './check.ts';
import { poolsOf } from './check-route.ts';
import { type Config, poolSchema, routeSchema } from './schema.ts';

/** Returns the document after the change, checked as a whole; does not modify `config`. */
export function applyChange(config: Config, change: Change, deployment: DeploymentInfo): Changed {
  switch (change.kind) {
    case 'replace-config': {
      const parsed = parseDocument(change.body);
      if (!parsed.ok) return invalid(parsed.errors);
      return checked(parsed.value, '', deployment, 'replaced the configuration', false);
    }
    case 'put-pool': {
      const parsed = parse(poolSchema, withId(change.body, change.pool));
      if (!parsed.ok) return invalid(parsed.errors);
      if (parsed.value.id !== change.pool) return otherId(change.pool);
      const { items, index, created } = put(config.pools, parsed.value);
      const verb = created ? 'added' : 'replaced';
      return checked(
        { ...config, pools: items },
        `pools[${index}]`,
        deployment,
        `${verb} pool ${change.pool}`,
        created,
      );
    }
    case 'delete-pool': {
      if (!config.pools.some((pool) => pool.id === change.pool)) return missing(`pool ${change.pool}`);
      const routes = config.routes
        .filter((route) => poolsOf(route).includes(change.pool))
        .map(({ id }) => id);
      const pools = config.pools
        .filter((pool) => pool.whenUnavailable === `pool:${change.pool}`)
        .map((pool) => pool.id);
      if (routes.length > 0)
        return conflict(
          `Pool ${change.pool} is in use by route ${listSome(routes)}; change or delete that first.`,
        );
      if (pools.length > 0)
        return conflict(`Pool ${change.pool} is the fallback of pool ${listSome(pools)}; change that first.`);
      const alerts = config.alerts.filter((alert) => alert.pools.includes(change.pool)).map(({ id }) => id);
      if (alerts.length > 0)
        return conflict(`Pool ${change.pool} is named by alert ${listSome(alerts)}; change that first.`);
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
      return changeBackend(config, change, deployment);
    case 'put-route': {
      const parsed = parse(routeSchema, withId(change.body, change.route));
      if (!parsed.ok) return invalid(parsed.errors);
      if (parsed.value.id !== change.route) return otherId(change.route);
      const { items, index, created } = put(config.routes, parsed.value);
      const verb = created ? 'added' : 'replaced';
      return checked(
        { ...config, routes: items },
        `routes[${index}]`,
        deployment,
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

/** Lists the first ten ids. */
const listSome = (ids: readonly string[]): string =>
  ids.length > 10 ? `${ids.slice(0, 10).join(', ')} and ${ids.length - 10} more` : ids.join(', ');
