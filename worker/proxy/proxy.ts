/** The life of a proxied request: route -> first pick -> attempts -> response. */
import { countRequest, takeRetry } from '../balance/budget.ts';
import { isFailure } from '../balance/ejection.ts';
import { isRetryable } from '../balance/retry.ts';
import type { Env } from '../env.ts';
import { logMapping } from '../log/sinks.ts';
import { attempt } from './attempt.ts';
import { canResend, prepareBody } from './body.ts';
import { firstPick, nextPick, type Pick } from './candidates.ts';
import { begin, type Exchange, mappingOf, noteAttempt, saneRequestId } from './exchange.ts';
import { failure } from './failure.ts';
import { type Found, fallback, hasOthers } from './fallback.ts';
import { current, type Held, isStale, newRequestId, refresh, viewOf } from './isolate.ts';
import { headersOf, messageOf } from './message.ts';
import { recordAttempt, recordMapping, recordProbe } from './outbox.ts';
import { nobodyToAsk, noneAnswered, refuse } from './own-answers.ts';
import { needsPin, pinTo } from './pin.ts';
import { notePlace } from './place.ts';
import type { PoolView } from './pool-view.ts';
import { respond, respondFailure } from './respond.ts';
import { matchRoute } from './routes.ts';
import type { Target } from './target.ts';
import { attemptMs, wholeMs } from './timeouts.ts';
import { isLoop, upstreamUrl } from './upstream.ts';

/** Answers one request that is not for an admin host. Never throws for what a client or a backend does. */
export async function proxy(
  request: Request,
  target: Target,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  const startedAt = Date.now();
  const requestId = saneRequestId(request.headers) ?? newRequestId();
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
    const exchange = begin(request, target, route, view.config, requestId, startedAt);
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
    return await carryOut(exchange, view, pick, config, env, ctx);
  }
  return refuse(request, failure(404, 'No route is configured for this host and path.', requestId));
}

/** Whether the pool's object has heard of newer routes than `config` holds. */
export const isOutdated = (config: Held, view: PoolView): boolean =>
  view.gone || view.routesRevision > config.snapshot.routesRevision;

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
  let { view, pick }: Found = first
    ? { view: start, pick: first }
    : await fallback(exchange, start, env, ctx);
  if (!pick) {
    finish(exchange, view, null, 503, env, ctx);
    return refuse(request, nobodyToAsk(exchange, view));
  }
  // The configuration may change while a body is read or a backend is waited for: an index holds for this turn only.
  let { backend, upstream } = view.member(pick.index);
  countRequest(view.budget, exchange.startedAt);
  exchange.reason = pick.reason;
  const mayRepeat = retry.maxRetries > 0 && hasOthers(start.config);
  const body = await prepareBody(request, mayRepeat ? retry.bodyLimitBytes : -1, ctx);
  // What the client took to send its body is not the backends' doing.
  const deadline = Date.now() + wholeMs(exchange, view.config, backend);
  const headers = headersOf(exchange, config.pseudonym);
  const tried = new Set<string>();

  for (;;) {
    tried.add(upstream.id);
    if (pick.reason === 'probe') recordProbe(view, upstream.id, exchange.requestId, env, ctx);
    const message = messageOf(upstreamUrl(upstream, target, route), exchange, headers, body);
    const timeoutMs = attemptMs(exchange, view.config, backend, deadline - Date.now());
    addInFlight(view, upstream.id, 1);
    const upload = body.kind === 'stream' ? body.upload : null;
    const limits = { timeoutMs, upload, isAbortable: exchange.attempts.length > 0 };
    const { outcome, response } = await attempt(upstream, message, limits, request, env);
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
      Date.now() < deadline;
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
      const pin = response && needsPin(exchange) ? await pinTo(exchange, view, upstream.id, env) : null;
      const answer = response
        ? respond(exchange, response, upstream.id, pin)
        : respondFailure(exchange, noneAnswered(exchange));
      finish(exchange, view, response ? upstream.id : null, answer.status, env, ctx);
      return answer;
    }
    // The answer that is not used must not hold one of the six connections.
    void response?.body?.cancel();
    pick = next;
    ({ backend, upstream } = view.member(pick.index));
  }
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
