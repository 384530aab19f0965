/** Streams a body to the backend chunk by chunk, to see which side is waiting and whether the client has aborted. */
import { CHUNK_BYTES, DRAIN_BYTES } from '../../lib/drain-body.ts';

export interface Upload {
  /** The body for the backend's request. */
  readonly readable: ReadableStream;
  /** Since when (epoch ms) the upload waits for the backend; null while it waits for the client. */
  waitingForBackendSince(): number | null;
  /**
   * Calls `then` when the client aborts its upload. `readable` stays open: however it ended, workerd would close a chunked
   * request as if it were complete (RFC 9112 8). The caller must abort the request to the backend.
   */
  onClientAbort(then: () => void): void;
  /** Stops sending and drains what the client still sends; `drainBody` says why. */
  drain(): Promise<void>;
}

/** Starts to stream `body`: `length` bytes, or until it ends when `length` is NaN. */
export function startUpload(body: ReadableStream, length: number, ctx: ExecutionContext): Upload {
  const isKnown = Number.isSafeInteger(length) && length >= 0;
  const pipe = isKnown ? new FixedLengthStream(length) : new IdentityTransformStream();
  const reader = body.getReader({ mode: 'byob' });
  const writer = pipe.writable.getWriter();
  let stopped = false;
  let drained = 0;
  let waitingSince: number | null = null;
  let isAborted = false;
  let onAbort: (() => void) | null = null;

  const stop = () => {
    stopped = true;
  };
  const pump = async () => {
    let buffer = new ArrayBuffer(CHUNK_BYTES);
    for (;;) {
      waitingSince = null;
      const { done, value } = await reader.read(new Uint8Array(buffer));
      waitingSince = Date.now();
      if (done) return stopped ? undefined : writer.close().catch(stop);
      if (stopped) drained += value.byteLength;
      else await writer.write(value).catch(stop);
      if (drained > DRAIN_BYTES) return reader.cancel().catch(stop);
      buffer = value.buffer as ArrayBuffer;
    }
  };
  // Errors of the backend's side are caught above, so this one is the client's.
  const pumped = pump().catch(() => {
    isAborted = true;
    onAbort?.();
  });
  ctx.waitUntil(pumped);

  return {
    readable: pipe.readable,
    waitingForBackendSince: () => waitingSince,
    onClientAbort(then) {
      onAbort = then;
      if (isAborted) then();
    },
    async drain() {
      stop();
      await writer.abort().catch(stop);
      await pumped;
    },
  };
}
