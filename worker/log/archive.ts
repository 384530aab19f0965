/** The queue's consumer: keeps each message as one NDJSON object in the bucket `LOG_BUCKET`. */
import type { Env } from '../env.ts';
import { keyOf, readBody } from './message.ts';

/** The longest pause before a message is tried again, in seconds; the first are 2, 4, 8. */
const LONGEST_DELAY_SECONDS = 600;

/**
 * Writes each message under a name made of its own content, and acknowledges it only then. A message that comes again,
 * alone or in other company, is written over itself: nothing is lost, and nothing is there twice. Without a bucket the
 * messages are acknowledged and forgotten: the queue must not fill up for nobody.
 */
export async function archive(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  const bucket = env.LOG_BUCKET;
  if (!bucket) return batch.ackAll();
  await Promise.all(batch.messages.map((message) => keep(message, bucket)));
}

async function keep(message: Message<unknown>, bucket: R2Bucket): Promise<void> {
  const log = readBody(message.body);
  if (!log) {
    console.error({ message: 'a message of the queue is not of the request log', id: message.id });
    return message.ack();
  }
  try {
    await bucket.put(keyOf(log), log.ndjson, { httpMetadata: { contentType: 'application/x-ndjson' } });
    message.ack();
  } catch (error) {
    const delaySeconds = Math.min(2 ** message.attempts, LONGEST_DELAY_SECONDS);
    console.warn({
      message: 'the bucket did not take a batch of mappings; it is tried again',
      batch: log.id,
      attempts: message.attempts,
      delaySeconds,
      detail: String(error),
    });
    message.retry({ delaySeconds });
  }
}
