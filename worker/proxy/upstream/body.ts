/** The request's body: kept when it is small and may have to be sent again, else streamed through once. */
import { startUpload, type Upload } from './upload.ts';

export type Body =
  | { readonly kind: 'none' }
  /** Can be sent any number of times. */
  | { readonly kind: 'kept'; readonly bytes: ArrayBuffer }
  | { readonly kind: 'stream'; readonly upload: Upload }
  /** A GET's or HEAD's: no other request than a copy of the client's own can carry it (the Fetch standard). */
  | { readonly kind: 'copied'; readonly request: Request; readonly isSmall: boolean };

/** Why there is no body to send: the client broke it off, or it is a GET's and longer than `BODY_OF_GET_BYTES`. */
export type NoBody = 'client-closed' | 'too-large';

/**
 * A body of a GET or HEAD, which has no defined meaning (RFC 9110 9.3.1), may be so long: it is held in memory as a whole.
 * Passed on as it comes, one that the client breaks off could not be told from a backend that fails.
 */
export const BODY_OF_GET_BYTES = 8 * 1_048_576;

/** Whether a request with this body can be sent once more. */
export const canResend = (body: Body): boolean =>
  body.kind === 'none' || body.kind === 'kept' || (body.kind === 'copied' && body.isSmall);

const NONE: Body = { kind: 'none' };

/**
 * Reads a body of known length up to `limitBytes`, before the first attempt. One of unknown length is never held back: the
 * client may be waiting for an answer to its first chunk.
 */
export function prepareBody(
  request: Request,
  limitBytes: number,
  ctx: ExecutionContext,
): Body | Promise<Body | NoBody> {
  if (request.body === null) return NONE;
  const header = request.headers.get('content-length');
  const length = header === null ? Number.NaN : Number(header);
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (length === 0) return NONE;
    return length > BODY_OF_GET_BYTES
      ? Promise.resolve('too-large')
      : whole(request, copy(request, limitBytes), ctx);
  }
  if (length <= limitBytes) return whole(request, keep(request), ctx);
  return { kind: 'stream', upload: startUpload(request.body, length, ctx) };
}

async function keep(request: Request): Promise<Body> {
  return { kind: 'kept', bytes: await request.arrayBuffer() };
}

async function copy(request: Request, limitBytes: number): Promise<Body | NoBody> {
  let bytes = 0;
  for await (const chunk of request.clone().body!) {
    bytes += chunk.byteLength;
    if (bytes > BODY_OF_GET_BYTES) return 'too-large';
  }
  return { kind: 'copied', request, isSmall: bytes <= limitBytes };
}

/** What was `read` of the client's body. When the client resets its connection the request lives on until that is noted. */
function whole(
  { signal }: Request,
  read: Promise<Body | NoBody>,
  ctx: ExecutionContext,
): Promise<Body | NoBody> {
  const result = read.catch(() => 'client-closed' as const);
  signal.addEventListener('abort', () => ctx.waitUntil(result));
  return result;
}
