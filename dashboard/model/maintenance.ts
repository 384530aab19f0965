/** Maintenance of a pool as changes of its routes: elsewhere, and back. No I/O. */
import type { RouteConfig } from '../api/config.ts';

/** What the requests of the pool get meanwhile: another pool, or a fixed answer. */
export type Elsewhere =
  | { readonly kind: 'pool'; readonly pool: string }
  | { readonly kind: 'respond'; readonly status: number; readonly body: string };

/** Seconds after which a client may try again. */
const RETRY_AFTER = '120';

const NO_EDITS = { set: {}, add: {}, remove: [] };

/** Whether a route sends requests to the pool. */
export const leadsTo = (pool: string, { pool: own, split }: RouteConfig): boolean =>
  own === pool || (split?.pools.some((part) => part.pool === pool && part.weight > 0) ?? false);

/** The route without the pool. */
export function ledElsewhere(route: RouteConfig, pool: string, to: Elsewhere): RouteConfig {
  const { split } = route;
  if (split) {
    const others = split.pools.filter((part) => part.pool !== pool);
    // The other pools of the split take over, unless the operator names one that does.
    if (to.kind === 'respond' && others.some(({ weight }) => weight > 0))
      return withPools(
        route,
        split.pools.map((part) => (part.pool === pool ? { ...part, weight: 0 } : part)),
      );
    if (to.kind === 'pool') {
      const weight = split.pools.find((part) => part.pool === pool)?.weight ?? 0;
      const known = others.some((part) => part.pool === to.pool);
      return withPools(
        route,
        known
          ? others.map((part) => (part.pool === to.pool ? { ...part, weight: part.weight + weight } : part))
          : split.pools.map((part) => (part.pool === pool ? { ...part, pool: to.pool } : part)),
      );
    }
  }
  return to.kind === 'pool' ? { ...route, pool: to.pool } : answered(route, to);
}

const withPools = (route: RouteConfig, pools: NonNullable<RouteConfig['split']>['pools']): RouteConfig => ({
  ...route,
  split: { by: route.split?.by ?? 'request', pools },
});

/** The route with a fixed answer, and without what acts only where a request goes to a backend. */
const answered = (
  route: RouteConfig,
  { status, body }: Extract<Elsewhere, { kind: 'respond' }>,
): RouteConfig => ({
  ...route,
  pool: null,
  split: null,
  respond: {
    status,
    contentType: body.trimStart().startsWith('<') ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
    body,
    headers: { 'retry-after': RETRY_AFTER, 'cache-control': 'no-store' },
  },
  stripPrefix: false,
  rewritePrefix: null,
  requestHeaders: NO_EDITS,
  responseHeaders: NO_EDITS,
  maxBodyBytes: null,
  mirror: null,
});
