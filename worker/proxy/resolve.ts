/** Resolves a request to its route, its pool and the first backend, with a configuration that is recent enough. */
import { OWN_ANSWER_STALE_MS } from '../lib/timing.ts';
import { beginExchange, type Exchange, type IncomingRequest } from './exchange.ts';
import {
  isOutdated,
  isStale,
  type LoadedConfig,
  refresh,
  refreshBehind,
  viewOf,
} from './pool-client/isolate.ts';
import { type CompiledRoute, matchRoute } from './routing/routes.ts';
import { selectFirst } from './selection/select.ts';
import { selectPool } from './selection/select-pool.ts';

/** A route that answers without a backend. */
export interface OwnAnswer {
  readonly answeredBy: CompiledRoute;
}

/** Where a request goes; null: no route matches. */
export type Resolved = Exchange | OwnAnswer | null;

/** Whether the route has been found to answer by itself. */
export const isOwnAnswer = (resolved: Exchange | OwnAnswer): resolved is OwnAnswer =>
  'answeredBy' in resolved;

/**
 * Finds the route, starts the exchange and selects the first backend. With a slot in hand, as under load, it needs no
 * promise.
 */
export function resolveRequest(
  incoming: IncomingRequest,
  config: LoadedConfig,
): Resolved | Promise<Resolved> {
  const route = routeOf(incoming, config);
  if (!route) return resolveUnmatched(incoming, config);
  if (answersItself(route)) return resolveOwnAnswer(route, incoming, config);
  const exchange = begin(incoming, route);
  if (exchange instanceof Promise) return exchange.then((begun) => resolveBegun(begun, incoming, config));
  return resolveBegun(exchange, incoming, config);
}

const routeOf = (incoming: IncomingRequest, { routes }: LoadedConfig): CompiledRoute | null =>
  matchRoute(routes, incoming.target, incoming);

const answersItself = ({ redirect, respond }: CompiledRoute): boolean =>
  redirect !== null || respond !== null;

/** The exchange in the route's pool, with no backend selected yet; null: there is no such pool. */
function begin(incoming: IncomingRequest, route: CompiledRoute): Exchange | null | Promise<Exchange | null> {
  const beginIn = (pool: string) => {
    const view = viewOf(pool);
    return view ? beginExchange(incoming, route, view) : null;
  };
  const pool = selectPool(route, route.split, incoming);
  return pool instanceof Promise ? pool.then(beginIn) : beginIn(pool);
}

function resolveBegun(
  exchange: Exchange | null,
  incoming: IncomingRequest,
  config: LoadedConfig,
): Resolved | Promise<Resolved> {
  if (!exchange) return resolveUnmatched(incoming, config);
  const choice = selectFirst(exchange, exchange.view);
  if (choice instanceof Promise) return resolveWhenSelected(exchange, choice, config);
  exchange.choice = choice;
  return isOutdated(config, exchange.view) ? resolveAgain(exchange, config) : exchange;
}

/** Routes that may be old are refreshed before a request is refused. */
async function resolveUnmatched(incoming: IncomingRequest, known: LoadedConfig): Promise<Resolved> {
  if (!isStale(known, incoming.startedAt)) return null;
  return resolveNewly(incoming, (await refresh(incoming.env)) ?? known);
}

/** No pool's object says that such a route is old, so the isolate asks for itself. */
function resolveOwnAnswer(
  route: CompiledRoute,
  incoming: IncomingRequest,
  known: LoadedConfig,
): OwnAnswer | Promise<Resolved> {
  const { startedAt, env, ctx } = incoming;
  if (startedAt - known.checkedAt >= OWN_ANSWER_STALE_MS)
    return refresh(env).then((config) => resolveNewly(incoming, config ?? known));
  if (isStale(known, startedAt)) ctx.waitUntil(refreshBehind(env));
  return { answeredBy: route };
}

/** Resolves with a configuration that is as new as can be had. */
async function resolveNewly(incoming: IncomingRequest, config: LoadedConfig): Promise<Resolved> {
  const route = routeOf(incoming, config);
  if (!route) return null;
  if (answersItself(route)) return { answeredBy: route };
  const exchange = await begin(incoming, route);
  if (exchange) exchange.choice = await selectFirst(exchange, exchange.view);
  return exchange;
}

async function resolveWhenSelected(
  exchange: Exchange,
  choice: ReturnType<typeof selectFirst>,
  config: LoadedConfig,
): Promise<Resolved> {
  exchange.choice = await choice;
  return isOutdated(config, exchange.view) ? resolveAgain(exchange, config) : exchange;
}

/** The pool's object knows of newer routes than this isolate: the request must follow them. */
async function resolveAgain(exchange: Exchange, known: LoadedConfig): Promise<Resolved> {
  const config = (await refresh(exchange.env)) ?? known;
  const route = routeOf(exchange, config);
  if (exchange.view.gone || !route) return resolveNewly(exchange, config);
  if (isSame(route, exchange.compiled)) return exchange;
  if (route.config.pool !== exchange.pool) return resolveNewly(exchange, config);
  const { view, choice, pin } = exchange;
  return { ...beginExchange(exchange, route, view), choice, pin };
}

const isSame = (a: CompiledRoute, b: CompiledRoute): boolean =>
  JSON.stringify(a.config) === JSON.stringify(b.config);
