/** When a response pins its client to a backend. */
import type { Env } from '../../env.ts';
import type { MappedAttempt } from '../../protocol/messages.ts';
import { type Exchange, isPreflight } from '../exchange.ts';
import { noteClient } from '../pool-client/affinity-clients.ts';
import type { PoolView } from '../pool-client/pool-view.ts';
import type { Deployment } from '../upstream/message.ts';
import { isHalfSpent, issuePin, otherPins, type Pin } from './cookie.ts';

/**
 * Whether the response of `backend` sets a cookie: the client has no pin that counts in this pool, or one that is half
 * spent, or its own backend has just failed it. A draining backend's pin runs out, or draining would never end.
 */
export function needsPin(exchange: Exchange, view: PoolView, backend: string, response: Response): boolean {
  const { route, startedAt } = exchange;
  if (route.affinity === 'none' || route.affinity === 'ip') return false;
  const own = ownPin(exchange, view);
  const stays = own !== null && pinnedTo(exchange, own, backend) === own.backend;
  if (stays && !isHalfSpent(own, route.affinityCookie, startedAt)) return false;
  if (stays && isDraining(view, own.backend)) return false;
  return mayPin(exchange, view, response);
}

/** The Set-Cookie that pins the client to the backend that answered, or again to its own backend when the cookie is half spent. */
export function pinTo(
  exchange: Exchange,
  view: PoolView,
  backend: string,
  { affinityCookies }: Deployment,
  env: Env,
): Promise<string> {
  const { route, headers, request, target, startedAt } = exchange;
  const { affinityCookie } = route;
  const { id, backends } = view.config;
  const own = ownPin(exchange, view);
  const to = pinnedTo(exchange, own, backend);
  if (to !== own?.backend) noteClient(view, to, Math.floor(startedAt / 1_000), request, env);
  // It lives as long as any pin in it may count; each has its own time in it.
  const longest = affinityCookies?.get(affinityCookie.name) ?? affinityCookie.ttlSeconds;
  const others = otherPins(headers.get('cookie'), affinityCookie.name, id, backends, longest, startedAt);
  const cookie = others.length > 0 ? { ...affinityCookie, ttlSeconds: longest } : affinityCookie;
  const isSecure = target.scheme === 'https';
  return issuePin(cookie, id, to, env.AFFINITY_SECRET ?? '', isSecure, startedAt, others);
}

/** A pool that stands in for another has pins of its own. */
const ownPin = ({ pin }: Exchange, view: PoolView): Pin | null => (pin?.pool === view.config.id ? pin : null);

/** A client whose request went elsewhere for another reason, such as to carry a probe, keeps its backend. */
function pinnedTo({ attempts }: Exchange, own: Pin | null, answered: string): string {
  if (own === null) return answered;
  return attempts.some((one) => one.backend === own.backend && hasFailed(one)) ? answered : own.backend;
}

const hasFailed = ({ outcome }: MappedAttempt): boolean => outcome !== 'ok' && outcome !== 'client-closed';

const isDraining = (view: PoolView, id: string): boolean =>
  view.config.backends.some((backend) => backend.id === id && backend.state === 'draining');

/** A shared cache would hand one client's pin to all; a failed answer would bind a client to what fails. */
function mayPin(exchange: Exchange, view: PoolView, { status, headers }: Response): boolean {
  const { failureStatuses } = view.config.ejection;
  if (exchange.attempts.at(-1)?.outcome !== 'ok' || failureStatuses.includes(status)) return false;
  return status !== 304 && !isPreflight(exchange) && !isForSharedCaches(headers);
}

/** Whether the answer says outright that shared caches may keep it (RFC 9111, 5.2.2; for those of a CDN, RFC 9213). */
export function isForSharedCaches(headers: Headers): boolean {
  if (/(^|[\s,])(public|s-maxage)\s*($|[=,])/i.test(headers.get('cache-control') ?? '')) return true;
  return ['cdn-cache-control', 'cloudflare-cdn-cache-control'].some((name) =>
    /(^|[\s,])(public|(s-maxage|max-age)\s*=\s*"?[1-9])/i.test(headers.get(name) ?? ''),
  );
}
