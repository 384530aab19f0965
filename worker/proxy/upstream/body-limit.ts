/** Holds a streamed body to a route's limit: the backend must never take the part within the limit for the whole. */
import { DRAIN_BYTES } from '../../lib/drain-body.ts';

/** A body that fails as soon as it is longer than its limit. */
export interface LimitedBody {
  readonly stream: ReadableStream;
  /** Whether the limit has been passed. */
  readonly isExceeded: () => boolean;
  /** Reads what the client still sends, so that it can read the response; `drainBody` says why. Never rejects. */
  readonly drain: () => Promise<void>;
}

/** Passes `body` on up to `maxBytes`, chunk by chunk; the first byte beyond makes the stream fail. */
export function limitBody(body: ReadableStream<Uint8Array>, maxBytes: number): LimitedBody {
  const reader = body.getReader();
  let passed = 0;
  const stream = new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) {
        controller.close();
        controller.byobRequest?.respond(0);
        return;
      }
      passed += value.byteLength;
      if (passed > maxBytes) throw new Error('the body is longer than its limit');
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return {
    stream,
    isExceeded: () => passed > maxBytes,
    async drain() {
      try {
        for (let drained = 0; drained <= DRAIN_BYTES; ) {
          const { done, value } = await reader.read();
          if (done) return;
          drained += value.byteLength;
        }
        await reader.cancel();
      } catch {
        // The client has gone and does not wait for the response.
      }
    },
  };
}
