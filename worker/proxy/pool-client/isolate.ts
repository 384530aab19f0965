/** What one isolate remembers between requests: plain data only. All of it may vanish at any time and nothing goes wrong. */
import { staticConfig } from '../../config/static.ts';
import { completeRoutes } from '../../config/stored.ts';
import { unroutedPool } from '../../config/unrouted.ts';
import { deploymentInfo, type Env } from '../../env.ts';
import { callObject } from '../../lib/calls.ts';
import { CircuitBreaker } from '../../lib/circuit-breaker.ts';
import { AWAY_MS, FRESH_MS, ISOLATE_DEADLINE_MS } from '../../lib/timing.ts';
import type { Snapshot } from '../../protocol/messages.ts';
import { directoryObject } from '../../protocol/rpc.ts';
import { affinityCookiesOf } from '../affinity/cookie.ts';
import { compileRoutes, type RouteTable } from '../routing/routes.ts';
import type { Deployment } from '../upstream/message.ts';
import { type Host, PoolClient } from './pool-client.ts';
import type { PoolView } from './pool-view.ts';

/** A configuration in hand, with its routes compiled. */
export interface LoadedConfig extends Deployment {
  readonly snapshot: Snapshot;
  readonly routes: RouteTable;
  checkedAt: number;
}

let loaded: LoadedConfig | null = null;
/** When the Directory last answered. One that is back is noticed within `AWAY_MS`. */
const directory = new CircuitBreaker(AWAY_MS);
const clients = new Map<string, PoolClient>();

/** The configuration in hand; null in a fresh isolate. */
export const loadedConfig = (): LoadedConfig | null => loaded;

export const isStale = (config: LoadedConfig, now: number): boolean => now - config.checkedAt >= FRESH_MS;

/** Asks the Directory for a newer configuration. Falls back to what is in hand, then to `STATIC_CONFIG`, then to null. */
export async function refresh(env: Env): Promise<LoadedConfig | null> {
  if (loaded && directory.isOpen(Date.now())) return loaded;
  const known = loaded?.snapshot.revision ?? 0;
  const snapshot = async () => ({ snapshot: await directoryObject(env).snapshot(known) });
  const reply = await callObject(snapshot, ISOLATE_DEADLINE_MS);
  const now = Date.now();
  if (reply) directory.onSuccess(now);
  else directory.onFailure(now);
  if (reply?.snapshot && reply.snapshot.revision >= (loaded?.snapshot.revision ?? 0))
    adoptConfig(reply.snapshot, now);
  else if (!loaded) {
    const declared = staticConfig(env.STATIC_CONFIG, deploymentInfo(env));
    if (!declared) return null;
    const pools = declared.pools.map((pool) => ({ revision: 0, pool }));
    adoptConfig({ revision: 0, routesRevision: 0, instance: 'static', pools, routes: declared.routes }, 0);
  } else if (reply) loaded.checkedAt = now;
  return loaded;
}

/** Whether the pool's object knows of newer routes than `config` holds. */
export const isOutdated = (config: LoadedConfig | null, view: PoolView): boolean =>
  view.gone || view.routesRevision > (config?.snapshot.routesRevision ?? 0);

/** As `refreshBehind`, when the pool's object knows of newer routes. */
async function refreshRoutes(view: PoolView, env: Env): Promise<void> {
  if (isOutdated(loaded, view)) await refreshBehind(env);
}

/** As `refresh`, behind the response; a few times a second at most. */
export async function refreshBehind(env: Env): Promise<void> {
  if (directory.allowProbe(Date.now())) await refresh(env);
}

/** What this isolate knows of a pool of the configuration in hand; undefined when it has none of that id. */
export const viewOf = (pool: string): PoolClient | undefined => clients.get(pool);

let unrouted: PoolClient | null = null;

/** Stands for a pool where requests that come to no route are counted and recorded. */
export function unroutedClient(): PoolClient {
  unrouted ??= new PoolClient(unroutedPool(), 0, host);
  return unrouted;
}

/** How many pools' objects do not answer this isolate; 1 at least. */
function lostPools(): number {
  let lost = 0;
  for (const { breaker } of clients.values()) if (breaker.hasFailed) lost++;
  return Math.max(1, lost);
}

const host: Host = { lostPools, refreshRoutes };

function adoptConfig(snapshot: Snapshot, now: number): void {
  const pseudonym = `evenkeel-${snapshot.instance}`;
  const routes = compileRoutes(completeRoutes(snapshot.routes), loaded?.routes);
  const affinityCookies = affinityCookiesOf(snapshot.routes);
  loaded = { snapshot, routes, pseudonym, affinityCookies, checkedAt: now };
  const left = new Set(clients.keys());
  for (const { revision, pool } of snapshot.pools) {
    left.delete(pool.id);
    const client = clients.get(pool.id);
    if (!client) clients.set(pool.id, new PoolClient(pool, revision, host));
    else if (revision > client.revision || client.gone) client.configure(pool, revision);
  }
  for (const id of left) clients.delete(id);
}
