/** The life of a proxied request: resolve, prepare, attempt until one succeeds or none is left, finish. */
import { endRequest } from '../balance/budget.ts';
import { isFinal } from '../balance/retry.ts';
import type { Env } from '../env.ts';
import { msBetween } from '../lib/time.ts';
import { logMapping } from '../log/sinks.ts';
import type { Mapping } from '../protocol/messages.ts';
import type { Bytes } from '../stats/received.ts';
import { buildPinCookie, needsPin } from './affinity/pin.ts';
import { judgeRetry, recordOutcome, selectNextBackend, sendAttempt } from './attempts.ts';
import {
  allAttemptsFailed,
  contentTooLarge,
  handshakeError,
  loopDetected,
  noConfiguration,
  noRoute,
  notForwarded,
  refuse,
} from './error-responses.ts';
import {
  type Exchange,
  type IncomingRequest,
  mappingOf,
  readRequestId,
  unpooledMapping,
} from './exchange.ts';
import { type Forwarding, prepareForwarding } from './forwarding.ts';
import { sendCopy } from './mirror.ts';
import { setEdgeLocation } from './pool-client/edge-location.ts';
import { newRequestId } from './pool-client/identity.ts';
import { loadedConfig, refresh, unroutedClient } from './pool-client/isolate.ts';
import { isOwnAnswer, resolveRequest } from './resolve.ts';
import { addDebugHeaders, respond, respondItself } from './respond.ts';
import type { CompiledRoute } from './routing/routes.ts';
import type { Target } from './routing/target.ts';
import { drainUpload, isTooLarge } from './upstream/body.ts';
import { countUntilEnd } from './upstream/in-flight.ts';
import { isLoop } from './upstream/upstream.ts';

/** Answers one request to a host that is not an admin host. Never throws because of what a client or a backend does. */
export async function proxy(
  request: Request,
  target: Target,
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  const startedAt = Date.now();
  const { headers } = request;
  const requestId = readRequestId(headers) ?? newRequestId();
  const incoming: IncomingRequest = { request, headers, target, requestId, startedAt, env, ctx };
  setEdgeLocation(request);
  const config = loadedConfig() ?? (await refresh(env));
  if (!config) return finishUnrouted(incoming, noConfiguration(requestId));
  if (isLoop(headers, config.pseudonym)) return finishUnrouted(incoming, loopDetected(requestId));

  const exchange = await resolveRequest(incoming, config);
  if (!exchange) return finishUnrouted(incoming, noRoute(requestId));
  if (isOwnAnswer(exchange)) return finishOwnAnswer(incoming, exchange.answeredBy);
  const refusal = handshakeError(exchange);
  if (refusal) {
    exchange.choice = null;
    return finishRefused(exchange, refusal);
  }
  const forwarding = await prepareForwarding(exchange, loadedConfig() ?? config);
  if (typeof forwarding === 'string') return finishRefused(exchange, notForwarded(exchange, forwarding));

  for (;;) {
    const result = await sendAttempt(forwarding);
    recordOutcome(forwarding, result);
    const { outcome, response } = result;
    const verdict = judgeRetry(forwarding, outcome);
    if (verdict !== 'final') {
      exchange.notRetried = verdict === 'retry' ? await selectNextBackend(forwarding) : verdict;
      if (exchange.notRetried === null) {
        // A response that is not used must not hold one of the six connections.
        void response?.body?.cancel();
        continue;
      }
    }
    const { status = 0 } = outcome;
    // No Response of another status can be made, and passing this one on breaks the server in front.
    if (!response || !isFinal(status, status === 101 && response.webSocket !== null))
      return finishFailed(forwarding, response);
    const pinCookie = needsPin(exchange, forwarding.backend.id, response)
      ? await buildPinCookie(exchange, forwarding.backend.id, forwarding.deployment.affinityCookies)
      : null;
    return finish(forwarding, response, status, pinCookie);
  }
}

/**
 * Finishes with the response of a backend. No promise: every successful request comes through here. `status` is the
 * response's: each look at a Response is a call into the runtime.
 */
