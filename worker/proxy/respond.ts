/** From a backend's response to the client's: our headers added, hop-by-hop ones removed, the body untouched. */
import { describeAttempts, type Exchange } from './exchange.ts';
import { failure } from './failure.ts';
import { hasHopByHop, stripHopByHop } from './upstream.ts';

/** Returns what the client gets. `backend` is the id of the one that answered, `pin` a Set-Cookie of ours. */
export function respond(
  exchange: Exchange,
  response: Response,
  backend: string,
  pin: string | null,
): Response {
  const { status } = response;
  // A Response of such a status cannot be made, and passing it raw breaks the server in front.
  if ((status < 200 || status > 599) && status !== 101) {
    void response.body?.cancel();
    const detail = `The backend answered with status ${status}, which HTTP does not define.`;
    const answer = failure(502, detail, exchange.requestId);
    return exchange.route.debugHeaders ? withDebug(exchange, answer, backend) : answer;
  }
  const { debugHeaders } = exchange.route;
  // In this order: reading the headers of a response that is copied anyway costs the path a thirtieth of its speed.
  const mayPassAsIs = !debugHeaders && pin === null && response.webSocket === null;
  if (mayPassAsIs && !hasHopByHop(response.headers, 'response')) return response;
  const own =
    response.webSocket === null
      ? new Response(response.body, response)
      : new Response(null, { status, headers: response.headers, webSocket: response.webSocket });
  stripHopByHop(own.headers, 'response');
  if (pin !== null) own.headers.append('set-cookie', pin);
  return debugHeaders ? withDebug(exchange, own, backend) : own;
}

/** Our own answer when nobody gave one. */
export function respondFailure(exchange: Exchange, answer: Response): Response {
  return exchange.route.debugHeaders && exchange.attempts.length > 0
    ? withDebug(exchange, answer, null)
    : answer;
}

function withDebug(exchange: Exchange, response: Response, backend: string | null): Response {
  const { headers } = response;
  if (backend !== null) headers.set('x-backend-used', backend);
  headers.set('x-backend-attempts', describeAttempts(exchange.attempts));
  headers.set('x-request-id', exchange.requestId);
  return response;
}
