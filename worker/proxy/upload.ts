/** A body that streams to the backend through our hands, so that what the backend left unread can still be taken in. */

/** Read from the client, and written to the backend, at most this much at a time. */
export const CHUNK_BYTES = 65_536;
/** Unread bytes taken in at most before our own answer; nginx's `lingering_close` serves the same end. */
export const DRAIN_BYTES = 64 * 1_048_576;

export interface Upload {
  /** The body for the backend's request. */
  readonly readable: ReadableStream;
  /** Since when (epoch ms) the backend has had something to take or to answer; null while the client is awaited. */
  backendsTurnSince(): number | null;
  /**
   * Stops sending and reads what the client still has to say. Without it the runtime closes the connection on a client
   * that is writing, which then sees a reset and may never read the answer.
   */
  drain(): Promise<void>;
}

/** Takes in what a client sends although nobody will read it, before an answer of ours; for why, see `Upload.drain`. */
export async function takeIn(body: ReadableStream | null): Promise<void> {
  const reader = body?.getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(CHUNK_BYTES);
  try {
    for (let drained = 0; reader && drained <= DRAIN_BYTES; ) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) return;
      drained += value.byteLength;
      buffer = value.buffer as ArrayBuffer;
    }
    await reader?.cancel();
  } catch {
    // The client went away; there is nobody to answer.
  }
}

/** Starts to pass `body` on, `length` bytes or, when that is no number of bytes, until it ends. */
export function startUpload(body: ReadableStream, length: number, ctx: ExecutionContext): Upload {
  const isKnown = Number.isSafeInteger(length) && length >= 0;
  const pipe = isKnown ? new FixedLengthStream(length) : new IdentityTransformStream();
  const reader = body.getReader({ mode: 'byob' });
  const writer = pipe.writable.getWriter();
  let stopped = false;
  let drained = 0;
  let turnSince: number | null = null;

  const pump = async () => {
    let buffer = new ArrayBuffer(CHUNK_BYTES);
    for (;;) {
      turnSince = null;
      const { done, value } = await reader.read(new Uint8Array(buffer));
      turnSince = Date.now();
      if (done) return stopped ? undefined : writer.close();
      if (stopped) drained += value.byteLength;
      else await writer.write(value).catch(stop);
      if (drained > DRAIN_BYTES) return reader.cancel();
      buffer = value.buffer as ArrayBuffer;
    }
  };
  const stop = () => {
    stopped = true;
  };
  // A client that went away in mid-body: the backend must not take the part for the whole.
  const pumped = pump().catch((error) => writer.abort(error).catch(stop));
  ctx.waitUntil(pumped);

  return {
    readable: pipe.readable,
    backendsTurnSince: () => turnSince,
    async drain() {
      stop();
      await writer.abort().catch(stop);
      await pumped;
    },
  };
}
