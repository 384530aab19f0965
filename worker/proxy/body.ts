/** The request's body: kept when it is small and may have to be sent again, else streamed through once. */

export type Body =
  | { readonly kind: 'none' }
  /** Can be sent any number of times. */
  | { readonly kind: 'kept'; readonly bytes: ArrayBuffer }
  | { readonly kind: 'stream' };

/**
 * Reads a body of known length up to `limitBytes`, before the first attempt. One of unknown length is never held back:
 * the client may be waiting for an answer to its first chunk.
 */
export async function prepareBody(request: Request, limitBytes: number): Promise<Body> {
  if (request.body === null) return { kind: 'none' };
  const header = request.headers.get('content-length');
  const length = header === null ? Number.NaN : Number(header);
  if (!(length <= limitBytes)) return { kind: 'stream' };
  return { kind: 'kept', bytes: await request.arrayBuffer() };
}

/** Builds the request for one attempt. A streaming body can be used once. */
export function requestTo(url: string, request: Request, body: Body): Request {
  // Redirects are the client's to follow; following here would also carry its cookies to another host.
  if (body.kind !== 'kept') return new Request(url, request);
  const { method, headers } = request;
  return new Request(url, { method, headers, body: body.bytes, redirect: 'manual' });
}
