/** When what an isolate has noted is worth a call to the Pool object. No I/O. */

/** Entries that make a batch full, unless one has just gone: a call costs the path as much as 2 requests, whatever is in it. */
export const BATCH = 64;
const PAUSE_MS = 50;
/** Entries that make it full all the same. */
export const LARGEST_BATCH = 256;

/** What has come together since `startedAt`; the last batch went at `sentAt` (epoch ms). */
export interface Waiting {
  readonly attempts: { readonly length: number };
  readonly mappings: { readonly length: number };
  readonly startedAt: number;
  readonly sentAt: number;
}

/** Whether it is to go now, in a call of its own. `now` in epoch ms. */
export const isFull = (outbox: Waiting, now: number): boolean => holds(outbox, 1, now);

/**
 * Whether it is to go now with a call for slots, so that it needs none of its own: when it is half full, and at little traffic
 * when it has rested. Where every request makes such a call, not every one takes a report along.
 */
export const isWorthTaking = (outbox: Waiting, now: number): boolean =>
  holds(outbox, 0.5, now) || (entriesOf(outbox) > 0 && now - outbox.startedAt >= PAUSE_MS);

const entriesOf = ({ attempts, mappings }: Waiting): number => Math.max(mappings.length, attempts.length / 2);

function holds(outbox: Waiting, share: number, now: number): boolean {
  const entries = entriesOf(outbox);
  if (entries >= LARGEST_BATCH * share) return true;
  return entries >= BATCH * share && now - outbox.sentAt >= PAUSE_MS * share;
}
