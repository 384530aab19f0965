/** Bodies stream both ways: nothing is held back, cut off or kept in memory. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { peakMemory } from '../../support/product/memory.ts';
import { named, type ServedPool, servePool, startForTest } from '../../support/product/pools.ts';
import { eventually, type Product, startProduct } from '../../support/product/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const BODY_BYTES = 50 * 1_048_576;
/** Half of a body that were held in memory would show. */
const MEMORY_BYTES = BODY_BYTES / 2;

/** A body of `bytes` in pieces, each different from the last. */
function* pieces(bytes: number): Generator<Buffer> {
  const piece = Buffer.alloc(65_536);
  for (let at = 0; at < bytes; at += piece.length) {
    piece.fill(`${at} evenkeel `);
    yield Buffer.from(piece);
  }
}

async function hashOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}

/** Begins a request whose body the test writes. */
function open(pool: ServedPool, headers: http.OutgoingHttpHeaders = {}, method = 'POST', path = '/') {
  const request = http.request({
    host: '127.0.0.1',
    port: product.port,
    method,
    path,
    agent: false,
    headers: { host: pool.host, ...headers },
  });
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
  const answer = answered.then(([response]) => {
    // Destroying the request is an error to its response as well.
    response.on('error', () => undefined);
    return response;
  });
  return { request, answer };
}

test('a stream that goes on for six times its timeout, with logging on, arrives whole', async () => {
  const [count, everyMs] = [30, 100];
  const app = await startForTest((_, response) => {
    let n = 0;
    response.flushHeaders();
    const timer = setInterval(() => {
      response.write(`${++n}\n`);
      if (n < count) return;
      clearInterval(timer);
      response.end();
    }, everyMs);
  });
  const pool = await servePool(product, 'long', named(app), { timeoutMs: 500 }, { logSampleRate: 1 });
  const answer = await pool.get();
  expect(answer.ms).toBeGreaterThan(count * everyMs * 0.9);
  expect(answer.text.trim().split('\n')).toEqual(Array.from({ length: count }, (_, i) => String(i + 1)));
});

test('server-sent events arrive one by one: the next is sent only once the last has been seen', async () => {
  let send = (_: string) => {};
  const app = await startForTest((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    send = (text) => response.write(text);
    response.flushHeaders();
  });
  const pool = await servePool(product, 'events', named(app));
  const { request, answer } = open(pool, {}, 'GET');
  request.end();
  const response = await answer;
  expect(response.headers['content-type']).toBe('text/event-stream');
  for (let n = 1; n <= 5; n++) {
    const seen = once(response, 'data');
    send(`data: ${n}\n\n`);
    expect(String((await seen)[0])).toBe(`data: ${n}\n\n`);
  }
  request.destroy();
});

test('when a client leaves a stream, its backend sees it', async () => {
  let left = false;
  const app = await startForTest((_, response) => {
    const timer = setInterval(() => response.write('more\n'), 20);
    response.on('close', () => {
      left = true;
      clearInterval(timer);
    });
  });
  const pool = await servePool(product, 'left', named(app));
  const { request, answer } = open(pool, {}, 'GET');
  request.end();
  await once(await answer, 'data');
  request.destroy();
  await eventually(() => left, Boolean);
});

test('a chunked body goes both ways piece by piece: each is answered before the next is sent', async () => {
  const app = await startForTest((request, response) => {
    response.flushHeaders();
    request.pipe(response);
  });
  const pool = await servePool(product, 'chunked', named(app));
  const { request, answer } = open(pool, { 'transfer-encoding': 'chunked' });
  request.write('first');
  const response = await answer;
  expect(String((await once(response, 'data'))[0])).toBe('first');
  for (const piece of ['second', 'third']) {
    const seen = once(response, 'data');
    request.write(piece);
    expect(String((await seen)[0])).toBe(piece);
  }
  request.end();
  await once(response.resume(), 'end');
});

test.each([
  ['of known length', { 'content-length': BODY_BYTES }],
  ['chunked', { 'transfer-encoding': 'chunked' }],
])(
  'an upload of 50 MB, %s, arrives with its hash, and the runtime’s memory stays flat',
  async (word, headers) => {
    const app = await startForTest(async (request, response) => {
      const { 'content-length': length = 'none' } = request.headers;
      response.end(`${length} ${await hashOf(request)}`);
    });
    const pool = await servePool(product, `up-${word.replaceAll(' ', '-')}`, named(app));
    await pool.get();
    const before = peakMemory();
    const { request, answer } = open(pool, headers);
    await pipeline(pieces(BODY_BYTES), request);
    let text = '';
    for await (const chunk of await answer) text += chunk;
    const length = 'content-length' in headers ? String(BODY_BYTES) : 'none';
    expect(text).toBe(`${length} ${await hashOf(toAsync(pieces(BODY_BYTES)))}`);
    expect(peakMemory() - before).toBeLessThan(MEMORY_BYTES);
  },
);

