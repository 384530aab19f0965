/** Where a request begins: its route, its pool, and the first backend to ask. */
import type { Env } from '../env.ts';
import { type Arrival, begin, type Exchange } from './exchange.ts';
import { type Held, isOutdated, isStale, refresh, viewOf } from './pool-client/isolate.ts';
import type { PoolView } from './pool-client/pool-view.ts';
import { matchRoute } from './routing/routes.ts';
import { firstPick } from './selection/candidates.ts';
import type { Choice } from './selection/pick.ts';

/** `pick` is null when the pool has nobody to ask. */
export interface Start {
  readonly exchange: Exchange;
  readonly view: PoolView;
  readonly pick: Choice | null;
}

/** A start whose pick may be under way. */
interface Opening extends Omit<Start, 'pick'> {
  readonly pick: ReturnType<typeof firstPick>;
}

/**
 * Finds the route and picks; null when no route is configured. With a slot in hand, as under load, it needs no promise.
 * Routes that may be old are asked for again first.
 */
export function findStart(
  arrival: Arrival,
  config: Held,
  env: Env,
  ctx: ExecutionContext,
): Start | null | Promise<Start | null> {
  const opening = open(arrival, config, env, ctx);
  return opening && isPicked(opening) && !isOutdated(config, opening.view)
    ? opening
    : settle(arrival, config, opening, env, ctx);
}

const isPicked = (opening: Opening): opening is Start => !(opening.pick instanceof Promise);

function open(arrival: Arrival, config: Held, env: Env, ctx: ExecutionContext): Opening | null {
  const route = routeOf(arrival, config);
  const view = route && viewOf(route.pool);
  if (!view) return null;
  const exchange = begin(arrival, route, view.config);
  return { exchange, view, pick: firstPick(exchange, view, env, ctx) };
}

async function settle(
  arrival: Arrival,
  known: Held,
  first: Opening | null,
  env: Env,
  ctx: ExecutionContext,
): Promise<Start | null> {
  let config = known;
  let opening = first;
  if (!opening && isStale(config, arrival.startedAt)) {
    config = (await refresh(env)) ?? config;
    opening = open(arrival, config, env, ctx);
  }
  if (!opening) return null;
  const start = { ...opening, pick: await opening.pick };
  if (!isOutdated(config, start.view)) return start;
  // The pool's object has heard of newer routes than ours: this request must follow them.
  config = (await refresh(env)) ?? config;
  if (routeOf(arrival, config)?.pool === start.exchange.route.pool && !start.view.gone) return start;
  const newer = open(arrival, config, env, ctx);
  return newer && { ...newer, pick: await newer.pick };
}

const routeOf = ({ target }: Arrival, { routes }: Held) => matchRoute(routes, target.host, target.routePath);
