/** Drains the body of a request that is refused before anything has read it. */

/** Reads at most this much at a time. */
export const CHUNK_BYTES = 65_536;
/** How much of a proxied request's body to drain at most; nginx's `lingering_close` serves the same end. */
export const DRAIN_BYTES = 64 * 1_048_576;

/**
 * Reads the body to its end, then cancels it if it is longer than `limitBytes`. The runtime closes a connection whose
 * request body was not read: a client that is still writing sees a reset and may never read the response. Never rejects.
 */
export async function drainBody(body: ReadableStream | null, limitBytes: number): Promise<void> {
  if (body === null) return;
  let buffer = new ArrayBuffer(CHUNK_BYTES);
  try {
    const reader = body.getReader({ mode: 'byob' });
    for (let drained = 0; drained <= limitBytes; ) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) return;
      drained += value.byteLength;
      buffer = value.buffer as ArrayBuffer;
    }
    await reader.cancel();
  } catch {
    // The body is already being read, or the client has gone and does not wait for the response.
  }
}
