/** Predicts what would happen to a request: the proxy's own routing and selection, run on copies. Nothing is sent. */
import { isOut, standing } from '../balance/available.ts';
import { fallbackOf } from '../config/check.ts';
import type { Env } from '../env.ts';
import type { Candidate, Explanation, LeftOut } from '../protocol/traffic-schemas.ts';
import { beginExchange, type Exchange } from './exchange.ts';
import { isOutdated, loadedConfig, refresh, viewOf } from './pool-client/isolate.ts';
import type { Context, PoolClient } from './pool-client/pool-client.ts';
import type { PoolView } from './pool-client/pool-view.ts';
import { redirectUrl } from './routing/own-answer.ts';
import { type CompiledRoute, listNotMatched, matchRoute, type NotMatched } from './routing/routes.ts';
import { copySplit } from './routing/split.ts';
import { readTarget } from './routing/target.ts';
import { selectFallback, selectFirst, selectNext } from './selection/select.ts';
import { selectPool } from './selection/select-pool.ts';
import { isLoop } from './upstream/upstream.ts';

export type { Candidate, Explanation, LeftOut };

/**
 * Predicts what would happen to `request` from `country` if this isolate received it now. Null: no configuration can be
 * reached.
 */
export async function explain(
  request: Request,
  country: string | null,
  env: Env,
): Promise<Explanation | null> {
  const { headers } = request;
  const target = readTarget(request.url);
  const startedAt = Date.now();
  const incoming = {
    request,
    headers,
    target,
    requestId: 'explain',
    startedAt,
    country,
    env,
    ctx: NO_CONTEXT,
  };
  let config = await refresh(env);
  if (!config) return null;
  const refused = (
    status: number,
    why: string,
    route: CompiledRoute | null = null,
    notMatched: readonly NotMatched[] = [],
  ): Explanation => ({
    revision: config?.snapshot.revision ?? 0,
    host: target.host,
    path: target.path,
    route: route?.config.id ?? null,
    pool: null,
    policy: null,
    affinity: null,
    candidates: [],
    leftOut: [],
    attempts: { most: 0, why },
    answer: { status, why },
    notMatched,
  });
  if (isLoop(headers, config.pseudonym))
    return refused(
      508,
      'its X-Evenkeel-Loop header says that it has already passed through this load balancer',
    );
  for (let mayRefresh = true; ; mayRefresh = false) {
    const route = matchRoute(config.routes, target, incoming);
    const notMatched = listNotMatched(config.routes, target, incoming, route);
    if (!route) return refused(404, 'no route is configured for this host and path', null, notMatched);
    const { id, affinity } = route.config;
    if (route.redirect) {
      const why = `route ${id} redirects to ${redirectUrl(route.redirect, target)}`;
      return refused(route.redirect.status, why, route, notMatched);
    }
    if (route.respond) return refused(route.respond.status, `route ${id} answers itself`, route, notMatched);
    const pool = await selectPool(route, route.split && copySplit(route.split), incoming);
    const client = viewOf(pool);
    if (!client)
      return refused(404, `route ${id} names pool ${pool}, which does not exist`, route, notMatched);
    const copies = await peekAtPools(client, incoming);
    const copyOf = (id: string) => copies.get(id);
    const view = copyOf(pool)!;
    const exchange = beginExchange(incoming, route, client);
    exchange.choice = await selectFirst(exchange, view);
    if (mayRefresh && isOutdated(config, view)) {
      config = (await refresh(env)) ?? config;
      continue;
    }
    const candidates = await listCandidates(exchange, view, copyOf);
    return {
      revision: loadedConfig()?.snapshot.revision ?? 0,
      host: target.host,
      path: target.path,
      route: id,
      pool,
      policy: view.config.policy,
      affinity,
      candidates,
      leftOut: [...copies.values()].flatMap(listLeftOut),
      attempts: maxAttempts(exchange, candidates.length),
      answer: candidates.length > 0 ? null : { status: 503, why: 'no backend is available' },
      notMatched,
    };
  }
}

