/** Splits a request's URL without parsing it: a URL object costs a tenth of the proxied path's speed. No I/O. */
import { normalPath } from '../../config/path.ts';

/** The parts of a request's URL. */
export interface Target {
  readonly scheme: 'http' | 'https';
  /** As in the URL, with the port. */
  readonly authority: string;
  /** Lower case, without port and trailing dot. */
  readonly host: string;
  /** Starts with a slash; without the query. */
  readonly path: string;
  /** The path that routes are compared with; the same string unless it has needless escapes. */
  readonly routePath: string;
  /** With its question mark, or ''. */
  readonly query: string;
}

/** Matches a path that a URL parser would rewrite (dot segments, backslashes): it must be routed as it will be sent. */
const NEEDS_PARSING = /\/(\.|%2e)|\\/i;

/** Splits `scheme://authority/path?query`, the form in which the runtime gives it. */
export function readTarget(url: string): Target {
  const scheme = url.startsWith('https:') ? 'https' : 'http';
  const from = scheme.length + 3;
  const end = authorityEnd(url, from);
  const authority = url.slice(from, end);
  const rest = end < url.length ? url.slice(end) : '/';
  const mark = rest.indexOf('?');
  const query = mark < 0 ? '' : rest.slice(mark);
  const raw = mark < 0 ? rest : rest.slice(0, mark);
  const rooted = raw.startsWith('/') ? raw : `/${raw}`;
  // After a fixed host no path can name another host.
  const path = NEEDS_PARSING.test(rooted) ? new URL(`http://h${rooted}`).pathname : rooted;
  return { scheme, authority, host: cachedHostOf(authority), path, routePath: normalPath(path), query };
}

const SLASH = 47;
const QUESTION = 63;
const HASH = 35;
const BACKSLASH = 92;

/** Where the authority that begins at `from` ends. */
function authorityEnd(url: string, from: number): number {
  for (let at = from; at < url.length; at++) {
    const code = url.charCodeAt(at);
    if (code === SLASH || code === QUESTION || code === HASH || code === BACKSLASH) return at;
  }
  return url.length;
}

let lastAuthority = '';
let lastHost = '';

/**
 * `hostOf` with a cache of one: most requests of an isolate have the same authority, and a map finds a string faster that
 * it has looked up before.
 */
function cachedHostOf(authority: string): string {
  if (authority !== lastAuthority) {
    lastHost = hostOf(authority);
    lastAuthority = authority;
  }
  return lastHost;
}

function hostOf(authority: string): string {
  const afterUser = authority.slice(authority.lastIndexOf('@') + 1);
  const bracket = afterUser.indexOf(']');
  const colon = afterUser.indexOf(':', Math.max(0, bracket));
  const host = (colon < 0 ? afterUser : afterUser.slice(0, colon)).toLowerCase();
  return host.endsWith('.') ? host.slice(0, -1) : host;
}
