/** What the client gets when no backend answered. */
import type { Exchange } from './exchange.ts';
import { failure } from './failure.ts';
import type { PoolView } from './pool-view.ts';
import { takeIn } from './upload.ts';

/** Gives an answer in a backend's stead, once the client has said what it has to say. */
export async function refuse(request: Request, answer: Response): Promise<Response> {
  await takeIn(request.body);
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

/** Nobody may be asked: 503, and when to come back. */
export function nobodyToAsk(exchange: Exchange, view: PoolView): Response {
  const soonest = view.soonestReturn();
  const waitMs = soonest > 0 ? soonest - Date.now() : view.config.ejection.baseMs;
  const retryAfter = String(Math.max(1, Math.ceil(waitMs / 1_000)));
  const detail = 'No backend of this pool takes requests just now.';
  return failure(503, detail, exchange.requestId, { 'retry-after': retryAfter });
}

/** All that were asked failed: 504 when the last ran out of time, else 502. */
export function noneAnswered({ attempts, requestId }: Exchange): Response {
  if (attempts.at(-1)?.outcome === 'timeout') return failure(504, 'No backend answered in time.', requestId);
  return failure(502, 'No backend could be reached.', requestId);
}
