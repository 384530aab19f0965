/** What would become of a request: the code that routes and picks, run on copies. Nothing moves, nothing is sent. */
import { eligible, standing } from '../balance/available.ts';
import type { Env } from '../env.ts';
import type { Candidate, Explanation, LeftOut } from '../protocol/traffic-schemas.ts';
import { begin, type Exchange } from './exchange.ts';
import { current, isOutdated, refresh, viewOf } from './pool-client/isolate.ts';
import type { PoolView } from './pool-client/pool-view.ts';
import { matchRoute } from './routing/routes.ts';
import { readTarget } from './routing/target.ts';
import { firstPick, nextPick } from './selection/candidates.ts';
import { fallback } from './selection/fallback.ts';
import type { Choice } from './selection/pick.ts';
import { isLoop } from './upstream/upstream.ts';

export type { Candidate, Explanation, LeftOut };

/** Says what would become of `request` if it came to this isolate now. Null: no configuration can be reached. */
export async function explain(request: Request, env: Env): Promise<Explanation | null> {
  const { headers } = request;
  const target = readTarget(request.url);
  const arrival = { request, headers, target, requestId: 'explain', startedAt: Date.now() };
  let config = await refresh(env);
  if (!config) return null;
  const nobody = (status: number, why: string): Explanation => ({
    revision: config?.snapshot.revision ?? 0,
    host: target.host,
    path: target.path,
    route: null,
    pool: null,
    policy: null,
    affinity: null,
    candidates: [],
    leftOut: [],
    attempts: { most: 0, why },
    answer: { status, why },
  });
  if (isLoop(headers, config.pseudonym))
    return nobody(508, 'its X-Evenkeel-Loop header says that it has been through this load balancer before');
  for (let again = true; ; again = false) {
    const route = matchRoute(config.routes, target.host, target.routePath);
    if (!route) return nobody(404, 'no route is configured for this host and path');
    const copies = new Map<string, PoolView | undefined>();
    const find = (pool: string) => {
      if (!copies.has(pool)) copies.set(pool, viewOf(pool)?.copy());
      return copies.get(pool);
    };
    const view = find(route.pool);
    if (!view) return nobody(404, `route ${route.id} names pool ${route.pool}, which is gone`);
    const exchange = begin(arrival, route, view.config);
    const first = await firstPick(exchange, view, env, nothing);
    if (again && isOutdated(config, view)) {
      config = (await refresh(env)) ?? config;
      continue;
    }
    const candidates = await inOrder(exchange, view, first, find, env);
    const pools = new Set([view, ...[...copies.values()].filter((copy) => copy !== undefined)]);
    return {
      revision: current()?.snapshot.revision ?? 0,
      host: target.host,
      path: target.path,
      route: route.id,
      pool: route.pool,
      policy: view.config.policy,
      affinity: route.affinity,
      candidates,
      leftOut: [...pools].flatMap(leftOutOf),
      attempts: mostAttempts(exchange, candidates.length),
      answer: candidates.length > 0 ? null : { status: 503, why: 'no backend may be asked' },
    };
  }
}

/** A rehearsal leaves nothing to be done behind a response. */
const nothing = {
  waitUntil: () => undefined,
  passThroughOnException: () => undefined,
} as unknown as ExecutionContext;

/** Follows the proxy's own way from a failure to the next pick, until there is none. */
async function inOrder(
  exchange: Exchange,
  start: PoolView,
  first: Choice | null,
  find: (pool: string) => PoolView | undefined,
  env: Env,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  const tried = new Set<string>();
  let view = start;
  let pick = first;
  if (!pick) ({ view, pick } = await fallback(exchange, view, env, nothing, find));
  while (pick) {
    const { id } = view.upstreams[pick.index]!;
    tried.add(id);
    candidates.push({ pool: view.config.id, backend: id, reason: pick.reason });
    pick = nextPick(exchange, view, tried);
    if (pick) continue;
    const other = await fallback(exchange, view, env, nothing, find);
    if (other.view !== view) tried.clear();
    ({ view, pick } = other);
  }
  return candidates;
}

function leftOutOf(view: PoolView): LeftOut[] {
  const { id, backends, whenUnavailable } = view.config;
  const set = eligible(backends, view.verdict, whenUnavailable === 'fail-open');
  return backends.flatMap((backend, i): LeftOut[] => {
    const ejectedUntil = view.verdict(i) === 'ejected' ? view.ejectedUntil(i) : null;
    const left = (status: LeftOut['status'], why: string) => [
      { pool: id, backend: backend.id, status, why, ejectedUntil },
    ];
    const verdict = standing(backend, view.verdict(i));
    if (verdict === 'draining') return left(verdict, 'draining: no new clients, those with its cookie stay');
    if (verdict === 'disabled') return left(verdict, 'disabled: asked by nobody');
    if (verdict === 'weight-0') return left(verdict, 'weight 0: no new requests');
    if (set.indices.includes(i)) return [];
    if (verdict === 'ejected') return left(verdict, `ejected: ${whenBack(ejectedUntil ?? 0)}`);
    if (verdict === 'failing')
      return left(
        verdict,
        view.waits[i]!.stalled
          ? 'stalled: requests wait there while other backends answer; asked only when no other is left'
          : 'failing, and kept in by maxEjectedPercent; asked only when no other is left',
      );
    if (backend.tier > set.tier)
      return left(
        'standby',
        `tier ${backend.tier} stands by while tier ${set.tier} has an available backend`,
      );
    return [];
  });
}

const whenBack = (until: number): string =>
  until > Date.now()
    ? `until ${new Date(until).toISOString()}`
    : 'its time is over, its probe has yet to succeed';

function mostAttempts({ repeatable, retry, request }: Exchange, candidates: number): Explanation['attempts'] {
  if (candidates <= 1) return { most: candidates, why: 'there is no other backend to ask' };
  if (!repeatable)
    return { most: 1, why: `${request.method} is not repeated, unless no connection was ever opened` };
  return { most: Math.min(candidates, 1 + retry.maxRetries), why: `maxRetries is ${retry.maxRetries}` };
}
