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
  // If it rejects, the body is already being read, or the client has gone and does not wait for the response.
  if (body !== null) await readToEnd(body, limitBytes).catch(() => undefined);
}

/** Reads the body to its end, or cancels it where it is longer than `limitBytes`. Rejects when the client aborts it. */
export async function readToEnd(body: ReadableStream, limitBytes: number): Promise<void> {
  const reader = body.getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(CHUNK_BYTES);
  for (let bytes = 0; bytes <= limitBytes; ) {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (done) return;
    bytes += value.byteLength;
    buffer = value.buffer as ArrayBuffer;
  }
  await reader.cancel();
}
