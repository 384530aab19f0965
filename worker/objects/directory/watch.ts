/** What the API tells the Directory of a watcher that it has let in; in headers, for a WebSocket needs a request. No I/O. */

/** By what right somebody watches. */
export interface Watch {
  /** The session's id; null for the token and for Cloudflare Access. */
  readonly by: string | null;
  /** Until when, epoch ms. */
  readonly until: number;
}

const BY = 'x-evenkeel-by';
const UNTIL = 'x-evenkeel-until';

/** Sets both headers, whatever the client sent under these names. */
export function writeWatch(headers: Headers, { by, until }: Watch): void {
  headers.set(BY, by ?? '');
  headers.set(UNTIL, String(until));
}

/** Reads what `writeWatch` wrote. */
export const readWatch = (headers: Headers): Watch => ({
  by: headers.get(BY) || null,
  until: Number(headers.get(UNTIL)),
});
