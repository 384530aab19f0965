/** Mappings on their way to the queue `REQUEST_LOG`: many in one message, never in front of a response. Plain data. */
import type { Env } from '../env.ts';
import { OBJECT_DEADLINE_MS, withDeadline } from '../lib/calls.ts';
import type { Mapping } from '../protocol/messages.ts';
import { bodyOf, type LogBatch, pack } from './message.ts';

/** Mappings that are sent at once; fewer wait this long for company, since failures come one by one and a message costs. */
const BATCH = 64;
const GATHER_MS = 1_000;
/** Whoever gathers and has not sent by now has been lost; the next one takes over. */
const ORPHANED_MS = 3 * GATHER_MS;
/** Mappings, and messages that the queue did not take, kept at most; then the oldest go, and are counted. */
export const MAPPINGS_QUEUED = 1_024;
export const MESSAGES_QUEUED = 32;

let mappings: Mapping[] = [];
let untaken: LogBatch[] = [];
let dropped = 0;
let sequence = 0;
/** Since when somebody gathers (epoch ms); 0: nobody does. */
let gatheringSince = 0;

/** Adds a mapping to what goes with the next batch. */
export function toQueue(mapping: Mapping): void {
  mappings.push(mapping);
  if (mappings.length > MAPPINGS_QUEUED)
    dropped += mappings.splice(0, mappings.length - MAPPINGS_QUEUED).length;
}

/**
 * Sends what waits; never throws. `isolate` names this isolate. What the queue did not take in time is sent again under
 * the same id: should it have been taken all the same, the consumer writes it over itself.
 */
export async function sendToQueue(env: Env, isolate: string): Promise<void> {
  const queue = env.REQUEST_LOG;
  if (!queue || (mappings.length === 0 && untaken.length === 0)) return;
  if (mappings.length < BATCH && !(await gather())) return;
  const batches = [...untaken, ...pack(mappings, Date.now(), () => `${isolate}-${++sequence}`)];
  mappings = [];
  untaken = [];
  for (let batch = batches[0]; batch; batch = batches[0]) {
    const body = bodyOf(batch);
    if (
      !(await withDeadline(
        () => queue.send(body, { contentType: 'text' }).then(() => true),
        OBJECT_DEADLINE_MS,
      ))
    )
      break;
    batches.shift();
  }
  if (batches.length > 0) keep(batches);
  else if (dropped > 0) {
    console.warn({ message: 'mappings were lost on their way to the queue', count: dropped });
    dropped = 0;
  }
}

/** Waits for more. Returns whether the caller is to send: false when another does it. */
async function gather(): Promise<boolean> {
  const now = Date.now();
  if (now - gatheringSince < ORPHANED_MS) return false;
  gatheringSince = now;
  await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
  gatheringSince = 0;
  return true;
}

function keep(batches: readonly LogBatch[]): void {
  console.warn({
    message: 'the queue took no mappings; they go with the next batch',
    batches: batches.length,
  });
  untaken = [...batches, ...untaken];
  const lost = untaken.splice(0, Math.max(0, untaken.length - MESSAGES_QUEUED));
  for (const { count } of lost) dropped += count;
}
