/** Clients that leave before their answer: what the backend sees, what is on record, and that no backend has failed. */
import type http from 'node:http';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { named, servePool, startForTest } from '../../support/product/pools.ts';
import { eventually, many, type Product, startProduct } from '../../support/product/product.ts';
import { breakOff, type Ending } from '../../support/product/raw.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

type Framing = 'of known length' | 'chunked';
/** Longer than what is kept to be sent again. */
const LONG = 1_000_000;
const PIECE = 'x'.repeat(2_000);

/** The bytes of an upload that lacks its end. */
function unfinished(method: string, host: string, id: string, framing: Framing, length = LONG): string {
  const head = [`${method} /up HTTP/1.1`, `Host: ${host}`, `X-Request-Id: ${id}`];
  const rest =
    framing === 'chunked'
      ? ['Transfer-Encoding: chunked', '', PIECE.length.toString(16), PIECE, '']
      : [`Content-Length: ${length}`, '', PIECE];
  return [...head, ...rest].join('\r\n');
}

interface Receiver {
  readonly url: string;
  /** Requests that arrived, and how their bodies ended. */
  readonly seen: string[];
  readonly hits: number;
}

/** A backend that answers a whole body, late if at all, and notes how each body ended. */
async function startReceiver(answer: (response: http.ServerResponse) => void): Promise<Receiver> {
  const seen: string[] = [];
  const origin = await startForTest((request, response) => {
    request.resume();
    request.on('end', () => {
      seen.push('whole');
      answer(response);
    });
    request.on('close', () => {
      if (!request.complete) seen.push('broken off');
    });
  });
  return {
    url: origin.url,
    seen,
    get hits() {
      return origin.hits;
    },
  };
}

const answerAtOnce = (response: http.ServerResponse) => void response.end('stored');
let pools = 0;
let requests = 0;
const nextId = () => `gone-${++requests}`;
const poolOf = (backends: readonly { url: string }[], more = {}) =>
  servePool(product, `gone-${++pools}`, named(...backends), more);

const FRAMINGS: readonly Framing[] = ['of known length', 'chunked'];
const ENDINGS: readonly Ending[] = ['FIN', 'RST'];
/** A backend that has not answered lately is watched: its uploads pass through JavaScript. */
const SENDINGS = [
  ['POST', 'to a watched backend'],
  ['PUT', 'to a watched backend'],
  ['POST', 'to a proven backend'],
] as const;
const CUTS = SENDINGS.flatMap(([method, whereTo]) =>
  FRAMINGS.flatMap((framing) => ENDINGS.map((ending) => [method, whereTo, framing, ending] as const)),
);

test.each(CUTS)(
  'a %s body %s, %s, cut by %s: the backend never takes it as whole, nor has it failed; on record it is client-closed, 499',
  async (method, whereTo, framing, ending) => {
    const receivers = [await startReceiver(answerAtOnce), await startReceiver(answerAtOnce)];
    const pool = await poolOf(receivers);
    if (whereTo === 'to a proven backend') for (const _ of receivers) await pool.get();
    for (const { seen } of receivers) seen.splice(0);
    const before = receivers.reduce((sum, receiver) => sum + receiver.hits, 0);
    const hits = () => receivers.reduce((sum, receiver) => sum + receiver.hits, -before);
    const ids = Array.from({ length: 8 }, nextId);
    for (const [n, id] of ids.entries())
      await breakOff(product.port, unfinished(method, pool.host, id, framing), ending, () =>
        eventually(hits, (count) => count === n + 1),
      );
    await eventually(
      () => receivers.flatMap(({ seen }) => seen),
      (seen) => seen.length === ids.length,
    );
    expect(receivers.flatMap(({ seen }) => seen)).toEqual(ids.map(() => 'broken off'));
    for (const id of ids) {
      const { backend, status, attempts } = await pool.mapping(id);
      expect([backend, status]).toEqual([null, 499]);
      expect(attempts).toMatchObject([{ outcome: 'client-closed', status: null }]);
    }
    for (const backend of ['a', 'b'])
      expect(await pool.status(backend)).toMatchObject({ status: 'available', failures: 0 });
  },
);

