/** Passes a body on to the backend, as a rule inside the runtime, and tells apart which side ended it. */
import { CHUNK_BYTES, DRAIN_BYTES, readToEnd } from '../../lib/drain-body.ts';

export interface Upload {
  /** The body for the backend's request. */
  readonly readable: ReadableStream;
  /** Since when (epoch ms) the upload waits for the backend; null while it waits for the client, as far as can be seen. */
  waitingForBackendSince(): number | null;
  /**
   * Calls `then` when the client aborts its upload. `readable` stays open: however it ended, workerd would close a chunked
   * request as if it were complete (RFC 9112 8). The caller must abort the request to the backend.
   */
  onClientAbort(then: () => void): void;
  /** Stops sending and drains what the client still sends; `drainBody` says why. */
  drain(): Promise<void>;
}

/**
 * Starts to stream `body`: `length` bytes, or until it ends when `length` is NaN. The runtime passes the bytes on by itself,
 * and then it cannot be seen which side keeps the other waiting. `isWatched`: they pass through JavaScript chunk by chunk, so
 * that it can; this takes nearly twice the time.
 */
export function startUpload(
  body: ReadableStream,
  length: number,
  isWatched: boolean,
  ctx: ExecutionContext,
): Upload {
  const isKnown = Number.isSafeInteger(length) && length >= 0;
  const pipe = isKnown ? new FixedLengthStream(length) : new IdentityTransformStream();
  const stopper = new AbortController();
  const { signal } = stopper;
  let waitingSince: number | null = null;
  let isAborted = false;
  let onAbort: (() => void) | null = null;

  /** Resolves to whether all was passed on. Rejects when the client aborts. */
  const passChunks = async () => {
    const reader = body.getReader({ mode: 'byob' });
    const writer = pipe.writable.getWriter();
    const stop = () => stopper.abort();
    signal.addEventListener('abort', () => void writer.abort().catch(() => undefined));
    for (let buffer = new ArrayBuffer(CHUNK_BYTES); !signal.aborted; ) {
      waitingSince = null;
      const { done, value } = await reader.read(new Uint8Array(buffer));
      waitingSince = Date.now();
      if (done) {
        await writer.close().catch(stop);
        return true;
      }
      await writer.write(value).catch(stop);
      buffer = value.buffer as ArrayBuffer;
    }
    reader.releaseLock();
    return false;
  };
  const passAll = () =>
    body.pipeTo(pipe.writable, { preventAbort: true, preventCancel: true, signal }).then(
      () => true,
      () => false,
    );
  const pass = async () => {
    const isWhole = await (isWatched ? passChunks() : passAll());
    waitingSince = Date.now();
    // If the client has aborted, reading on says so.
    if (!isWhole) await readToEnd(body, DRAIN_BYTES);
  };
  const passed = pass().catch(() => {
    isAborted = true;
    onAbort?.();
  });
  ctx.waitUntil(passed);

  return {
    readable: pipe.readable,
    waitingForBackendSince: () => waitingSince,
    onClientAbort(then) {
      onAbort = then;
      if (isAborted) then();
    },
    drain() {
      stopper.abort();
      return passed;
    },
  };
}
