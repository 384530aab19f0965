/** The queue's consumer: stores each message as one NDJSON object in the bucket `LOG_BUCKET`. */
import type { Env } from '../env.ts';
import { keyOf, readBody } from './message.ts';

/** The longest pause before a message is retried, in seconds; the first pauses are 2, 4 and 8. */
const LONGEST_DELAY_SECONDS = 600;

/**
 * Writes each message under a key made of its content, and acknowledges it only then. Delivery is idempotent: a message that
 * is delivered again writes the same object. Without a bucket every message is acknowledged and dropped, so that the queue
 * does not fill up.
 */
export async function archive(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  const bucket = env.LOG_BUCKET;
  if (!bucket) return batch.ackAll();
  await Promise.all(batch.messages.map((message) => store(message, bucket)));
}

async function store(message: Message<unknown>, bucket: R2Bucket): Promise<void> {
  const log = readBody(message.body);
  if (!log) {
    console.error({ message: 'a message of the queue is not from the request log', id: message.id });
    return message.ack();
  }
  try {
    await bucket.put(keyOf(log), log.ndjson, { httpMetadata: { contentType: 'application/x-ndjson' } });
    message.ack();
  } catch (error) {
    const delaySeconds = Math.min(2 ** message.attempts, LONGEST_DELAY_SECONDS);
    console.warn({
      message: 'the bucket did not store a batch of mappings; the queue retries it',
      batch: log.id,
      attempts: message.attempts,
      delaySeconds,
      detail: String(error),
    });
    message.retry({ delaySeconds });
  }
}
