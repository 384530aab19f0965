/** Which route would get the requests of another one, if that were not there. No I/O. */
import type { RouteConfig } from '../api/config.ts';

const isWild = (host: string): boolean => host.startsWith('*.');

/** Whether each host that `inner` matches also matches `outer`. */
const coversHost = (outer: string, inner: string): boolean =>
  outer === inner || (isWild(outer) && inner.replace(/^\*/, '').endsWith(outer.slice(1)));

/** Whether each path under `inner` is also under `outer`, at a segment boundary. */
function coversPath(outer: string, inner: string): boolean {
  const [base, path] = [outer.replace(/\/$/, ''), inner.replace(/\/$/, '')];
  return path === base || path.startsWith(`${base}/`);
}

/**
 * The route that would match the requests of `route`, if that were not there; null: none would, and clients get 404. The
 * host decides first: while another route has the same host, a wildcard is not asked.
 */
export function coverOf(route: RouteConfig, routes: readonly RouteConfig[]): RouteConfig | null {
  const others = routes.filter(({ id, host }) => id !== route.id && coversHost(host, route.host));
  const longest = Math.max(0, ...others.map(({ host }) => (host === route.host ? Infinity : host.length)));
  return (
    others
      .filter(({ host }) => (host === route.host ? Infinity : host.length) === longest)
      .filter(({ path }) => coversPath(path, route.path))
      .toSorted((a, b) => b.path.length - a.path.length)[0] ?? null
  );
}
