/** From a backend's response to the client's: our headers added, hop-by-hop ones removed, the body untouched. */
import { describeAttempts, type Exchange } from './exchange.ts';
import { rewritten } from './upstream/own-url.ts';
import { hasHopByHop, stripHopByHop, type Upstream } from './upstream/upstream.ts';

/** Returns what the client gets of the answer of `upstream`; `pin` is a Set-Cookie of ours. */
export function respond(
  exchange: Exchange,
  response: Response,
  upstream: Upstream,
  pin: string | null,
): Response {
  const { status } = response;
  const { id: backend } = upstream;
  const { route, target } = exchange;
  const { debugHeaders } = route;
  // In this order: reading the headers of a response that is copied anyway costs the path a thirtieth of its speed.
  const mayPassAsIs = !debugHeaders && pin === null && status !== 101;
  if (
    mayPassAsIs &&
    !hasHopByHop(response.headers, 'response') &&
    !rewritten(response.headers, status, upstream, target, route)
  )
    return response;
  const own =
    status === 101
      ? new Response(null, { status, headers: response.headers, webSocket: response.webSocket })
      : new Response(response.body, response);
  const { headers } = own;
  stripHopByHop(headers, 'response');
  const urls = rewritten(headers, status, upstream, target, route);
  if (urls) for (const [name, value] of urls) headers.set(name, value);
  if (pin !== null) headers.append('set-cookie', pin);
  if (debugHeaders) setDebugHeaders(headers, exchange, backend);
  return own;
}

/** Our own answer when nobody gave one. */
export function respondFailure(exchange: Exchange, answer: Response): Response {
  if (exchange.route.debugHeaders && exchange.attempts.length > 0)
    setDebugHeaders(answer.headers, exchange, null);
  return answer;
}

function setDebugHeaders(headers: Headers, exchange: Exchange, backend: string | null): void {
  if (backend !== null) headers.set('x-backend-used', backend);
  headers.set('x-backend-attempts', describeAttempts(exchange.attempts));
  headers.set('x-request-id', exchange.requestId);
}
