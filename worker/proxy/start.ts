/** Where a request begins: its route, its pool, and the first backend to ask. */
import type { Env } from '../env.ts';
import { firstPick, type Pick } from './candidates.ts';
import { begin, type Exchange } from './exchange.ts';
import { type Held, isStale, refresh, viewOf } from './isolate.ts';
import type { PoolView } from './pool-view.ts';
import { matchRoute } from './routes.ts';
import type { Target } from './target.ts';

/** `pick` is null when the pool has nobody to ask. */
export interface Start {
  readonly exchange: Exchange;
  readonly view: PoolView;
  readonly pick: Pick | null;
}

/** Finds the route and picks; null when no route is configured. Routes that may be old are asked for again first. */
export async function findStart(
  request: Request,
  target: Target,
  known: Held,
  requestId: string,
  startedAt: number,
  env: Env,
  ctx: ExecutionContext,
): Promise<Start | null> {
  let config = known;
  let route = matchRoute(config.routes, target.host, target.path);
  if (!route && isStale(config, startedAt)) {
    config = (await refresh(env)) ?? config;
    route = matchRoute(config.routes, target.host, target.path);
  }
  for (let again = true; route; again = false) {
    const view = viewOf(route.pool);
    if (!view) return null;
    const exchange = begin(request, target, route, view.config, requestId, startedAt);
    const pick = await firstPick(exchange, view, env, ctx);
    if (!again || !isOutdated(config, view)) return { exchange, view, pick };
    // The pool's object has heard of newer routes than ours: this request must follow them.
    config = (await refresh(env)) ?? config;
    const newer = matchRoute(config.routes, target.host, target.path);
    if (newer?.pool === route.pool && !view.gone) return { exchange, view, pick };
    route = newer;
  }
  return null;
}

/** Whether the pool's object has heard of newer routes than `config` holds. */
export const isOutdated = (config: Held, view: PoolView): boolean =>
  view.gone || view.routesRevision > config.snapshot.routesRevision;
