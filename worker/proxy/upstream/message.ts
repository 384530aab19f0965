/** The message to a backend: the headers, which are the same for every attempt, and the body. No I/O. */
import { hideCookies } from '../../lib/cookies.ts';
import type { Exchange } from '../exchange.ts';
import type { Body } from './body.ts';
import { setForwardedHeaders, stripHopByHop } from './upstream.ts';

/** The arguments of `fetch`. A Request made of them first would be copied once more, headers included. */
export interface Message {
  readonly input: string | Request;
  readonly init: RequestInit;
}

/** What is the same for all requests under one configuration. */
export interface Deployment {
  /** The name by which this deployment recognises a request that comes back to it. */
  readonly pseudonym: string;
  /** The affinity cookies of all routes by name, with their longest life in seconds. No backend may see them. */
  readonly affinityCookies: ReadonlyMap<string, number> | null;
}

/** The client's headers as the backend receives them: hop-by-hop headers and our cookies removed, our headers set. */
export function backendHeaders(exchange: Exchange, { pseudonym, affinityCookies }: Deployment): Headers {
  const { headers: client, target, requestId } = exchange;
  const headers = new Headers(client);
  stripHopByHop(headers, 'request');
  if (affinityCookies) hideCookies(headers, affinityCookies);
  setForwardedHeaders(headers, target, requestId, pseudonym);
  return headers;
}

/** Builds the message of one attempt. A stream can be sent once. `keepEncoding` leaves the response's encoding alone. */
export function buildMessage(
  url: string,
  { method }: Exchange,
  { headers, body }: { readonly headers: Headers; readonly body: Body },
  keepEncoding: boolean,
): Message {
  // The client follows redirects; following them here would also carry its cookies to another host.
  const init: RequestInit = { headers, redirect: 'manual' };
  if (keepEncoding) init.encodeResponseBody = 'manual';
  // No method in `init`: the runtime refuses GET together with a body.
  if (body.kind === 'cloned') return { input: new Request(url, body.request.clone()), init };
  init.method = method;
  if (body.kind === 'buffered') init.body = body.bytes;
  if (body.kind === 'stream') init.body = body.upload.readable;
  return { input: url, init };
}
