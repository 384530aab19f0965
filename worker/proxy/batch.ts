/** When what an isolate has noted is worth a call to the Pool object. No I/O. */

/** Entries that make a batch full, unless one has just gone: a call costs the path as much as 2 requests, whatever is in it. */
export const BATCH = 64;
const PAUSE_MS = 50;
/** Entries that make it full all the same. */
export const LARGEST_BATCH = 256;

/** What has come together since the last batch went, at `sentAt` (epoch ms). */
export interface Waiting {
  readonly attempts: { readonly length: number };
  readonly mappings: { readonly length: number };
  readonly sentAt: number;
}

/** Whether it is to go now, in a call of its own. `now` in epoch ms. */
export const isFull = (outbox: Waiting, now: number): boolean => holds(outbox, 1, now);

/** Whether it is to go now with a call that is made anyway: before it is full, so that it needs none of its own. */
export const isWorthTaking = (outbox: Waiting, now: number): boolean => holds(outbox, 0.5, now);

function holds({ attempts, mappings, sentAt }: Waiting, share: number, now: number): boolean {
  const entries = Math.max(mappings.length, attempts.length / 2);
  if (entries >= LARGEST_BATCH * share) return true;
  return entries >= BATCH * share && now - sentAt >= PAUSE_MS * share;
}
