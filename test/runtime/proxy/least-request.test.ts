/** `least-request` counts a request until its response, or its WebSocket, has ended; the response is passed on as it is. */
import { once } from 'node:events';
import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { echo } from '../../support/origins.ts';
import { named, type ServedPool, servePool, startForTest } from '../../support/product/pools.ts';
import { eventually, type Product, startProduct, tally } from '../../support/product/product.ts';
import { startRawOrigin } from '../../support/product/raw.ts';
import { openSocket, startSocketOrigin } from '../../support/product/sockets.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const LEAST = { policy: 'least-request', ejection: { failures: 1_000 } };

/** Begins a GET and resolves with its response, whose body the test reads or breaks off. */
async function begin(pool: ServedPool, path: string): Promise<http.IncomingMessage> {
  const request = http.get({
    ...{ host: '127.0.0.1', port: product.port, path, agent: false },
    headers: { host: pool.host },
  });
  onTestFinished(() => void request.destroy());
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.on('error', () => undefined);
  return response;
}

/** A backend that names itself at once, but begins a download at `/long` and goes on until the test ends it. */
async function startDownloads(name: string, headers: http.OutgoingHttpHeaders) {
  const open = new Set<http.ServerResponse>();
  const origin = await startForTest((request, response) => {
    if (request.url !== '/long') return void response.end(name);
    response.writeHead(200, headers).write('begun');
    const timer = setInterval(() => response.write('more\n'), 20);
    open.add(response);
    response.on('close', () => {
      clearInterval(timer);
      open.delete(response);
    });
  });
  return { ...origin, url: origin.url, open };
}

/** Disables b until all of `count` requests are under way at a. */
async function withOnlyA<T>(pool: ServedPool, act: () => Promise<T>): Promise<T> {
  await pool.patch('b', { state: 'disabled' });
  const result = await act();
  await pool.patch('b', { state: 'active' });
  await eventually(
    () => pool.sequence(4),
    (used) => used.includes('b'),
  );
  return result;
}

let pools = 0;
const share = async (pool: ServedPool, count = 20) => tally(await pool.sequence(count));

test.each([
  ['chunked', 'backend', {}],
  ['chunked', 'backend’s breakdown', {}],
  ['chunked', 'client', {}],
  ['of known length', 'client', { 'content-length': 1_000_000 }],
] as const)(
  'downloads, %s, keep requests away from their backend until they end, by the %s',
  async (_, who, headers) => {
    const [a, b] = [await startDownloads('a', headers), await startDownloads('b', headers)];
    const pool = await servePool(product, `down-${++pools}`, named(a, b), LEAST);
    const downloads = await withOnlyA(pool, () =>
      Promise.all(Array.from({ length: 6 }, () => begin(pool, '/long'))),
    );
    for (const download of downloads) download.resume();
    expect(a.open.size).toBe(6);
    expect(await share(pool)).toEqual({ b: 20 });

    if (who === 'client') for (const download of downloads) download.destroy();
    else for (const response of a.open) who === 'backend' ? response.end() : response.destroy();
    await eventually(
      () => share(pool),
      ({ a: count = 0 }) => count >= 4,
    );
    expect(a.open.size).toBe(0);
  },
);

test('WebSockets that are open keep new ones away from their backend', async () => {
  const [a, b] = [await startSocketOrigin('a'), await startSocketOrigin('b')];
  const pool = await servePool(product, 'sockets', named(a, b), LEAST);
  await withOnlyA(pool, async () => {
    for (let n = 0; n < 6; n++) await openSocket(product, pool.host);
  });
  expect(a.sockets).toHaveLength(6);
  for (let n = 0; n < 6; n++) await openSocket(product, pool.host);
  expect([a.sockets.length, b.sockets.length]).toEqual([6, 6]);
  const { socket } = await openSocket(product, pool.host);
  socket.send('still passed on');
  expect(String((await once(socket, 'message'))[0])).toBe('still passed on');
});

const page = Buffer.from('<p>evenkeel</p>'.repeat(500));
test.each([
  ['with its length', true],
  ['chunked', false],
])('a compressed response, %s, passes byte for byte', async (_, isSized) => {
  const encoded = gzipSync(page);
  const app = await startForTest((__, response) => {
    const headers = {
      'content-encoding': 'gzip',
      'content-type': 'application/octet-stream',
      'x-own': 'yes',
    };
    response
      .writeHead(203, isSized ? { ...headers, 'content-length': encoded.length } : headers)
      .end(encoded);
  });
  const pool = await servePool(product, `gzip-${isSized}`, named(app), LEAST);
  const answer = await pool.get('/', { headers: { 'accept-encoding': 'gzip' } });
  expect(answer.bytes.equals(encoded)).toBe(true);
  expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'x-own': 'yes', 'x-backend-used': 'a' });
  expect(answer.headers['content-length']).toBe(isSized ? String(encoded.length) : undefined);
  expect(answer.status).toBe(203);
});

test('without debug headers too, and to a HEAD, a 204 and a 304, responses are what the backend sent', async () => {
  const app = await startForTest((request, response) => {
    const status = Number(request.url!.slice(1));
    response.writeHead(status, status === 200 ? { 'content-length': 15 } : {});
    response.end(status === 200 && request.method === 'GET' ? 'fifteen letters' : undefined);
  });
  const pool = await servePool(product, 'bodiless', named(app), LEAST, { debugHeaders: false });
  expect((await pool.get('/200')).text).toBe('fifteen letters');
  const head = await pool.get('/200', { method: 'HEAD' });
  expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '15', '']);
  for (const status of [204, 304]) expect(await pool.get(`/${status}`)).toMatchObject({ status, text: '' });
});

test('a response that lacks the end of its announced length breaks at the client', async () => {
  const short = await startRawOrigin('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this');
  const pool = await servePool(product, 'short', named(short), LEAST);
  const response = await begin(pool, '/');
  let text = '';
  await expect(
    (async () => {
      for await (const chunk of response) text += chunk;
    })(),
  ).rejects.toThrow('aborted');
  expect(text).toBe('only this');
});

test('a GET with a body arrives whole', async () => {
  const app = await startForTest(echo('a'));
  const pool = await servePool(product, 'with-body', named(app), LEAST);
  const answer = await pool.get('/', { headers: { 'content-length': 5 }, body: 'hello' });
  expect(JSON.parse(answer.text)).toMatchObject({ method: 'GET', body: 'hello' });
});

test('least-time prefers the backend that answers faster, and a fast failure attracts nothing', async () => {
  const answering = (afterMs: number, status: number) =>
    startForTest((_, response) => {
      setTimeout(() => response.writeHead(status).end(), afterMs);
    });
  const [slow, fast, failing] = [await answering(60, 200), await answering(10, 200), await answering(0, 503)];
  const pool = await servePool(product, 'time', named(slow, fast, failing), {
    policy: 'least-time',
    ejection: { failures: 1_000, failurePercent: 0 },
  });
  // Of two backends drawn the better one is asked. The fast one is drawn for 120 of these on average, and each of the others
  // can get at most the 60 for which it is not; by its time alone the failing one would get 120. 20 is three deviations.
  const used = tally(await pool.sequence(180));
  expect(used.b).toBeGreaterThan(100);
  expect((await pool.status('c')).requests).toBeLessThan(80);
});