test.each([
  ['of known length', true],
  ['chunked', false],
])(
  'a download of 50 MB, %s, arrives with its hash, and the runtime’s memory stays flat',
  async (word, isSized) => {
    const app = await startForTest(async (_, response) => {
      response.writeHead(200, isSized ? { 'content-length': BODY_BYTES } : {});
      await pipeline(pieces(BODY_BYTES), response);
    });
    const pool = await servePool(product, `down-${word.replaceAll(' ', '-')}`, named(app));
    await pool.get('/', { method: 'HEAD' });
    const before = peakMemory();
    const { request, answer } = open(pool, {}, 'GET');
    request.end();
    const response = await answer;
    if (isSized) expect(response.headers['content-length']).toBe(String(BODY_BYTES));
    expect(await hashOf(response)).toBe(await hashOf(toAsync(pieces(BODY_BYTES))));
    expect(peakMemory() - before).toBeLessThan(MEMORY_BYTES);
  },
);

test('a 401 reaches the client before its upload has ended', async () => {
  const app = await startForTest((_, response) => response.writeHead(401).end('who are you?'));
  const pool = await servePool(product, 'early', named(app));
  const { request, answer } = open(pool, { 'content-length': 10_000_000 });
  request.on('error', () => undefined);
  request.write(Buffer.alloc(200_000, 'x'));
  const response = await answer;
  expect(response.statusCode).toBe(401);
  expect(String((await once(response, 'data'))[0])).toBe('who are you?');
  request.destroy();
});

test('an upload may take longer than the timeout: it arrives, and no backend has failed', async () => {
  const app = await startForTest(async (request, response) => response.end(await hashOf(request)));
  const pool = await servePool(product, 'slow', named(app), { timeoutMs: 400 });
  for (const length of [20, 200_000]) {
    const piece = Buffer.alloc(length / 20, 'x');
    const { request, answer } = open(pool, { 'content-length': length });
    let sent = 0;
    const timer = setInterval(() => {
      request.write(piece);
      if (++sent === 20) request.end(() => clearInterval(timer));
    }, 80);
    const response = await answer.finally(() => clearInterval(timer));
    expect(response.statusCode).toBe(200);
    response.resume();
  }
  const { failures } = await eventually(
    () => pool.status('a'),
    ({ requests }) => requests === 2,
  );
  expect(failures).toBe(0);
});

test('a backend that takes an upload and then sends nothing runs into the timeout', async () => {
  const hung = await startForTest((request) => void request.resume());
  const pool = await servePool(product, 'hung', named(hung), { timeoutMs: 300 });
  const answer = await pool.get('/', { method: 'POST', body: Buffer.alloc(1_048_576, 'x') });
  expect(answer.status).toBe(504);
});

test('a backend that stops reading an upload runs into the timeout', async () => {
  const deaf = await startForTest((request) => void request.pause());
  const pool = await servePool(product, 'deaf', named(deaf), { timeoutMs: 300 });
  const { request, answer } = open(pool, { 'content-length': BODY_BYTES });
  request.on('error', () => undefined);
  void pipeline(pieces(BODY_BYTES), request).catch(() => undefined);
  expect((await answer).statusCode).toBe(504);
  request.destroy();
});

test('an upload to a proven backend that stops reading gets its 504 once other requests have shown the backend to be out', async () => {
  let isDeaf = false;
  const deaf = await startForTest((request, response) => {
    if (isDeaf) request.pause();
    else response.end('ok');
  });
  const pool = await servePool(product, 'turned-deaf', named(deaf), { timeoutMs: 300 });
  await pool.get();
  isDeaf = true;
  const { request, answer } = open(pool, { 'content-length': BODY_BYTES });
  request.on('error', () => undefined);
  void pipeline(pieces(BODY_BYTES), request).catch(() => undefined);
  await eventually(
    () => deaf.hits,
    (hits) => hits === 2,
  );
  const others = await Promise.all([1, 2, 3].map(() => pool.get()));
  expect(others.map(({ status }) => status)).toEqual([504, 504, 504]);
  expect((await answer).statusCode).toBe(504);
  request.destroy();
});

test('an upload to a proven backend may take longer than the timeout', async () => {
  const app = await startForTest(async (request, response) => response.end(await hashOf(request)));
  const pool = await servePool(product, 'slow-proven', named(app), { timeoutMs: 300 });
  await pool.get();
  const piece = Buffer.alloc(10_000, 'x');
  const { request, answer } = open(pool, { 'content-length': 10 * piece.length });
  let sent = 0;
  const timer = setInterval(() => {
    request.write(piece);
    if (++sent === 10) request.end(() => clearInterval(timer));
  }, 80);
  expect((await answer.finally(() => clearInterval(timer))).statusCode).toBe(200);
});

async function* toAsync(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}
