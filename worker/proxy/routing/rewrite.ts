/** Replaces the part of a path that a route matched, and puts it back. No I/O. */
import { lengthAsSent, normalPath, prefixOf } from '../../config/path.ts';
import type { RouteConfig } from '../../config/schema.ts';
import type { Target } from './target.ts';

/** The matched part of a path and what takes its place. */
export interface Rewrite {
  /** How many characters of the normalised path are replaced; null: all of them. */
  readonly length: number | null;
  /** The route's path. */
  readonly from: string;
  readonly to: string;
}

/** The rewrite by which the path of `route` becomes `to`. */
export const rewriteTo = ({ path, pathMatch }: RouteConfig, to: string): Rewrite => ({
  length: pathMatch === 'exact' ? null : prefixOf(normalPath(path)).length,
  from: path,
  to,
});

/** The rewrite of requests to backends; null: they get the path as requested. */
export function compileRewrite(route: RouteConfig): Rewrite | null {
  if (route.stripPrefix) return rewriteTo(route, '/');
  return route.rewritePrefix === null ? null : rewriteTo(route, route.rewritePrefix);
}

/** The path of a request after the rewrite; the rest of it keeps the client's bytes. */
export function applyRewrite({ path, routePath }: Target, { length, to }: Rewrite): string {
  const taken = length === null || path === routePath ? length : lengthAsSent(path, length);
  const rest = taken === null ? '' : path.slice(taken);
  return rest === '' ? to : prefixOf(to) + rest;
}

/** The path that a client must request for a backend to get `path`, which may have a query; null: there is none. */
export function undoRewrite(path: string, { length, from, to }: Rewrite): string | null {
  const end = path.search(/[?#]/);
  const [own, after] = end < 0 ? [path, ''] : [path.slice(0, end), path.slice(end)];
  if (length === null) return own === to || (own === '' && to === '/') ? from + after : null;
  const base = prefixOf(to);
  if (own !== base && !own.startsWith(`${base}/`)) return null;
  return prefixOf(from) + own.slice(base.length) + after || '/';
}
