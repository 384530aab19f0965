/** How much of a body is read when no backend takes it. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { CHUNK_BYTES, DRAIN_BYTES } from '../../../../worker/lib/drain-body.ts';
import { startUpload } from '../../../../worker/proxy/upstream/upload.ts';
import { countedBody, expectCutAt } from '../../../support/sim/counted-body.ts';

/** What the runtime gives an upload, with a backend at its end that reads nothing: a write ends when it is given up. */
class UnreadPipe {
  readonly readable = new ReadableStream();
  readonly writable = new WritableStream({
    write: (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  });
}

test(`of an upload that its backend leaves unread ${DRAIN_BYTES} bytes are read, and then no more`, async () => {
  vi.stubGlobal('IdentityTransformStream', UnreadPipe);
  onTestFinished(() => void vi.unstubAllGlobals());
  const endless = countedBody();
  const waiting: Promise<unknown>[] = [];
  const ctx = { waitUntil: (promise: Promise<unknown>) => waiting.push(promise) };
  const upload = startUpload(
    endless.stream,
    Number.NaN,
    true,
    ctx as unknown as Parameters<typeof startUpload>[3],
  );
  await vi.waitFor(() => expect(upload.waitingForBackendSince()).not.toBeNull());
  // The backend takes nothing: no more than what is on its way is read for it.
  expect(endless.read).toBeLessThanOrEqual(2 * CHUNK_BYTES);
  await upload.drain();
  await Promise.all(waiting);
  expectCutAt(DRAIN_BYTES, endless);
  expect([endless.largest, endless.cancelled]).toEqual([CHUNK_BYTES, true]);
});
