/** Documents that an earlier version stored or sent: keys added since then get their defaults. No I/O. */
import {
  type Config,
  configSchema,
  type PoolConfig,
  poolSchema,
  type RouteConfig,
  routeSchema,
} from './schema.ts';

/** A stored document with every key of this version; a document that this version would refuse stays as it is. */
export function completeConfig(stored: Config): Config {
  const parsed = configSchema.safeParse(stored);
  return parsed.success ? parsed.data : stored;
}

/**
 * A pool with every key of this version. During a deploy isolates and objects of two versions meet, so pools received by
 * RPC are completed too; a complete pool costs one comparison.
 */
export function completePool(pool: PoolConfig): PoolConfig {
  const { ejection, maxStaleMs, healthCheck } = pool;
  if (ejection.stallMs !== undefined && maxStaleMs !== undefined && healthCheck !== undefined) return pool;
  const parsed = poolSchema.safeParse(pool);
  return parsed.success ? parsed.data : pool;
}

/** Routes with every key of this version, for the same reason. */
export function completeRoutes(routes: readonly RouteConfig[]): readonly RouteConfig[] {
  if (routes.every(({ match }) => match !== undefined)) return routes;
  return routes.map((route) => {
    const parsed = routeSchema.safeParse(route);
    return parsed.success ? parsed.data : route;
  });
}