test.each(ENDINGS)(
  'a small body cut by %s before a backend was asked is client-closed, 499, and no backend sees it',
  async (ending) => {
    const receivers = [await startReceiver(answerAtOnce), await startReceiver(answerAtOnce)];
    const pool = await poolOf(receivers);
    const left = async () =>
      (await product.apiOk('GET', `/requests?pool=${pool.id}&outcome=client-closed`)).requests;
    // Reset too early, the request would not have begun: so once more, with more time.
    let waitMs = 10;
    const found = await eventually(
      async () => {
        const bytes = unfinished('POST', pool.host, nextId(), 'of known length', 4_000);
        await breakOff(product.port, bytes, ending, () => new Promise((done) => setTimeout(done, waitMs)));
        waitMs *= 2;
        return left();
      },
      (rows) => rows.length > 0,
    );
    expect(found[0]).toMatchObject({ status: 499, backend: null, attempts: [] });
    expect(receivers.map(({ hits }) => hits)).toEqual([0, 0]);
  },
);

test.each(FRAMINGS)('a GET’s body, %s, that is cut fails no backend', async (framing) => {
  const receivers = [await startReceiver(answerAtOnce), await startReceiver(answerAtOnce)];
  const pool = await poolOf(receivers);
  const ids = Array.from({ length: 8 }, nextId);
  await many(ids.length, 4, (n) =>
    breakOff(product.port, unfinished('GET', pool.host, ids[n]!, framing), 'FIN', () => Promise.resolve()),
  );
  for (const id of ids) expect(await pool.mapping(id)).toMatchObject({ status: 499, backend: null });
  expect(receivers.flatMap(({ seen }) => seen)).toEqual([]);
  expect((await pool.status('a')).failures + (await pool.status('b')).failures).toBe(0);
});

test('a GET that the client resets while a backend is silent is client-closed, 499: no timeout, no retry', async () => {
  const silent = await startReceiver(() => undefined);
  const other = await startReceiver(answerAtOnce);
  const pool = await poolOf([silent, other], { timeoutMs: 1_000 });
  const id = nextId();
  const bytes = `GET / HTTP/1.1\r\nHost: ${pool.host}\r\nX-Request-Id: ${id}\r\n\r\n`;
  // The client is patient for a while: in the first milliseconds it goes unwatched.
  const waiting = () => (silent.hits > 0 ? performance.now() : Number.POSITIVE_INFINITY);
  await breakOff(product.port, bytes, 'RST', async () => {
    const since = await eventually(waiting, Number.isFinite);
    await eventually(waiting, (now) => now - since > 100);
  });
  expect(await pool.mapping(id)).toMatchObject({
    ...{ status: 499, backend: null },
    attempts: [{ backend: 'a', outcome: 'client-closed', status: null }],
  });
  expect(other.hits).toBe(0);
  expect(await pool.status('a')).toMatchObject({ failures: 0 });
});

test('an upload that is cut while its timeout runs is client-closed, not a timeout', async () => {
  const receiver = await startReceiver(answerAtOnce);
  const pool = await poolOf([receiver], { timeoutMs: 300 });
  const id = nextId();
  const bytes = unfinished('POST', pool.host, id, 'of known length');
  await breakOff(product.port, bytes, 'FIN', () => eventually(() => receiver.hits, Boolean));
  const { status, attempts } = await pool.mapping(id);
  expect([status, attempts[0].outcome]).toEqual([499, 'client-closed']);
});

test('uploads broken off beside good traffic eject no backend', async () => {
  const receivers = [await startReceiver(answerAtOnce), await startReceiver(answerAtOnce)];
  const pool = await poolOf(receivers);
  const statuses: number[] = [];
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const traffic = (async () => {
    while (!isOver) statuses.push((await pool.get()).status);
  })();
  const ids = Array.from({ length: 30 }, nextId);
  await many(ids.length, 10, (n) =>
    breakOff(product.port, unfinished('POST', pool.host, ids[n]!, FRAMINGS[n % 2]!), 'FIN', () =>
      Promise.resolve(),
    ),
  );
  for (const id of ids) expect((await pool.mapping(id)).status).toBe(499);
  isOver = true;
  await traffic;
  expect(await pool.verdicts()).toBe('available, available');
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  for (const backend of ['a', 'b']) expect((await pool.status(backend)).failures).toBe(0);
});
