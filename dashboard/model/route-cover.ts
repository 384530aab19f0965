/** Which route would get the requests of another one, if that were not there, and how many there were. No I/O. */
import type { RouteConfig } from '../api/config.ts';
import type { Mapping } from '../api/requests.ts';

const isWild = (host: string): boolean => host.startsWith('*.');

/** Whether each host that `inner` matches also matches `outer`. */
const coversHost = (outer: string, inner: string): boolean =>
  outer === inner || (isWild(outer) && inner.replace(/^\*/, '').endsWith(outer.slice(1)));

/** Whether each path that `inner` matches is one that `outer` matches, at a segment boundary. */
function coversPath(outer: RouteConfig, inner: RouteConfig): boolean {
  if (outer.pathMatch === 'exact') return inner.pathMatch === 'exact' && inner.path === outer.path;
  const [base, path] = [outer.path.replace(/\/$/, ''), inner.path.replace(/\/$/, '')];
  return path === base || path.startsWith(`${base}/`);
}

const hasNoConditions = ({ match }: RouteConfig): boolean =>
  Object.values(match).every((list) => list === undefined || list.length === 0);

/**
 * The route that would match all requests of `route`, if that were not there; null: none would, and clients get 404 or come
 * to a route with conditions. The host decides first: while another route has the same host, a wildcard is not asked.
 */
export function coverOf(route: RouteConfig, routes: readonly RouteConfig[]): RouteConfig | null {
  const others = routes.filter(({ id, host }) => id !== route.id && coversHost(host, route.host));
  const longest = Math.max(0, ...others.map(({ host }) => (host === route.host ? Infinity : host.length)));
  return (
    others
      .filter(({ host }) => (host === route.host ? Infinity : host.length) === longest)
      .filter((other) => coversPath(other, route) && hasNoConditions(other))
      .toSorted((a, b) => b.path.length - a.path.length)[0] ?? null
  );
}

/** Requests longer ago than this do not count, in ms. */
const WINDOW_MS = 60_000;

/** The requests of one route, or of none (null), that another route would get: so many of all that it had. */
export interface TakenRequests {
  readonly id: string | null;
  readonly requests: number;
  readonly of: number;
}

/**
 * The requests of the last minute that `route` would have got by host, path and method, by the route that they went to; most
 * first. Its other conditions are not on record, so with these it would get fewer. `now` in epoch ms.
 */
export function takenFrom(
  route: RouteConfig,
  routes: readonly RouteConfig[],
  mappings: readonly Mapping[],
  now: number,
): TakenRequests[] {
  const recent = mappings.filter(({ at, route: id }) => at > now - WINDOW_MS && id !== route.id);
  const byRoute = Map.groupBy(recent, ({ route: id }) => id);
  return [...byRoute]
    .map(([id, own]) => {
      const before = routes.find((other) => other.id === id);
      const isTaken = !before || precedes(route, before);
      return { id, requests: isTaken ? own.filter((one) => fits(route, one)).length : 0, of: own.length };
    })
    .filter(({ requests }) => requests > 0)
    .toSorted((a, b) => b.requests - a.requests);
}

const fits = ({ host, path, pathMatch, match }: RouteConfig, asked: Mapping): boolean => {
  const isHost = isWild(host) ? asked.host.endsWith(host.slice(1)) : asked.host === host;
  const base = path.replace(/\/$/, '');
  const isPath =
    pathMatch === 'exact' ? asked.path === path : asked.path === base || asked.path.startsWith(`${base}/`);
  const methods = match.methods ?? [];
  return isHost && isPath && (methods.length === 0 || methods.includes(asked.method));
};

/** Whether `route` gets the requests that both match: by host, then as far as path and conditions say. */
function precedes(route: RouteConfig, other: RouteConfig): boolean {
  if (route.host !== other.host)
    return isWild(other.host) && (!isWild(route.host) || route.host.length > other.host.length);
  const [a, b] = [rankOf(route), rankOf(other)];
  const differ = a.findIndex((rank, i) => rank !== b[i]);
  return differ >= 0 && a[differ]! > b[differ]!;
}

/** Exact before prefix, longer before shorter, then methods, headers and cookies, query, countries: greater comes first. */
function rankOf({ path, pathMatch, match }: RouteConfig): number[] {
  const { methods = [], headers = [], cookies = [], query = [], countries = [] } = match;
  return [
    Number(pathMatch === 'exact'),
    path.replace(/\/$/, '').length,
    Math.sign(methods.length),
    headers.length + cookies.length,
    query.length,
    Math.sign(countries.length),
  ];
}
