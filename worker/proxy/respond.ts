/** Turns a backend's response into the client's: our headers added, hop-by-hop headers removed, the body untouched. */
import { describeAttempts, type Exchange, type IncomingRequest } from './exchange.ts';
import { applyEdits } from './routing/header-edits.ts';
import { buildFixed, buildRedirect } from './routing/own-answer.ts';
import type { CompiledRoute } from './routing/routes.ts';
import { rewriteOwnUrls } from './upstream/own-url.ts';
import { type CompiledBackend, hasHopByHop, stripHopByHop } from './upstream/upstream.ts';

/** Returns what the client gets of the response of `backend`. `pinCookie`: a Set-Cookie of ours. */
export function respond(
  exchange: Exchange,
  response: Response,
  backend: CompiledBackend,
  pinCookie: string | null,
): Response {
  const { status } = response;
  const { debugHeaders } = exchange.route;
  const { responseEdits } = exchange.compiled;
  // In this order: reading the headers of a response that is copied anyway costs a thirtieth of the path's speed.
  const mayPassAsIs = !debugHeaders && pinCookie === null && status !== 101 && responseEdits === null;
  if (
    mayPassAsIs &&
    !hasHopByHop(response.headers, 'response') &&
    !rewriteOwnUrls(response.headers, status, backend, exchange)
  )
    return response;
  const own =
    status === 101
      ? new Response(null, { status, headers: response.headers, webSocket: response.webSocket })
      : new Response(response.body, response);
  const { headers } = own;
  stripHopByHop(headers, 'response');
  const urls = rewriteOwnUrls(headers, status, backend, exchange);
  if (urls) for (const [name, value] of urls) headers.set(name, value);
  if (responseEdits) applyEdits(headers, responseEdits, exchange, backend.id);
  if (pinCookie !== null) headers.append('set-cookie', pinCookie);
  if (debugHeaders) setDebugHeaders(headers, exchange, backend.id);
  return own;
}

/** Builds the response of a route that answers without a backend: its redirect or its fixed response. */
export function respondItself(compiled: CompiledRoute, incoming: IncomingRequest): Response {
  const { config, redirect, respond: fixed } = compiled;
  const context = { ...incoming, route: config };
  const answer = redirect ? buildRedirect(redirect, context) : buildFixed(fixed!, context);
  if (config.debugHeaders) answer.headers.set('x-request-id', incoming.requestId);
  return answer;
}

/** Adds the debug headers, if the route wants them, to our own response after failed attempts. */
export function addDebugHeaders(exchange: Exchange, { headers }: Response): void {
  if (exchange.route.debugHeaders && exchange.attempts.length > 0) setDebugHeaders(headers, exchange, null);
}

function setDebugHeaders(headers: Headers, exchange: Exchange, backend: string | null): void {
  if (backend !== null) headers.set('x-backend-used', backend);
  headers.set('x-backend-attempts', describeAttempts(exchange.attempts));
  headers.set('x-request-id', exchange.requestId);
}
