/** Request bodies of any length that count how much of them is read. */
import { expect } from 'vitest';
import { CHUNK_BYTES } from '../../../worker/lib/drain-body.ts';

/** A body of `bytes` that counts them as they are read; `largest`: the most that was asked for at once. */
export function countedBody(bytes = Number.POSITIVE_INFINITY) {
  const sent = { read: 0, largest: 0, cancelled: false, stream: null as unknown as ReadableStream };
  sent.stream = new ReadableStream({
    type: 'bytes',
    autoAllocateChunkSize: CHUNK_BYTES,
    pull(controller) {
      const { view } = controller.byobRequest!;
      const length = Math.min(view!.byteLength, bytes - sent.read);
      sent.largest = Math.max(sent.largest, view!.byteLength);
      sent.read += length;
      if (length === 0) controller.close();
      controller.byobRequest!.respond(length);
    },
    cancel() {
      sent.cancelled = true;
    },
  });
  return sent;
}

/** Expects that an endless body was read up to the limit, and at most two chunks past it. */
export const expectCutAt = (limit: number, { read }: ReturnType<typeof countedBody>): void => {
  expect(read).toBeGreaterThan(limit);
  expect(read).toBeLessThanOrEqual(limit + 2 * CHUNK_BYTES);
};
