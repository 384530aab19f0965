/** The life of a proxied request: route -> first pick -> attempts -> response. */
import { countRequest, takeRetry } from '../balance/budget.ts';
import { isFailure } from '../balance/ejection.ts';
import { isRepeatable, isRetryable } from '../balance/retry.ts';
import { fallbackOf } from '../config/check.ts';
import type { PoolConfig, RouteConfig } from '../config/schema.ts';
import type { Env } from '../env.ts';
import { logMapping } from '../log/sinks.ts';
import { hideCookie, isHalfSpent, issuePin } from './affinity.ts';
import { attempt } from './attempt.ts';
import { canResend, prepareBody, requestTo } from './body.ts';
import { firstPick, nextPick, type Pick } from './candidates.ts';
import { noteClient } from './clients.ts';
import { type Exchange, mappingOf, noteAttempt, saneRequestId } from './exchange.ts';
import { failure } from './failure.ts';
import { current, type Held, isStale, newRequestId, refresh, viewOf } from './isolate.ts';
import { recordAttempt, recordMapping, recordProbe } from './outbox.ts';
import { notePlace } from './place.ts';
import type { PoolView } from './pool-view.ts';
import { respond, respondFailure } from './respond.ts';
import { matchRoute } from './routes.ts';
import { readTarget, type Target } from './target.ts';
import { takeIn } from './upload.ts';
import { isLoop, setForwardedHeaders, stripHopByHop, upstreamUrl } from './upstream.ts';

/** Answers one request that is not for an admin host. Never throws for what a client or a backend does. */
export async function proxy(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const startedAt = Date.now();
  const requestId = saneRequestId(request.headers) ?? newRequestId();
  const target = readTarget(request.url);
  notePlace(request);
  let config = current() ?? (await refresh(env));
  if (!config) {
    const later = { 'retry-after': '5' };
    return refuse(request, failure(503, 'No configuration can be reached.', requestId, later));
  }
  if (isLoop(request.headers, config.pseudonym))
    return refuse(
      request,
      failure(508, 'This request has been through this load balancer before.', requestId),
    );

  let route = matchRoute(config.routes, target.host, target.path);
  if (!route && isStale(config, startedAt)) {
    config = (await refresh(env)) ?? config;
    route = matchRoute(config.routes, target.host, target.path);
  }
  for (let again = true; route; again = false) {
    const view = viewOf(route.pool);
    if (!view) break;
    const exchange = begin(request, target, route, view, requestId, startedAt);
    const pick = await firstPick(exchange, view, env, ctx);
    if (again && isOutdated(config, view)) {
      // The pool's object has heard of newer routes than ours: this request must follow them.
      config = (await refresh(env)) ?? config;
      const newer = matchRoute(config.routes, target.host, target.path);
      if (newer?.pool !== route.pool || view.gone) {
        route = newer;
        continue;
      }
    }
    return carryOut(exchange, view, pick, config, env, ctx);
  }
  return refuse(request, failure(404, 'No route is configured for this host and path.', requestId));
}

/** Answers in a backend's stead, once the client has said what it has to say. */
async function refuse(request: Request, answer: Response): Promise<Response> {
  await takeIn(request.body);
  return answer;
}

/** Whether the pool's object has heard of newer routes than `config` holds. */
export const isOutdated = (config: Held, view: PoolView): boolean =>
  view.gone || view.routesRevision > config.snapshot.routesRevision;

/** What is known of a request before anybody is asked. */
export function begin(
  request: Request,
  target: Target,
  route: RouteConfig,
  view: PoolView,
  requestId: string,
  startedAt: number,
): Exchange {
  const retry = route.retry ? { ...view.config.retry, ...dropUndefined(route.retry) } : view.config.retry;
  const repeatable = isRepeatable(
    request.method,
    retry.nonIdempotent === 'idempotency-key' && request.headers.has('idempotency-key'),
    retry.nonIdempotent,
  );
  const upgrade = request.headers.get('upgrade')?.toLowerCase() === 'websocket';
  return {
    request,
    target,
    route,
    requestId,
    startedAt,
    upgrade,
    repeatable,
    retry,
    attempts: [],
    pin: null,
    pool: view.config.id,
    reason: 'policy',
  };
}

const dropUndefined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

