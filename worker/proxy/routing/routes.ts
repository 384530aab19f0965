/** Matches host and path to a route: compiled once per configuration, a few map look-ups per request. No I/O. */
import { normalPath } from '../../config/path.ts';
import type { RouteConfig } from '../../config/schema.ts';

interface HostRoutes {
  /** Routes by path prefix without trailing slash; '' is the root. */
  readonly byPath: Map<string, RouteConfig>;
  /** The length of the longest prefix. */
  longest: number;
}

export interface RouteTable {
  readonly exact: ReadonlyMap<string, HostRoutes>;
  /** By suffix with its leading dot: `.example.com`. */
  readonly wildcard: ReadonlyMap<string, HostRoutes>;
}

/** Compiles the routes of one configuration. */
export function compileRoutes(routes: readonly RouteConfig[]): RouteTable {
  const exact = new Map<string, HostRoutes>();
  const wildcard = new Map<string, HostRoutes>();
  for (const route of routes) {
    const isWild = route.host.startsWith('*.');
    const [table, key] = isWild ? [wildcard, route.host.slice(1)] : [exact, route.host];
    let host = table.get(key);
    if (!host) {
      host = { byPath: new Map(), longest: 0 };
      table.set(key, host);
    }
    const prefix = prefixOf(normalPath(route.path));
    host.byPath.set(prefix, route);
    host.longest = Math.max(host.longest, prefix.length);
  }
  return { exact, wildcard };
}

/** A path without its trailing slash: `/api/` and `/api` are one prefix, and the root is ''. */
export const prefixOf = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);

/**
 * Finds the route, or null. As in nginx, the host decides first: the exact host, else the longest wildcard suffix. Among
 * the routes of that host the longest path prefix that ends at a segment boundary wins. `path` is a target's `routePath`.
 */
export function matchRoute(table: RouteTable, host: string, path: string): RouteConfig | null {
  const exact = table.exact.get(host);
  if (exact) return matchPath(exact, path);
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    const wild = table.wildcard.get(host.slice(dot));
    if (wild) return matchPath(wild, path);
  }
  return null;
}

function matchPath({ byPath, longest }: HostRoutes, path: string): RouteConfig | null {
  if (longest > 0) {
    // No prefix is longer than `longest`, so a path of thousands of slashes costs no more than a short one.
    const whole = path.length <= longest ? byPath.get(path) : undefined;
    if (whole) return whole;
    for (let end = path.lastIndexOf('/', longest); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const found = byPath.get(path.slice(0, end));
      if (found) return found;
    }
  }
  return byPath.get('') ?? null;
}
