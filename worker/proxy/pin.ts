/** When a response pins its client to a backend. */
import type { Env } from '../env.ts';
import { isHalfSpent, issuePin } from './affinity.ts';
import { noteClient } from './clients.ts';
import type { Exchange } from './exchange.ts';
import type { PoolView } from './pool-view.ts';

/** Whether the client needs a cookie: it has none that counts, or one that is half spent. */
export function needsPin({ route, pin, startedAt }: Exchange): boolean {
  if (route.affinity === 'none' || route.affinity === 'ip') return false;
  return pin === null || isHalfSpent(pin, route.affinityCookie, startedAt);
}

/** The Set-Cookie that pins the client to who answered, or again to its own backend when the cookie is half spent. */
export function pinTo(exchange: Exchange, view: PoolView, backend: string, env: Env): Promise<string> {
  const { route, pin, target, startedAt } = exchange;
  if (!pin) noteClient(view, backend, Math.floor(startedAt / 1_000), exchange.request, env);
  const secret = env.AFFINITY_SECRET ?? '';
  const isSecure = target.scheme === 'https';
  return issuePin(route.affinityCookie, view.config.id, pin?.backend ?? backend, secret, isSecure, startedAt);
}
