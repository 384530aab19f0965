/** What one isolate remembers between requests: plain data only. All of it may vanish at any time and nothing goes wrong. */
import { staticConfig } from '../../config/static.ts';
import { completeRoutes } from '../../config/stored.ts';
import { unroutedPool } from '../../config/unrouted.ts';
import { deploymentInfo, type Env } from '../../env.ts';
import { retryOnce, withDeadline } from '../../lib/calls.ts';
import { AWAY_MS, FRESH_MS, ISOLATE_DEADLINE_MS } from '../../lib/timing.ts';
import type { Snapshot } from '../../protocol/messages.ts';
import { directoryObject } from '../../protocol/rpc.ts';
import { affinityCookiesOf } from '../affinity/cookie.ts';
import { compileRoutes, type RouteTable } from '../routing/routes.ts';
import type { Deployment } from '../upstream/message.ts';
import { PoolView } from './pool-view.ts';

/** A configuration in hand, with its routes compiled. */
export interface LoadedConfig extends Deployment {
  readonly snapshot: Snapshot;
  readonly routes: RouteTable;
  checkedAt: number;
}

let loaded: LoadedConfig | null = null;
let identity = '';
let requests = 0;
/** When the Directory was last asked in the background. */
let refreshingSince = 0;
let directoryAwayUntil = 0;
const views = new Map<string, PoolView>();

/** Names this isolate to the objects. Made at the first request: no randomness exists before it. */
export function isolateId(): string {
  identity ||= crypto.randomUUID().replaceAll('-', '').slice(0, 16);
  return identity;
}

/** A request id that is unique and cheap: the isolate's random name and a counter. */
export function newRequestId(): string {
  requests++;
  return `${isolateId()}-${requests.toString(36)}`;
}

/** The configuration in hand; null in a fresh isolate. */
export const loadedConfig = (): LoadedConfig | null => loaded;

export const isStale = (config: LoadedConfig, now: number): boolean => now - config.checkedAt >= FRESH_MS;

/** Asks the Directory for a newer configuration. Falls back to what is in hand, then to `STATIC_CONFIG`, then to null. */
export async function refresh(env: Env): Promise<LoadedConfig | null> {
  if (loaded && Date.now() < directoryAwayUntil) return loaded;
  const known = loaded?.snapshot.revision ?? 0;
  const reply = await withDeadline(
    () => retryOnce(async () => ({ snapshot: await directoryObject(env).snapshot(known) })),
    ISOLATE_DEADLINE_MS,
  );
  const now = Date.now();
  directoryAwayUntil = reply ? 0 : now + AWAY_MS;
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
export async function refreshRoutesIfStale(view: PoolView, env: Env): Promise<void> {
  if (isOutdated(loaded, view)) await refreshBehind(env);
}

/** As `refresh`, behind the response; by one request at a time. */
export async function refreshBehind(env: Env): Promise<void> {
  const now = Date.now();
  if (now - refreshingSince < FRESH_MS) return;
  refreshingSince = now;
  await refresh(env);
  refreshingSince = 0;
}

/** What this isolate knows of a pool of the configuration in hand; undefined when it has none of that id. */
export const viewOf = (pool: string): PoolView | undefined => views.get(pool);

let unrouted: PoolView | null = null;

/** Stands for a pool where requests that come to no route are counted and recorded. */
export function unroutedView(): PoolView {
  unrouted ??= new PoolView(unroutedPool(), 0);
  return unrouted;
}

/** How many pools' objects do not answer this isolate; 1 at least. */
export function lostPools(): number {
  let lost = 0;
  for (const { breaker } of views.values()) if (breaker.hasFailed) lost++;
  return Math.max(1, lost);
}

function adoptConfig(snapshot: Snapshot, now: number): void {
  const pseudonym = `evenkeel-${snapshot.instance}`;
  const routes = compileRoutes(completeRoutes(snapshot.routes), loaded?.routes);
  const affinityCookies = affinityCookiesOf(snapshot.routes);
  loaded = { snapshot, routes, pseudonym, affinityCookies, checkedAt: now };
  const left = new Set(views.keys());
  for (const { revision, pool } of snapshot.pools) {
    left.delete(pool.id);
    const view = views.get(pool.id);
    if (!view) views.set(pool.id, new PoolView(pool, revision));
    else if (revision > view.revision || view.gone) view.configure(pool, revision);
  }
  for (const id of left) views.delete(id);
}