/** Tries one backend after another until one answers, or none may be tried any more. */
async function carryOut(
  exchange: Exchange,
  start: PoolView,
  first: Pick | null,
  config: Held,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  const { request, target, route, retry } = exchange;
  let view = start;
  let pick = first;
  const tried = new Set<string>();
  if (!pick) ({ view, pick } = await fallback(exchange, view, env, ctx));
  if (!pick) return unavailable(exchange, view, env, ctx);
  // The configuration may change while a body is read or a backend is waited for: an index holds for this turn only.
  let { backend, upstream } = view.member(pick.index);
  countRequest(view.budget, exchange.startedAt);
  exchange.reason = pick.reason;
  const body = await prepareBody(
    request,
    retry.maxRetries > 0 && hasOthers(start.config) ? retry.bodyLimitBytes : -1,
    ctx,
  );
  // What the client took to send its body is not the backends' doing.
  const readyAt = Date.now();
  const ownMs = route.timeoutMs ?? view.config.timeoutMs;
  const wholeMs = Math.max(ownMs, backend.timeoutMs ?? 0) * (1 + retry.maxRetries);

  for (;;) {
    tried.add(upstream.id);
    if (pick.reason === 'probe') recordProbe(view, upstream.id, exchange.requestId, env, ctx);
    const upstreamRequest = requestTo(upstreamUrl(upstream, target, route), request, body);
    stripHopByHop(upstreamRequest.headers, 'request');
    if (route.affinity !== 'none' && route.affinity !== 'ip')
      hideCookie(upstreamRequest.headers, route.affinityCookie.name);
    setForwardedHeaders(upstreamRequest.headers, target, {
      requestId: exchange.requestId,
      pseudonym: config.pseudonym,
    });

    const leftMs = wholeMs - (Date.now() - readyAt);
    const timeoutMs = Math.max(
      1,
      Math.min(backend.timeoutMs ?? route.timeoutMs ?? view.config.timeoutMs, leftMs),
    );
    addInFlight(view, upstream.id, 1);
    const upload = body.kind === 'stream' ? body.upload : null;
    const limits = { timeoutMs, upload, isAbortable: exchange.attempts.length > 0 };
    const { outcome, response } = await attempt(upstream, upstreamRequest, limits, request, env);
    addInFlight(view, upstream.id, -1);
    const failed = isFailure(outcome, view.config.ejection.failureStatuses, exchange.upgrade);
    const isFirst = exchange.attempts.length === 0;
    noteAttempt(exchange, upstream.id, outcome, failed);
    view.noteAttempt(pick.index, upstream, failed);
    const example = failed || pick.reason === 'probe' ? exchange.requestId : null;
    recordAttempt(view, upstream.id, outcome, failed, isFirst, exchange.upgrade, example, env, ctx);

    let next: Pick | null = null;
    const mayRetry =
      exchange.attempts.length <= retry.maxRetries &&
      canResend(body) &&
      isRetryable(outcome, exchange.repeatable, retry.on) &&
      Date.now() - readyAt < wholeMs;
    if (mayRetry) {
      const other = nextPick(exchange, view, tried);
      const found = other ? { view, pick: other } : await fallback(exchange, view, env, ctx);
      if (found.pick && takeRetry(start.budget, retry.budgetPercent, Date.now())) {
        next = found.pick;
        if (found.view !== view) tried.clear();
        view = found.view;
        exchange.reason = next.reason;
      }
    }
    if (!next) {
      if (!response && body.kind === 'stream') await body.upload.drain();
      const answer = response
        ? respond(exchange, response, upstream.id, await pinFor(exchange, view, upstream.id, env))
        : respondFailure(exchange, noAnswer(exchange));
      finish(exchange, view, response ? upstream.id : null, answer.status, env, ctx);
      return answer;
    }
    // The answer that is not used must not hold one of the six connections.
    void response?.body?.cancel();
    pick = next;
    ({ backend, upstream } = view.member(pick.index));
  }
}

/** Whether there may be somebody else to try: in the pool, or in the one that takes over. */
const hasOthers = (config: PoolConfig): boolean => config.backends.length > 1 || fallbackOf(config) !== null;

/** The Set-Cookie that pins the client: to who answered, or again to its own backend when the cookie is half spent. */
async function pinFor(exchange: Exchange, view: PoolView, backend: string, env: Env): Promise<string | null> {
  const { route, pin, target, startedAt } = exchange;
  if (route.affinity === 'none' || route.affinity === 'ip') return null;
  if (pin && !isHalfSpent(pin, route.affinityCookie, startedAt)) return null;
  if (!pin) noteClient(view, backend, Math.floor(startedAt / 1_000), exchange.request, env);
  const secure = target.scheme === 'https';
  return issuePin(
    route.affinityCookie,
    view.config.id,
    pin?.backend ?? backend,
    env.AFFINITY_SECRET ?? '',
    secure,
    startedAt,
  );
}

/** The pool that takes over when nobody of this one may be asked, and its first pick; a chain of pools ends with `null`. */
export async function fallback(
  exchange: Exchange,
  from: PoolView,
  env: Env,
  ctx: ExecutionContext,
  find = viewOf,
): Promise<{ view: PoolView; pick: Pick | null }> {
  let view = from;
  for (let id = fallbackOf(view.config); id; id = fallbackOf(view.config)) {
    const other = find(id);
    if (!other) break;
    view = other;
    const pick = await firstPick(exchange, view, env, ctx);
    if (pick) return { view, pick: { ...pick, reason: 'fallback' } };
  }
  return { view, pick: null };
}

/** Nobody may be asked: 503, and when to come back. */
function unavailable(exchange: Exchange, view: PoolView, env: Env, ctx: ExecutionContext): Promise<Response> {
  const soonest = view.soonestReturn();
  const waitMs = soonest > 0 ? soonest - Date.now() : view.config.ejection.baseMs;
  const retryAfter = String(Math.max(1, Math.ceil(waitMs / 1_000)));
  finish(exchange, view, null, 503, env, ctx);
  const detail = 'No backend of this pool takes requests just now.';
  return refuse(exchange.request, failure(503, detail, exchange.requestId, { 'retry-after': retryAfter }));
}

function noAnswer(exchange: Exchange): Response {
  const last = exchange.attempts.at(-1)!.outcome;
  if (last === 'timeout') return failure(504, 'No backend answered in time.', exchange.requestId);
  return failure(502, 'No backend could be reached.', exchange.requestId);
}

function finish(
  exchange: Exchange,
  view: PoolView,
  backend: string | null,
  status: number,
  env: Env,
  ctx: ExecutionContext,
): void {
  exchange.pool = view.config.id;
  const mapping = mappingOf(exchange, backend, status);
  // Before the outbox: its batch takes the log along.
  logMapping(mapping, exchange.route.logSampleRate, env);
  recordMapping(view, mapping, env, ctx);
}

function addInFlight(view: PoolView, id: string, change: number): void {
  if (view.config.policy !== 'least-request') return;
  const now = (view.inFlight.get(id) ?? 0) + change;
  if (now > 0) view.inFlight.set(id, now);
  else view.inFlight.delete(id);
}