/** A prediction leaves no work behind the response. */
const NO_CONTEXT = {
  waitUntil: () => undefined,
  passThroughOnException: () => undefined,
} as unknown as ExecutionContext;

/** Copies of a pool and of those that stand in for it; each as its object knows it, where a request would ask that. */
async function peekAtPools(first: PoolClient, context: Context): Promise<Map<string, PoolView>> {
  const copies = new Map<string, PoolView>();
  for (let client: PoolClient | undefined = first; client; ) {
    const now = Date.now();
    if (!client.isKnown(now) || (client.policy.leased && !client.mayGoAlone(now)))
      await client.sync(context, 0);
    copies.set(client.config.id, client.peek());
    const next: string | null = fallbackOf(client.config);
    client = next === null || copies.has(next) ? undefined : viewOf(next);
  }
  return copies;
}

/** Lists the backends in the order in which the proxy would try them if each one failed. */
async function listCandidates(
  exchange: Exchange,
  first: PoolView,
  copyOf: (pool: string) => PoolView | undefined,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  const tried = new Set<string>();
  let { view, choice } = { view: first, choice: exchange.choice };
  if (!choice) ({ view, choice } = await selectFallback(exchange, view, copyOf));
  while (choice) {
    const { id } = view.upstreams[choice.index]!;
    tried.add(id);
    candidates.push({ pool: view.config.id, backend: id, reason: choice.reason });
    choice = selectNext(exchange, view, tried);
    if (choice) continue;
    const other = await selectFallback(exchange, view, copyOf);
    if (other.view !== view) tried.clear();
    ({ view, choice } = other);
  }
  return candidates;
}

/** The backends of a pool that get no new request, each with the reason. */
function listLeftOut(view: PoolView): LeftOut[] {
  const { id, backends } = view.config;
  const set = view.eligible();
  return backends.flatMap((backend, i): LeftOut[] => {
    const ejectedUntil = isOut(view.verdict(i)) ? view.ejectedUntil(i) || null : null;
    const leftOut = (status: LeftOut['status'], why: string) => [
      { pool: id, backend: backend.id, status, why, ejectedUntil },
    ];
    const status = standing(backend, view.verdict(i));
    if (status === 'draining')
      return leftOut(status, 'draining: no new clients; clients with its affinity cookie stay');
    if (status === 'disabled') return leftOut(status, 'disabled: no requests');
    if (status === 'weight-0') return leftOut(status, 'weight 0: no new requests');
    if (set.indices.includes(i)) return [];
    if (status === 'unhealthy') return leftOut(status, 'unhealthy: its health checks fail');
    if (status === 'ejected') return leftOut(status, `ejected: ${describeEnd(ejectedUntil ?? 0)}`);
    if (status === 'failing')
      return leftOut(
        status,
        view.waits[i]!.stalled
          ? 'stalled: requests wait there while other backends answer; used only when no other is left'
          : 'failing, but not ejected because of maxEjectedPercent; used only when no other is left',
      );
    if (backend.tier > set.tier)
      return leftOut(
        'standby',
        `tier ${backend.tier} stands by while tier ${set.tier} has an available backend`,
      );
    return [];
  });
}

const describeEnd = (until: number): string =>
  until > Date.now()
    ? `until ${new Date(until).toISOString()}`
    : 'its time is over, but no probe has succeeded yet';

/** The most attempts that the request can make. */
function maxAttempts({ repeatable, retry, request }: Exchange, candidates: number): Explanation['attempts'] {
  if (candidates <= 1) return { most: candidates, why: 'there is no other backend to try' };
  if (!repeatable)
    return { most: 1, why: `${request.method} is not repeated, unless no connection was ever opened` };
  return { most: Math.min(candidates, 1 + retry.maxRetries), why: `maxRetries is ${retry.maxRetries}` };
}
