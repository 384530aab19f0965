/** The request's body: buffered when it is small and may have to be sent again, else streamed once. */
import { type LimitedBody, limitBody } from './body-limit.ts';
import { startUpload, type Upload } from './upload.ts';

export type Body =
  | { readonly kind: 'none' }
  /** Can be sent any number of times. */
  | { readonly kind: 'buffered'; readonly bytes: ArrayBuffer }
  | { readonly kind: 'stream'; readonly upload: Upload; readonly limit: LimitedBody | null }
  /** Of a GET or HEAD: only a clone of the client's own request can carry it (the Fetch standard). */
  | { readonly kind: 'cloned'; readonly request: Request; readonly isSmall: boolean };

/** Why there is no body to send: the client aborted it, or it is longer than the route or `BODY_OF_GET_BYTES` allows. */
export type BodyError = 'client-closed' | 'too-large';

/**
 * The longest body of a GET or HEAD, which has no defined meaning (RFC 9110 9.3.1). It is read into memory first: while it
 * streams, a client that aborts it looks the same as a backend that fails.
 */
const BODY_OF_GET_BYTES = 8 * 1_048_576;

/** The most bytes that a GET or HEAD may have on a route whose limit is `maxBytes`. */
export const bodyOfGetBytes = (maxBytes: number | null): number =>
  Math.min(BODY_OF_GET_BYTES, maxBytes ?? BODY_OF_GET_BYTES);

/** Whether a request with this body can be sent again. */
export const canResend = (body: Body): boolean =>
  body.kind === 'none' || body.kind === 'buffered' || (body.kind === 'cloned' && body.isSmall);

/** Whether a streamed body turned out to be longer than its route allows. */
export const isTooLarge = (body: Body): boolean =>
  body.kind === 'stream' && body.limit?.isExceeded() === true;

/** Stops sending a streamed body and reads what the client still sends. */
export async function drainUpload({ upload, limit }: Extract<Body, { kind: 'stream' }>): Promise<void> {
  await upload.drain();
  if (limit?.isExceeded()) await limit.drain();
}

const NONE: Body = { kind: 'none' };

interface BodyOptions {
  /** A body of known length is kept, to be sent again, if it is not longer; -1: none is. */
  readonly bufferedBytes: number;
  /** The route's limit; null: none. */
  readonly maxBytes: number | null;
  /** As for `startUpload`. */
  readonly isWatched: boolean;
}

/**
 * Prepares the body before the first attempt. One of unknown length is never held back: the client may be waiting for a
 * response to its first chunk.
 */
export function prepareBody(
  request: Request,
  { bufferedBytes, maxBytes, isWatched }: BodyOptions,
  ctx: ExecutionContext,
): Body | Promise<Body | BodyError> {
  if (request.body === null) return NONE;
  const header = request.headers.get('content-length');
  const length = header === null ? Number.NaN : Number(header);
  if (maxBytes !== null && length > maxBytes) return Promise.resolve('too-large');
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (length === 0) return NONE;
    const most = bodyOfGetBytes(maxBytes);
    return length > most
      ? Promise.resolve('too-large')
      : whenRead(request, measureClone(request, bufferedBytes, most), ctx);
  }
  if (length <= bufferedBytes) return whenRead(request, buffer(request), ctx);
  const limit = maxBytes !== null && Number.isNaN(length) ? limitBody(request.body, maxBytes) : null;
  const upload = startUpload(limit?.stream ?? request.body, length, isWatched || limit !== null, ctx);
  return { kind: 'stream', upload, limit };
}

async function buffer(request: Request): Promise<Body> {
  return { kind: 'buffered', bytes: await request.arrayBuffer() };
}

async function measureClone(request: Request, limitBytes: number, most: number): Promise<Body | BodyError> {
  let bytes = 0;
  for await (const chunk of request.clone().body!) {
    bytes += chunk.byteLength;
    if (bytes > most) return 'too-large';
  }
  return { kind: 'cloned', request, isSmall: bytes <= limitBytes };
}

/** Waits for the body. After the client has reset its connection, the Worker keeps running until that is recorded. */
function whenRead(
  { signal }: Request,
  read: Promise<Body | BodyError>,
  ctx: ExecutionContext,
): Promise<Body | BodyError> {
  const result = read.catch(() => 'client-closed' as const);
  signal.addEventListener('abort', () => ctx.waitUntil(result));
  return result;
}
