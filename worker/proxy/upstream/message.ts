/** What goes to a backend: headers that are the same for every attempt, and the body. No I/O. */
import { type CookieLives, hideCookies } from '../affinity/cookie.ts';
import type { Exchange } from '../exchange.ts';
import type { Body } from './body.ts';
import { setForwardedHeaders, stripHopByHop } from './upstream.ts';

/** What `fetch` is given: the parts, for a Request made of them first would be copied once more, headers and all. */
export interface Message {
  readonly input: string | Request;
  readonly init: RequestInit;
}

/** What a configuration makes the same for all requests. */
export interface Deployment {
  /** How this deployment recognises a request that comes back to it. */
  readonly pseudonym: string;
  /** The affinity cookies of all routes: no backend sees any of them. Null: there are none. */
  readonly affinityCookies: CookieLives | null;
}

/** The client's headers with ours in place. */
export function headersOf(exchange: Exchange, { pseudonym, affinityCookies }: Deployment): Headers {
  const { headers: client, target, requestId } = exchange;
  const headers = new Headers(client);
  stripHopByHop(headers, 'request');
  if (affinityCookies) hideCookies(headers, affinityCookies);
  setForwardedHeaders(headers, target, requestId, pseudonym);
  return headers;
}

/** The message of one attempt. A streaming body can be used once. `asItIs` leaves the response's encoding alone. */
export function messageOf(
  url: string,
  { method }: Exchange,
  headers: Headers,
  body: Body,
  asItIs: boolean,
): Message {
  // Redirects are the client's to follow; following here would also carry its cookies to another host.
  const init: RequestInit = { headers, redirect: 'manual' };
  if (asItIs) init.encodeResponseBody = 'manual';
  // Its method may not be named again: beside a body the runtime refuses GET.
  if (body.kind === 'copied') return { input: new Request(url, body.request.clone()), init };
  init.method = method;
  if (body.kind === 'kept') init.body = body.bytes;
  if (body.kind === 'stream') init.body = body.upload.readable;
  return { input: url, init };
}
