/** What the client gets when no backend answered. */
import { DRAIN_BYTES, drainBody } from '../lib/drain-body.ts';
import type { NotAsked } from './attempts.ts';
import type { Exchange } from './exchange.ts';
import type { PoolView } from './pool-client/pool-view.ts';
import { BODY_OF_GET_BYTES } from './upstream/body.ts';

/** Gives an answer in a backend's stead, once the client has said what it has to say. */
export async function refuse(request: Request, answer: Response): Promise<Response> {
  await drainBody(request.body, DRAIN_BYTES);
  return answer;
}

/** A fresh isolate that reaches nobody, without a static configuration. */
export const noConfiguration = (requestId: string): Response =>
  failure(503, 'No configuration can be reached.', requestId, { 'retry-after': '5' });

/** It would go round for ever. */
export const inALoop = (requestId: string): Response =>
  failure(508, 'This request has been through this load balancer before.', requestId);

/** Nothing is fetched for what nobody configured. */
export const noRoute = (requestId: string): Response =>
  failure(404, 'No route is configured for this host and path.', requestId);

/**
 * A WebSocket handshake that the runtime refuses whatever the backend says (RFC 6455, 4.2.1 and 4.4); null for any other
 * request. Asked all the same, the backend would hold a connection that no client has.
 */
export function faultyHandshake({ upgrade, headers, requestId }: Exchange): Response | null {
  if (!upgrade) return null;
  if (headers.get('sec-websocket-version') !== '13')
    return failure(426, 'A WebSocket handshake needs Sec-WebSocket-Version: 13.', requestId, {
      'sec-websocket-version': '13',
      upgrade: 'websocket',
    });
  if (headers.get('sec-websocket-key')) return null;
  return failure(400, 'A WebSocket handshake needs a Sec-WebSocket-Key.', requestId);
}

/** What nginx calls the end of a request whose client left first. Only a client that closed just its own half can read it. */
export const clientClosed = (requestId: string): Response =>
  failure(499, 'The client closed the connection before the request was through.', requestId);

/** In place of a backend that was not asked at all. */
export function notAsked(exchange: Exchange, { view, why }: NotAsked): Response {
  if (why === 'client-closed') return clientClosed(exchange.requestId);
  if (why === 'nobody') return nobodyToAsk(exchange, view);
  const detail = `The body of a ${exchange.method} may have at most ${BODY_OF_GET_BYTES} bytes.`;
  return failure(413, detail, exchange.requestId);
}

/** No backend may be asked: 503, and when to come back. */
function nobodyToAsk(exchange: Exchange, view: PoolView): Response {
  const soonest = view.soonestReturn();
  const waitMs = soonest > 0 ? soonest - Date.now() : view.config.ejection.baseMs;
  const retryAfter = String(Math.max(1, Math.ceil(waitMs / 1_000)));
  const detail = 'No backend of this pool takes requests just now.';
  return failure(503, detail, exchange.requestId, { 'retry-after': retryAfter });
}

/** All that were asked failed: 504 when the last ran out of time, 499 when the client left, else 502. */
export function noneAnswered({ attempts, requestId }: Exchange): Response {
  const { outcome, status = null } = attempts.at(-1) ?? {};
  if (outcome === 'client-closed') return clientClosed(requestId);
  if (outcome === 'timeout' || outcome === 'stalled')
    return failure(504, 'No backend answered in time.', requestId);
  const detail = status === null ? 'No backend could be reached.' : describeUnusable(status);
  return failure(502, detail, requestId);
}

const INTERIM: Readonly<Record<number, string>> = {
  100: '100 Continue',
  102: '102 Processing',
  103: '103 Early Hints',
};

/** Why an answer of this status could not be passed on. */
function describeUnusable(status: number): string {
  if (status === 101) return 'The backend answered 101 Switching Protocols without opening a WebSocket.';
  if (status > 599 || status < 100)
    return `The backend answered with status ${status}, which HTTP does not define.`;
  const name = INTERIM[status] ?? status;
  return `The backend answered ${name}, an interim response; this runtime cannot wait for the final one.`;
}

const TITLES = {
  400: 'Bad request',
  404: 'No route',
  413: 'Content too large',
  426: 'Upgrade required',
  499: 'Client closed request',
  502: 'Bad gateway',
  503: 'No backend available',
  504: 'Gateway timeout',
  508: 'Loop detected',
} as const;

export type OwnStatus = keyof typeof TITLES;

/** Builds the answer; `requestId` lets the client's report be found in the log. */
export function failure(
  status: OwnStatus,
  detail: string,
  requestId: string,
  headers?: Record<string, string>,
): Response {
  const body = { type: 'about:blank', title: TITLES[status], status, detail, requestId };
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...headers,
    },
  });
}
