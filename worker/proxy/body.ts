/** The request's body: kept when it is small and may have to be sent again, else streamed through once. */
import { startUpload, type Upload } from './upload.ts';

export type Body =
  | { readonly kind: 'none' }
  /** Can be sent any number of times. */
  | { readonly kind: 'kept'; readonly bytes: ArrayBuffer }
  | { readonly kind: 'stream'; readonly upload: Upload }
  /** A GET's or HEAD's: no other request than the client's own can carry it (the Fetch standard), and that once. */
  | { readonly kind: 'handed-on' };

/** Whether a request with this body can be sent once more. */
export const canResend = ({ kind }: Body): boolean => kind === 'none' || kind === 'kept';

const NONE: Body = { kind: 'none' };

/**
 * Reads a body of known length up to `limitBytes`, before the first attempt. One of unknown length is never held back:
 * the client may be waiting for an answer to its first chunk.
 */
export function prepareBody(
  request: Request,
  limitBytes: number,
  ctx: ExecutionContext,
): Body | Promise<Body> {
  if (request.body === null) return NONE;
  if (request.method === 'GET' || request.method === 'HEAD') return { kind: 'handed-on' };
  const header = request.headers.get('content-length');
  const length = header === null ? Number.NaN : Number(header);
  if (length <= limitBytes) return request.arrayBuffer().then((bytes) => ({ kind: 'kept', bytes }));
  return { kind: 'stream', upload: startUpload(request.body, length, ctx) };
}
