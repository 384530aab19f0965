/** Mappings on their way to the queue `REQUEST_LOG`: many in one message, never ahead of a response. Plain data. */
import type { Env } from '../env.ts';
import { dropOldest } from '../lib/bounded.ts';
import { withDeadline } from '../lib/calls.ts';
import { LOG_GATHER_MS, LOG_ORPHANED_MS, OBJECT_DEADLINE_MS } from '../lib/timing.ts';
import type { Mapping } from '../protocol/messages.ts';
import { bodyOf, type LogBatch, pack } from './message.ts';

/** This many mappings are sent at once. Fewer wait for more: failures come one by one, and each message costs. */
const BATCH = 64;
/** Mappings, and messages that the queue did not accept, that wait at most; then the oldest are dropped and counted. */
export const MAPPINGS_QUEUED = 1_024;
export const MESSAGES_QUEUED = 32;

let mappings: Mapping[] = [];
let unsent: LogBatch[] = [];
let dropped = 0;
let sequence = 0;
/** Since when a request waits for more mappings (epoch ms); 0: none does. */
let gatheringSince = 0;

/** Adds a mapping to the next message. */
export function toQueue(mapping: Mapping): void {
  mappings.push(mapping);
  dropped += dropOldest(mappings, MAPPINGS_QUEUED).length;
}

/**
 * Sends the waiting mappings; never throws. `isolate` names this isolate. A message that the queue did not accept in time is
 * sent again under the same id: if it was accepted after all, the consumer writes the same object twice.
 */
export async function sendToQueue(env: Env, isolate: string): Promise<void> {
  const queue = env.REQUEST_LOG;
  if (!queue || (mappings.length === 0 && unsent.length === 0)) return;
  if (mappings.length < BATCH && !(await gather())) return;
  const batches = [...unsent, ...pack(mappings, Date.now(), () => `${isolate}-${++sequence}`)];
  mappings = [];
  unsent = [];
  for (let batch = batches[0]; batch; batch = batches[0]) {
    const body = bodyOf(batch);
    const sent = await withDeadline(
      () => queue.send(body, { contentType: 'text' }).then(() => true),
      OBJECT_DEADLINE_MS,
    );
    if (!sent) break;
    batches.shift();
  }
  if (batches.length > 0) requeue(batches);
  else if (dropped > 0) {
    console.warn({ message: 'mappings were dropped before they reached the queue', count: dropped });
    dropped = 0;
  }
}

/** Waits for more mappings. Returns whether the caller sends them: false when another request already waits. */
async function gather(): Promise<boolean> {
  const now = Date.now();
  if (now - gatheringSince < LOG_ORPHANED_MS) return false;
  gatheringSince = now;
  await new Promise((resolve) => setTimeout(resolve, LOG_GATHER_MS));
  gatheringSince = 0;
  return true;
}

function requeue(batches: readonly LogBatch[]): void {
  console.warn({
    message: 'the queue did not accept mappings; they are sent with the next batch',
    batches: batches.length,
  });
  unsent = [...batches, ...unsent];
  for (const { count } of dropOldest(unsent, MESSAGES_QUEUED)) dropped += count;
}
