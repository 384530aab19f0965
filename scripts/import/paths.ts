/** Paths of which the end is not known: how imports follow all requests below a prefix at once. No I/O. */

/** Stands for what follows a prefix; no path contains it. */
export const REST = '\uE000';
/** Stands for the query with its question mark, or for nothing. */
export const QUERY = '\uE001';
/** Stands for the host that the client asked for. */
export const HOST = '\uE002';
/** Stands for the client's scheme. */
export const SCHEME = '\uE003';

/** The requests for one path, or for all paths that begin with it. Decoded, as nginx and HAProxy compare. */
export interface PathClass {
  readonly path: string;
  readonly isExact: boolean;
}

/** The path of a class with its unknown end. */
export const symbolOf = ({ path, isExact }: PathClass): string => (isExact ? path : path + REST);

/** A decoded path as a request carries it. */
export function encodePath(path: string): string {
  const escaped = path.replaceAll('%', '%25').replaceAll('?', '%3F').replaceAll('#', '%23');
  // The URL parser escapes the rest, and reads a backslash as a slash.
  const url = new URL(`http://h${escaped.replaceAll('\\', '%5C')}`);
  return url.pathname.replaceAll('|', '%7C');
}

/** What becomes of a path: unchanged, another prefix in its place, or something that a route cannot say. */
export type Mapping =
  | { readonly kind: 'same' }
  | { readonly kind: 'prefix'; readonly to: string; readonly isExactly: boolean }
  | { readonly kind: 'fixed'; readonly to: string }
  | { readonly kind: 'other' };

/** How a route for `from` has to replace its path so that a request gets `to`, which may end with REST. */
export function mappingOf(from: PathClass, to: string): Mapping {
  if (to === symbolOf(from)) return { kind: 'same' };
  const at = to.indexOf(REST);
  if (at < 0) return from.isExact ? { kind: 'prefix', to, isExactly: true } : { kind: 'fixed', to };
  if (from.isExact || at !== to.length - 1) return { kind: 'other' };
  const base = to.slice(0, -1);
  if (!base.startsWith('/') && base !== '') return { kind: 'other' };
  return { kind: 'prefix', to: base || '/', isExactly: base.endsWith('/') === from.path.endsWith('/') };
}
