/** The life of a proxied request: route -> first pick -> attempts -> response. */
import { endRequest } from '../balance/budget.ts';
import { isFinal } from '../balance/retry.ts';
import type { Env } from '../env.ts';
import { logMapping } from '../log/sinks.ts';
import { needsPin, pinTo } from './affinity/pin.ts';
import { ask, hear, mayMoveOn, moveOn, setOut } from './attempts.ts';
import {
  faultyHandshake,
  inALoop,
  noConfiguration,
  noneAnswered,
  noRoute,
  notAsked,
  refuse,
} from './error-responses.ts';
import { type Arrival, type Exchange, mappingOf, saneRequestId } from './exchange.ts';
import { notePlace } from './pool-client/edge-location.ts';
import { current, newRequestId, refresh } from './pool-client/isolate.ts';
import { recordMapping } from './pool-client/outbox.ts';
import type { PoolView } from './pool-client/pool-view.ts';
import { findStart } from './resolve.ts';
import { respond, respondFailure } from './respond.ts';
import type { Target } from './routing/target.ts';
import { countToTheEnd } from './upstream/under-way.ts';
import { isLoop } from './upstream/upstream.ts';

/** Answers one request that is not for an admin host. Never throws for what a client or a backend does. */
export async function proxy(
  request: Request,
  target: Target,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  const startedAt = Date.now();
  const { headers } = request;
  const requestId = saneRequestId(headers) ?? newRequestId();
  const arrival: Arrival = { request, headers, target, requestId, startedAt };
  notePlace(request);
  const config = current() ?? (await refresh(env));
  if (!config) return refuse(request, noConfiguration(requestId));
  if (isLoop(headers, config.pseudonym)) return refuse(request, inALoop(requestId));

  const start = await findStart(arrival, config, env, ctx);
  if (!start) return refuse(request, noRoute(requestId));
  const { exchange } = start;
  const refused = faultyHandshake(exchange);
  if (refused) {
    finish(exchange, start.view, null, refused.status, env, ctx);
    return refuse(request, refused);
  }
  const deployment = current() ?? config;
  const course = await setOut(start, deployment, env, ctx);
  if ('why' in course) {
    const answer = notAsked(exchange, course);
    finish(exchange, course.view, null, answer.status, env, ctx);
    return refuse(request, answer);
  }
  for (;;) {
    const result = await ask(course, env, ctx);
    const { outcome, response } = result;
    hear(course, result, env, ctx);
    const { view, upstream, body } = course;
    if (mayMoveOn(course, outcome) && (await moveOn(course, env, ctx))) {
      // The answer that is not used must not hold one of the six connections.
      void response?.body?.cancel();
      continue;
    }
    // A Response of another status cannot be made, and passing it raw breaks the server in front.
    if (!response || !isFinal(response.status, response.webSocket !== null)) {
      void response?.body?.cancel();
      if (body.kind === 'stream') await body.upload.drain();
      const answer = respondFailure(exchange, noneAnswered(exchange));
      endRequest(course.budget, exchange.startedAt);
      finish(exchange, view, null, answer.status, env, ctx);
      return answer;
    }
    const pin = needsPin(exchange, view, upstream.id, response)
      ? await pinTo(exchange, view, upstream.id, deployment, env)
      : null;
    const counted = course.isCounted
      ? countToTheEnd(view, upstream.id, exchange.method, response, ctx)
      : response;
    const answer = respond(exchange, counted, upstream, pin);
    endRequest(course.budget, exchange.startedAt);
    finish(exchange, view, upstream.id, answer.status, env, ctx);
    return answer;
  }
}

/** Notes what became of the request; nothing of it delays the response. */
function finish(
  exchange: Exchange,
  view: PoolView,
  backend: string | null,
  status: number,
  env: Env,
  ctx: ExecutionContext,
): void {
  exchange.pool = view.config.id;
  const now = Date.now();
  const mapping = mappingOf(exchange, backend, status, now);
  // Before the outbox: its batch takes the log along.
  logMapping(mapping, exchange.route.logSampleRate, env);
  recordMapping(view, mapping, now, env, ctx);
}
