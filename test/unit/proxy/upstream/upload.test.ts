/** Bodies that nobody will read, or that are too long, are taken in so far and no further. */
import { HTTPException } from 'hono/http-exception';
import { expect, onTestFinished, test, vi } from 'vitest';
import { explainSchema, URL_LENGTH } from '../../../../worker/api/explain.ts';
import { DISCARD_BYTES, readJson } from '../../../../worker/api/http/body.ts';
import { drainBody } from '../../../../worker/api/http/drain-body.ts';
import { parse } from '../../../../worker/config/check.ts';
import { LIMITS } from '../../../../worker/config/limits.ts';
import { CHUNK_BYTES, DRAIN_BYTES, startUpload, takeIn } from '../../../../worker/proxy/upstream/upload.ts';

/** A client that sends `bytes` and counts them as they are read; `largest`: the most that was asked for at once. */
function client(bytes = Number.POSITIVE_INFINITY) {
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

/** What is read of a body that never ends: the limit, and the chunks that passed it. */
const expectCutAt = (limit: number, { read }: ReturnType<typeof client>): void => {
  expect(read).toBeGreaterThan(limit);
  expect(read).toBeLessThanOrEqual(limit + 2 * CHUNK_BYTES);
};

test(`before an answer of ours ${DRAIN_BYTES} bytes are taken in, in pieces of ${CHUNK_BYTES}, and then no more`, async () => {
  const whole = client(DRAIN_BYTES);
  await takeIn(whole.stream);
  expect([whole.read, whole.largest, whole.cancelled]).toEqual([DRAIN_BYTES, CHUNK_BYTES, false]);
  const endless = client();
  await takeIn(endless.stream);
  expectCutAt(DRAIN_BYTES, endless);
  expect(endless.cancelled).toBe(true);
});

/** What the runtime gives an upload, with a backend at its end that reads nothing: a write ends when it is given up. */
class UnreadPipe {
  readonly readable = new ReadableStream();
  readonly writable = new WritableStream({
    write: (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  });
}

test(`of an upload that its backend leaves unread ${DRAIN_BYTES} bytes are taken in, and then no more`, async () => {
  vi.stubGlobal('IdentityTransformStream', UnreadPipe);
  onTestFinished(() => void vi.unstubAllGlobals());
  const endless = client();
  const waiting: Promise<unknown>[] = [];
  const ctx = { waitUntil: (promise: Promise<unknown>) => waiting.push(promise) };
  const upload = startUpload(endless.stream, Number.NaN, ctx as unknown as Parameters<typeof startUpload>[2]);
  await vi.waitFor(() => expect(upload.backendsTurnSince()).not.toBeNull());
  // The backend takes nothing: no more than what is on its way is read for it.
  expect(endless.read).toBeLessThanOrEqual(2 * CHUNK_BYTES);
  await upload.drain();
  await Promise.all(waiting);
  expectCutAt(DRAIN_BYTES, endless);
  expect([endless.largest, endless.cancelled]).toEqual([CHUNK_BYTES, true]);
});

const contextOf = (body: ReadableStream | null) =>
  ({ req: { raw: { body } } }) as unknown as Parameters<typeof readJson>[0];
const bodyOf = (text: string): ReadableStream => new Response(text).body!;
/** The problem document with which reading is refused. */
async function refusalOf(reading: Promise<unknown>): Promise<{ status: number; detail: string }> {
  const error = await reading.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HTTPException);
  return (error as HTTPException).getResponse().json() as Promise<{ status: number; detail: string }>;
}

test(`an API body that is too long is heard out for ${DISCARD_BYTES} bytes and answered with 413`, async () => {
  const long = client(DISCARD_BYTES);
  expect((await refusalOf(readJson(contextOf(long.stream), 100))).status).toBe(413);
  expect([long.read, long.cancelled]).toEqual([DISCARD_BYTES, false]);
  const endless = client();
  expect((await refusalOf(readJson(contextOf(endless.stream), 100))).status).toBe(413);
  expectCutAt(DISCARD_BYTES, endless);
  expect(endless.cancelled).toBe(true);
});

test(`an API body that nests ${LIMITS.bodyDepth} levels deep is read; one level more is refused`, async () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const { bodyDepth } = LIMITS;
  expect(JSON.stringify(await readJson(contextOf(bodyOf(nested(bodyDepth)))))).toBe(nested(bodyDepth));
  const refused = await refusalOf(readJson(contextOf(bodyOf(nested(bodyDepth + 1)))));
  expect(refused.status).toBe(400);
  expect(refused.detail).toContain(String(bodyDepth));
  // Too deep to walk to its end.
  expect((await refusalOf(readJson(contextOf(bodyOf(nested(100_000)))))).status).toBe(400);
});

test(`of a body that a refused API call brings ${LIMITS.documentBytes} bytes are read, and then no more`, async () => {
  const { documentBytes } = LIMITS;
  const whole = client(documentBytes);
  await drainBody({ body: whole.stream, bodyUsed: false } as Request);
  expect(whole.read).toBe(documentBytes);
  const endless = client();
  await drainBody({ body: endless.stream, bodyUsed: false } as Request);
  expectCutAt(documentBytes, endless);
});

test(`a URL of ${URL_LENGTH} characters is explained; a longer one is refused with the limit`, () => {
  const url = (length: number) => `https://a.test/${'x'.repeat(length - 15)}`;
  expect(parse(explainSchema, { url: url(URL_LENGTH) }).ok).toBe(true);
  const refused = parse(explainSchema, { url: url(URL_LENGTH + 1) });
  expect(refused.ok ? [] : refused.errors).toEqual([
    { path: 'url', message: `takes at most ${URL_LENGTH} characters` },
  ]);
});
