/** Which requests of a route are copied to another pool: their share in a smooth sequence, and only small bodies. No I/O. */
import type { RouteConfig } from '../../config/schema.ts';

/** A route's mirror, and where its sequence stands in this isolate. */
export interface Mirror {
  readonly pool: string;
  readonly percent: number;
  readonly maxBodyBytes: number;
  /** Per cent of a copy that are due: at 100 one is. */
  due: number;
}

/** Compiles the mirror of a route; null: it has none. An isolate begins anywhere in the sequence, as with a split. */
export function compileMirror({ mirror }: RouteConfig): Mirror | null {
  if (mirror === null) return null;
  const { pool, percent, maxBodyBytes } = mirror;
  return { pool, percent, maxBodyBytes, due: Math.random() * 100 };
}

/**
 * Whether the next request is copied: it is its turn, it is no WebSocket, and its body, if it has one, is small and of known
 * length. A request that cannot be copied takes no turn.
 */
export function takeCopy(mirror: Mirror, request: Request, headers: Headers, isUpgrade: boolean): boolean {
  if (isUpgrade || !isCopyable(request, headers, mirror.maxBodyBytes)) return false;
  mirror.due += mirror.percent;
  if (mirror.due < 100) return false;
  mirror.due -= 100;
  return true;
}

function isCopyable({ body, method }: Request, headers: Headers, maxBodyBytes: number): boolean {
  if (body === null) return true;
  const length = headers.get('content-length');
  // The body of a GET can be sent by a copy of the client's own request only.
  if (method === 'GET' || method === 'HEAD') return length === '0';
  return length !== null && Number(length) <= maxBodyBytes;
}