function finish(
  forwarding: Forwarding,
  response: Response,
  status: number,
  pinCookie: string | null,
): Response {
  const { exchange, backend, budget, isCounted } = forwarding;
  const counted = isCounted ? countUntilEnd(exchange, backend.id, response) : response;
  const answer = respond(exchange, counted, backend, pinCookie);
  endRequest(budget, exchange.startedAt);
  if (forwarding.isCopied) exchange.ctx.waitUntil(sendCopy(forwarding));
  recordRequest(exchange, backend.id, status, bytesOf(forwarding, answer.headers, status));
  return answer;
}

/** Finishes after the last attempt when it brought no response that can be passed on. */
async function finishFailed(forwarding: Forwarding, unusable: Response | null): Promise<Response> {
  const { exchange, body, budget } = forwarding;
  void unusable?.body?.cancel();
  if (body.kind === 'stream') await drainUpload(body);
  const answer = isTooLarge(body) ? contentTooLarge(exchange) : allAttemptsFailed(exchange);
  addDebugHeaders(exchange, answer);
  if (forwarding.isCopied) exchange.ctx.waitUntil(sendCopy(forwarding));
  endRequest(budget, exchange.startedAt);
  recordRequest(exchange, null, answer.status);
  return answer;
}

/** Finishes a request that was sent to no backend. */
function finishRefused(exchange: Exchange, answer: Response): Promise<Response> {
  recordRequest(exchange, null, answer.status);
  return refuse(exchange.request, answer);
}

/** Finishes a request that comes to no route: such requests are counted together. */
function finishUnrouted(incoming: IncomingRequest, answer: Response): Promise<Response> {
  recordUnpooled(incoming, unpooledMapping(incoming, null, answer.status, Date.now()));
  return refuse(incoming.request, answer);
}

/** Finishes a request that its route answers with a redirect or a fixed response. */
function finishOwnAnswer(incoming: IncomingRequest, compiled: CompiledRoute): Promise<Response> {
  const answer = respondItself(compiled, incoming);
  const mapping = unpooledMapping(incoming, compiled, answer.status, Date.now());
  logMapping(mapping, compiled.config.logSampleRate, incoming.env);
  recordUnpooled(incoming, mapping);
  return refuse(incoming.request, answer);
}

/** Counts and records a request that comes to no pool; they are kept together. */
function recordUnpooled(incoming: IncomingRequest, mapping: Mapping): void {
  const client = unroutedClient();
  const isDrawn = client.drawMapping(mapping);
  client.finish(incoming, { ...mapping, bytes: NO_BYTES, mapping: isDrawn ? mapping : null }, Date.now());
}

const NO_BYTES: Bytes = { bytesIn: 0, bytesOut: 0 };

const NOT_MODIFIED = 304;

/** `headers`: those that the client gets; to read those of the backend's response too costs a thirtieth of the path's speed. */
function bytesOf({ exchange, body }: Forwarding, headers: Headers, status: number): Bytes {
  const hasNone = exchange.method === 'HEAD' || status === NOT_MODIFIED;
  return {
    bytesIn: body.kind === 'none' ? 0 : Number(exchange.headers.get('content-length')) || 0,
    bytesOut: hasNone ? 0 : Number(headers.get('content-length')) || 0,
  };
}

/**
 * Counts and records the request, for the log and the Pool object. `backend`: whose response the client gets; null: our own.
 */
function recordRequest(exchange: Exchange, backend: string | null, status: number, bytes = NO_BYTES): void {
  const { view, route, env, startedAt, attempts, notRetried } = exchange;
  const now = Date.now();
  const ms = msBetween(startedAt, now);
  const finished = { route: route.id, backend, status, ms, attempts, notRetried, bytes, mapping: null };
  const isDrawn = view.drawMapping(finished);
  // Most routes log no successes, and a busy object takes the records of a part.
  const mapping = isDrawn || route.logSampleRate > 0 ? mappingOf(exchange, backend, status, now) : null;
  // Before the outbox, whose next batch sends the log too.
  if (mapping) logMapping(mapping, route.logSampleRate, env);
  view.finish(exchange, isDrawn ? { ...finished, mapping } : finished, now);
}
