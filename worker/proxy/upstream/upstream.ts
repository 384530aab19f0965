/** The request that goes to a backend: its URL and its headers. No I/O. */
import { lengthAsSent, normalPath } from '../../config/path.ts';
import type { BackendConfig, RouteConfig } from '../../config/schema.ts';
import { prefixOf } from '../routing/routes.ts';
import type { Target } from '../routing/target.ts';

/** A backend with what can be prepared per configuration. */
export interface Upstream {
  readonly id: string;
  /** Scheme, host, port and path prefix, without trailing slash; '' for a binding. */
  readonly base: string;
  /** The path prefix alone. */
  readonly prefix: string;
  /** The ways to write scheme, host and port that the backend may use for itself; none for a binding. */
  readonly origins: readonly string[];
  readonly hostname: string;
  readonly binding: string | null;
  readonly keepsHost: boolean;
}

/** Prepares a backend. */
export function compileUpstream(backend: BackendConfig): Upstream {
  const { id, binding } = backend;
  const keepsHost = backend.host === 'client' || binding !== null;
  if (backend.url === null)
    return { id, base: '', prefix: '', origins: [], hostname: '', binding, keepsHost };
  const { origin, hostname, pathname, port, protocol } = new URL(backend.url);
  const prefix = prefixOf(pathname);
  const origins = port === '' ? [origin, `${origin}:${protocol === 'https:' ? 443 : 80}`] : [origin];
  return { id, base: origin + prefix, prefix, origins, hostname, binding, keepsHost };
}

/** The URL to fetch: the backend's base, then the request's path and query. Nothing that a client sends changes the host. */
export function upstreamUrl(upstream: Upstream, target: Target, route: RouteConfig): string {
  let path = target.path;
  if (route.stripPrefix) {
    const { length } = prefixOf(normalPath(route.path));
    path = path.slice(path === target.routePath ? length : lengthAsSent(path, length));
    if (!path.startsWith('/')) path = `/${path}`;
  }
  if (!upstream.keepsHost) return upstream.base + path + target.query;
  return `${target.scheme}://${target.host}${portOf(target.authority)}${upstream.prefix}${path}${target.query}`;
}

const portOf = (authority: string): string => /:\d+$/.exec(authority)?.[0] ?? '';

/**
 * Hop-by-hop by name although no `Connection` header need say so (RFC 9110 7.6.1, 11.7; Proxy for httpoxy, CVE-2016-5385).
 * Each look-up costs a thousandth of the path's speed, so each direction has only those that occur in it.
 */
const NEVER_FORWARDED = {
  // Expect: the runtime takes a backend's 100 for its answer, and the answer itself for the next request's.
  request: ['expect', 'proxy', 'proxy-authorization', 'proxy-connection'],
  response: ['proxy-authenticate', 'proxy-authentication-info', 'proxy-connection'],
} as const;
/**
 * Names every deployment of this product that the request has been through. Not `CDN-Loop` (RFC 8586), which the platform
 * itself writes and counts by; not `Via`, for which nginx stops compressing.
 */
const LOOP_HEADER = 'x-evenkeel-loop';
/** Said by clients of themselves or by proxies that we know nothing of; backends would believe it. */
const NOT_TRUSTED = ['forwarded', 'x-forwarded-port', 'x-forwarded-server'] as const;
/** What `Connection` names without meaning a header. */
const CONNECTION_OPTIONS = new Set(['keep-alive', 'close', 'upgrade']);
/** Headers that a client may not remove by naming them in `Connection`: they are ours or the message's own. */
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

/** `Connection`, or null when it names no header for certain: nearly every message only says that it is kept alive. */
function connectionOf(headers: Headers): string | null {
  const connection = headers.get('connection');
  return connection === 'keep-alive' || connection === 'Keep-Alive' ? null : connection;
}

/** Whether `stripHopByHop` may have something to remove. */
export const hasHopByHop = (headers: Headers, direction: 'request' | 'response'): boolean =>
  connectionOf(headers) !== null || NEVER_FORWARDED[direction].some((name) => headers.has(name));

/** Removes hop-by-hop headers that the runtime would let through. */
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

/** Sets what a backend learns of the client. Values that the client sent for these headers are not trusted. */
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

/** Whether the request has been through this deployment before. */
export function isLoop(headers: Headers, pseudonym: string): boolean {
  const hops = headers.get(LOOP_HEADER);
  if (hops === null) return false;
  return hops.split(',').some((hop) => hop.trim() === pseudonym);
}
