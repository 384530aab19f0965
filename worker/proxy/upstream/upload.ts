/** A body that streams to the backend through our hands: so we know whose turn it is, and whether the client broke it off. */

import { CHUNK_BYTES, DRAIN_BYTES } from '../../lib/drain-body.ts';

export interface Upload {
  /** The body for the backend's request. */
  readonly readable: ReadableStream;
  /** Since when (epoch ms) the backend has had something to take or to answer; null while the client is awaited. */
  backendsTurnSince(): number | null;
  /**
   * Calls `then` when the client breaks its upload off. `readable` does not end by itself then: however it ended, workerd
   * would close a chunked request as if it were whole (RFC 9112 8). So the request to the backend must be broken off.
   */
  whenCut(then: () => void): void;
  /**
   * Stops sending and reads what the client still has to say. Without it the runtime closes the connection on a client
   * that is writing, which then sees a reset and may never read the answer.
   */
  drain(): Promise<void>;
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
  let isCut = false;
  let onCut: (() => void) | null = null;

  const stop = () => {
    stopped = true;
  };
  const pump = async () => {
    let buffer = new ArrayBuffer(CHUNK_BYTES);
    for (;;) {
      turnSince = null;
      const { done, value } = await reader.read(new Uint8Array(buffer));
      turnSince = Date.now();
      if (done) return stopped ? undefined : writer.close().catch(stop);
      if (stopped) drained += value.byteLength;
      else await writer.write(value).catch(stop);
      if (drained > DRAIN_BYTES) return reader.cancel().catch(stop);
      buffer = value.buffer as ArrayBuffer;
    }
  };
  // What the backend does to the pipe is caught above, so what is left is the client's end.
  const pumped = pump().catch(() => {
    isCut = true;
    onCut?.();
  });
  ctx.waitUntil(pumped);

  return {
    readable: pipe.readable,
    backendsTurnSince: () => turnSince,
    whenCut(then) {
      onCut = then;
      if (isCut) then();
    },
    async drain() {
      stop();
      await writer.abort().catch(stop);
      await pumped;
    },
  };
}
