/** What the client gets when no backend's response can be passed on: problem documents (RFC 9457). */
import { DRAIN_BYTES, drainBody } from '../lib/drain-body.ts';
import type { Exchange } from './exchange.ts';
import type { NotForwarded } from './forwarding.ts';
import { bodyOfGetBytes } from './upstream/body.ts';

/** Drains the request body, then returns `response`. */
export async function refuse(request: Request, response: Response): Promise<Response> {
  await drainBody(request.body, DRAIN_BYTES);
  return response;
}

/** 503: this isolate is new, cannot reach the Directory, and has no static configuration. */
export const noConfiguration = (requestId: string): Response =>
  problemResponse(503, 'No configuration can be reached.', requestId, { 'retry-after': '5' });

/** 508: the request has already passed through this deployment. */
export const loopDetected = (requestId: string): Response =>
  problemResponse(508, 'This request has already passed through this load balancer.', requestId);

/** 404: no route matches. */
export const noRoute = (requestId: string): Response =>
  problemResponse(404, 'No route is configured for this host and path.', requestId);

/**
 * 426 or 400 for a WebSocket handshake that the runtime refuses whatever the backend responds (RFC 6455, 4.2.1 and 4.4);
 * null for any other request. If it were sent, the backend would hold a connection without a client.
 */
export function handshakeError({ upgrade, headers, requestId }: Exchange): Response | null {
  if (!upgrade) return null;
  if (headers.get('sec-websocket-version') !== '13')
    return problemResponse(426, 'A WebSocket handshake needs Sec-WebSocket-Version: 13.', requestId, {
      'sec-websocket-version': '13',
      upgrade: 'websocket',
    });
  if (headers.get('sec-websocket-key')) return null;
  return problemResponse(400, 'A WebSocket handshake needs a Sec-WebSocket-Key.', requestId);
}

/** 499, nginx's status for a client that left first. Only a client that closed just its own half can read it. */
const clientClosed = (requestId: string): Response =>
  problemResponse(499, 'The client closed the connection before the request was complete.', requestId);

/** The response to a request that was sent to no backend: 413, 499 or 503. */
export function notForwarded(exchange: Exchange, reason: NotForwarded): Response {
  if (reason === 'client-closed') return clientClosed(exchange.requestId);
  if (reason === 'no-backend') return serviceUnavailable(exchange);
  return contentTooLarge(exchange);
}

/** 413: the body is longer than the route allows, or than the body of a GET or HEAD may be. */
export function contentTooLarge({ method, route, requestId }: Exchange): Response {
  const isOfGet = method === 'GET' || method === 'HEAD';
  const most = isOfGet ? bodyOfGetBytes(route.maxBodyBytes) : route.maxBodyBytes;
  return problemResponse(413, `The body of this request may have at most ${most} bytes.`, requestId);
}

/** 503 with Retry-After: the pool has no backend available. */
function serviceUnavailable({ view, requestId }: Exchange): Response {
  const soonest = view.earliestEjectionEnd();
  const waitMs = soonest > 0 ? soonest - Date.now() : view.config.ejection.baseMs;
  const retryAfter = String(Math.max(1, Math.ceil(waitMs / 1_000)));
  const detail = 'No backend of this pool is available.';
  return problemResponse(503, detail, requestId, { 'retry-after': retryAfter });
}

/** After the last attempt failed: 504 if it timed out, 499 if the client left, else 502. */
export function allAttemptsFailed({ attempts, requestId }: Exchange): Response {
  const { outcome, status = null } = attempts.at(-1) ?? {};
  if (outcome === 'client-closed') return clientClosed(requestId);
  if (outcome === 'timeout' || outcome === 'stalled')
    return problemResponse(504, 'No backend answered in time.', requestId);
  const detail = status === null ? 'No backend could be reached.' : describeUnusable(status);
  return problemResponse(502, detail, requestId);
}

const INTERIM: Readonly<Record<number, string>> = {
  100: '100 Continue',
  102: '102 Processing',
  103: '103 Early Hints',
};

/** Why a response of this status cannot be passed on. */
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

/** Builds a problem document. Its `requestId` links a client's report to the log. */
function problemResponse(
  status: keyof typeof TITLES,
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
