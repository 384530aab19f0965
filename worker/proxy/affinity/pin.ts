/** Decides which responses pin their client to a backend, and builds the Set-Cookie of those. */
import type { MappedAttempt } from '../../protocol/messages.ts';
import { type Exchange, isPreflight } from '../exchange.ts';
import type { PoolView } from '../pool-client/pool-view.ts';
import { type CookieLives, isHalfSpent, issuePin, otherPins, type Pin } from './cookie.ts';

/**
 * Whether the response of `backend` sets a cookie: the client has no valid pin in this pool, or one that is half spent, or
 * its own backend has just failed. The pin of a draining backend is not renewed, or draining would never end.
 */
export function needsPin(exchange: Exchange, backend: string, response: Response): boolean {
  const { route, startedAt, view } = exchange;
  if (route.affinity === 'none' || route.affinity === 'ip') return false;
  const own = ownPin(exchange);
  const stays = own !== null && backendToPin(exchange, own, backend) === own.backend;
  if (stays && !isHalfSpent(own, route.affinityCookie, startedAt)) return false;
  if (stays && isDraining(view, own.backend)) return false;
  return isPinnable(exchange, response);
}

/** The Set-Cookie that pins the client to the backend that responded, or renews the pin to the client's own backend. */
export function buildPinCookie(
  exchange: Exchange,
  backend: string,
  affinityCookies: CookieLives | null,
): Promise<string> {
  const { route, headers, target, startedAt, view, env } = exchange;
  const { id: pool, backends } = view.config;
  const own = ownPin(exchange);
  const to = backendToPin(exchange, own, backend);
  const issuedAt = Math.floor(startedAt / 1_000);
  if (to !== own?.backend) view.addClient(exchange, { backend: to, issuedAt, headers });
  const scope = { pool, backends, cookie: route.affinityCookie, secrets: env.AFFINITY_SECRET ?? '' };
  const { name, ttlSeconds } = route.affinityCookie;
  // The cookie lives as long as the longest-lived pin in it; each pin carries its own time of issue.
  const longest = affinityCookies?.get(name) ?? ttlSeconds;
  const others = otherPins(headers.get('cookie'), scope, longest, startedAt);
  const cookie = others.length > 0 ? { ...scope.cookie, ttlSeconds: longest } : scope.cookie;
  return issuePin({ ...scope, cookie }, to, startedAt, { isSecure: target.scheme === 'https', others });
}

/** The client's pin in the pool that responded: a fallback pool has pins of its own. */
const ownPin = ({ pin, view }: Exchange): Pin | null => (pin?.pool === view.config.id ? pin : null);

/** A client keeps its backend, unless that has failed in this exchange: it may have gone elsewhere only to carry a probe. */
function backendToPin({ attempts }: Exchange, own: Pin | null, responded: string): string {
  if (own === null) return responded;
  return attempts.some((one) => one.backend === own.backend && hasFailed(one)) ? responded : own.backend;
}

const hasFailed = ({ outcome }: MappedAttempt): boolean => outcome !== 'ok' && outcome !== 'client-closed';

const isDraining = (view: PoolView, id: string): boolean =>
  view.config.backends.some((backend) => backend.id === id && backend.state === 'draining');

/** A failed response must not pin its client to what fails; a shared cache would hand one client's pin to all. */
function isPinnable(exchange: Exchange, { status, headers }: Response): boolean {
  const { failureStatuses } = exchange.view.config.ejection;
  if (exchange.attempts.at(-1)?.outcome !== 'ok' || failureStatuses.includes(status)) return false;
  return status !== 304 && !isPreflight(exchange) && !isForSharedCaches(headers);
}

/** Whether the response explicitly allows shared caches to store it (RFC 9111, 5.2.2; for those of a CDN, RFC 9213). */
export function isForSharedCaches(headers: Headers): boolean {
  if (/(^|[\s,])(public|s-maxage)\s*($|[=,])/i.test(headers.get('cache-control') ?? '')) return true;
  return ['cdn-cache-control', 'cloudflare-cdn-cache-control'].some((name) =>
    /(^|[\s,])(public|(s-maxage|max-age)\s*=\s*"?[1-9])/i.test(headers.get(name) ?? ''),
  );
}
