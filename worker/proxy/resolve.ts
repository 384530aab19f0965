/** Resolves a request to its route, its pool and the first backend, with a configuration that is recent enough. */
import { beginExchange, type Exchange, type IncomingRequest } from './exchange.ts';
import { isOutdated, isStale, type LoadedConfig, refresh, viewOf } from './pool-client/isolate.ts';
import { matchRoute } from './routing/routes.ts';
import { selectFirst } from './selection/select.ts';

/**
 * Starts the exchange: finds the route and selects the first backend. Null: no route matches. With a slot in hand, as
 * under load, it needs no promise.
 */
export function resolveRequest(
  incoming: IncomingRequest,
  config: LoadedConfig,
): Exchange | null | Promise<Exchange | null> {
  const exchange = matchRequest(incoming, config);
  if (!exchange) return resolveUnmatched(incoming, config);
  const choice = selectFirst(exchange, exchange.view);
  if (choice instanceof Promise) return resolveWhenSelected(exchange, choice, config);
  exchange.choice = choice;
  return isOutdated(config, exchange.view) ? resolveAgain(exchange, config) : exchange;
}

/** The exchange of the route that matches, with no backend selected yet; null: no route or no such pool. */
function matchRequest(incoming: IncomingRequest, config: LoadedConfig): Exchange | null {
  const route = routeOf(incoming, config);
  const view = route && viewOf(route.pool);
  return view ? beginExchange(incoming, route, view) : null;
}

const routeOf = ({ target }: IncomingRequest, { routes }: LoadedConfig) =>
  matchRoute(routes, target.host, target.routePath);

/** Routes that may be old are refreshed before a request is refused. */
async function resolveUnmatched(incoming: IncomingRequest, known: LoadedConfig): Promise<Exchange | null> {
  if (!isStale(known, incoming.startedAt)) return null;
  const config = (await refresh(incoming.env)) ?? known;
  const exchange = matchRequest(incoming, config);
  return exchange && resolveWhenSelected(exchange, selectFirst(exchange, exchange.view), config);
}

async function resolveWhenSelected(
  exchange: Exchange,
  choice: ReturnType<typeof selectFirst>,
  config: LoadedConfig,
): Promise<Exchange | null> {
  exchange.choice = await choice;
  return isOutdated(config, exchange.view) ? resolveAgain(exchange, config) : exchange;
}

/** The pool's object knows of newer routes than this isolate: the request must follow them. */
async function resolveAgain(exchange: Exchange, known: LoadedConfig): Promise<Exchange | null> {
  const config = (await refresh(exchange.env)) ?? known;
  if (routeOf(exchange, config)?.pool === exchange.route.pool && !exchange.view.gone) return exchange;
  const newer = matchRequest(exchange, config);
  if (newer) newer.choice = await selectFirst(newer, newer.view);
  return newer;
}
