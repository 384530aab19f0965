/** The URL and headers of a request to a backend. No I/O. */
import { prefixOf } from '../../config/path.ts';
import type { BackendConfig } from '../../config/schema.ts';

import { applyRewrite, type Rewrite } from '../routing/rewrite.ts';
import type { Target } from '../routing/target.ts';

/** What can be prepared of a backend once per configuration. */
export interface CompiledBackend {
  readonly id: string;
  /** Scheme, host, port and path prefix, without trailing slash; '' for a binding without a URL. */
  readonly base: string;
  /** The path prefix alone. */
  readonly prefix: string;
  /** Each way to write the backend's scheme, host and port; none for a binding without a URL. */
  readonly origins: readonly string[];
  readonly hostname: string;
  readonly binding: string | null;
  /** It receives the client's Host header. */
  readonly keepsHost: boolean;
  /** Its own limit for response headers; null: the route's or the pool's counts. */
  readonly timeoutMs: number | null;
}

/** Compiles a backend. */
export function compileBackend(backend: BackendConfig): CompiledBackend {
  const { id, binding, timeoutMs } = backend;
  if (backend.url === null)
    return { id, base: '', prefix: '', origins: [], hostname: '', binding, keepsHost: true, timeoutMs };
  const keepsHost = backend.host === 'client';
  const { origin, hostname, pathname, port, protocol } = new URL(backend.url);
  const prefix = prefixOf(pathname);
  const origins = port === '' ? [origin, `${origin}:${protocol === 'https:' ? 443 : 80}`] : [origin];
  return { id, base: origin + prefix, prefix, origins, hostname, binding, keepsHost, timeoutMs };
}

/** The URL to fetch: the backend's base, then the request's path and query. No client input can change the host. */
export function upstreamUrl(backend: CompiledBackend, target: Target, rewrite: Rewrite | null): string {
  const path = rewrite === null ? target.path : applyRewrite(target, rewrite);
  if (!backend.keepsHost) return backend.base + path + target.query;
  return `${target.scheme}://${target.host}${portOf(target.authority)}${backend.prefix}${path}${target.query}`;
}

const portOf = (authority: string): string => /:\d+$/.exec(authority)?.[0] ?? '';

/**
 * Headers that are hop-by-hop even if `Connection` does not name them (RFC 9110 7.6.1, 11.7; Proxy for httpoxy,
 * CVE-2016-5385). Each look-up costs a thousandth of the path's speed, so each direction lists only those that occur in it.
 */
const NEVER_FORWARDED = {
  // Expect: the runtime takes a backend's 100 for the response, and the final response for that of the next request.
  request: ['expect', 'proxy', 'proxy-authorization', 'proxy-connection'],
  response: ['proxy-authenticate', 'proxy-authentication-info', 'proxy-connection'],
} as const;
/**
 * Lists the deployments of this product that the request has passed through. Not `CDN-Loop` (RFC 8586), which the platform
 * writes and counts; not `Via`, which makes nginx stop compressing.
 */
const LOOP_HEADER = 'x-evenkeel-loop';
/** Set by the client or by an unknown proxy; a backend would trust them. */
const NOT_TRUSTED = ['forwarded', 'x-forwarded-port', 'x-forwarded-server'] as const;
/** Options of `Connection` that are not header names. */
const CONNECTION_OPTIONS = new Set(['keep-alive', 'close', 'upgrade']);
/** Headers that a client may not remove by naming them in `Connection`. */
const PROTECTED = new Set([
  'host',
  'content-length',
  'content-type',
  'cookie',
  'authorization',
  'x-request-id',
  LOOP_HEADER,
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/** The `Connection` header; null if it certainly names no header, as in most messages, which only say keep-alive. */
function connectionOf(headers: Headers): string | null {
  const connection = headers.get('connection');
  return connection === 'keep-alive' || connection === 'Keep-Alive' ? null : connection;
}

/** Whether `stripHopByHop` may have a header to remove. */
export const hasHopByHop = (headers: Headers, direction: 'request' | 'response'): boolean =>
  connectionOf(headers) !== null || NEVER_FORWARDED[direction].some((name) => headers.has(name));

/** Removes the hop-by-hop headers that the runtime would pass on. */
export function stripHopByHop(headers: Headers, direction: 'request' | 'response'): void {
  const connection = connectionOf(headers);
  if (connection !== null) {
    for (const option of connection.toLowerCase().split(',')) {
      const name = option.trim();
      if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || CONNECTION_OPTIONS.has(name)) continue;
      if (direction === 'response' || !PROTECTED.has(name)) headers.delete(name);
    }
  }
  for (const name of NEVER_FORWARDED[direction]) if (headers.has(name)) headers.delete(name);
}

/** Sets the headers that describe the client to the backend, and replaces any values that the client sent for them. */
export function setForwardedHeaders(
  headers: Headers,
  target: Target,
  requestId: string,
  pseudonym: string,
): void {
  const client = headers.get('cf-connecting-ip');
  if (client !== null) {
    headers.set('x-forwarded-for', client);
    headers.set('x-real-ip', client);
  } else {
    headers.delete('x-forwarded-for');
    headers.delete('x-real-ip');
  }
  headers.set('x-forwarded-proto', target.scheme);
  headers.set('x-forwarded-host', target.authority);
  headers.set('x-request-id', requestId);
  headers.append(LOOP_HEADER, pseudonym);
  for (const name of NOT_TRUSTED) if (headers.has(name)) headers.delete(name);
}

/** Whether the request has already passed through this deployment. */
export function isLoop(headers: Headers, pseudonym: string): boolean {
  const hops = headers.get(LOOP_HEADER);
  if (hops === null) return false;
  return hops.split(',').some((hop) => hop.trim() === pseudonym);
}
