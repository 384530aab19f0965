/**
 * Answers pass as the backend gave them, with debug headers or, without them, mostly uncopied; requests pass as the client
 * sent them, but for what it says of itself. On the runtime as `npm run serve` starts it.
 */
import { once } from 'node:events';
import http from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { echo, type Origin, startOrigin } from '../../support/origins.ts';
import { named, type ServedPool, servePool, startForTest } from '../../support/product/pools.ts';
import { from, type Product, startProduct } from '../../support/product/product.ts';
import { rawRequest, sendRaw, startRawOrigin } from '../../support/product/raw.ts';

const page = Buffer.from('<p>evenkeel</p>'.repeat(500));
/** By path: what the backend answers. */
const ANSWERS: Record<string, [status: number, headers: Record<string, string | string[]>, body?: Buffer]> = {
  '/whole': [200, { 'content-type': 'text/html', 'content-length': String(page.length), etag: '"1"' }, page],
  '/chunked': [200, { 'content-type': 'text/html' }, page],
  '/gzip': [200, { 'content-encoding': 'gzip' }, gzipSync(page)],
  '/br': [200, { 'content-encoding': 'br' }, brotliCompressSync(page)],
  '/empty': [200, { 'content-length': '0' }],
  '/cookies': [200, { 'set-cookie': ['a=1; Path=/', 'b=2; HttpOnly'] }, page],
  '/nothing': [204, {}],
  '/elsewhere': [302, { location: '/whole' }],
  '/unchanged': [304, { etag: '"1"' }],
  '/wrong': [500, { 'content-type': 'text/plain' }, Buffer.from('wrong')],
  '/part': [
    206,
    { 'content-type': 'text/html', 'content-range': 'bytes 0-9/7500', 'content-length': '10' },
    page.subarray(0, 10),
  ],
  '/once': [200, { connection: 'keep-alive, X-Once', 'x-once': 'for the next hop only' }, page],
};

let product: Product;
let origin: Origin;
let copied: ServedPool;
let asIs: ServedPool;
beforeAll(async () => {
  product = await startProduct({ believesClients: false });
  origin = await startOrigin((request, response) => {
    const [status, headers, body] = ANSWERS[request.url!]!;
    response.writeHead(status, { date: 'Thu, 26 Nov 2026 00:00:00 GMT', ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  copied = await servePool(product, 'copied', named(origin));
  asIs = await servePool(product, 'as-is', named(origin), {}, { debugHeaders: false });
});
afterAll(async () => {
  await product.stop();
  await origin.stop();
});

const OURS = new Set(['x-backend-used', 'x-backend-attempts', 'x-request-id']);

async function seen(pool: ServedPool, path: string, method: string) {
  const { status, rawHeaders, bytes } = await pool.get(path, {
    method,
    headers: { 'accept-encoding': 'gzip, br' },
  });
  const pairs = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name.toLowerCase(), rawHeaders[i + 1]!]] : [],
  );
  return {
    status,
    headers: pairs.filter(([name]) => !OURS.has(name!)).toSorted(),
    body: bytes.toString('hex'),
  };
}

test.each(Object.keys(ANSWERS).flatMap((path) => ['GET', 'HEAD'].map((method) => [method, path] as const)))(
  'to a client that accepts gzip and br: %s %s',
  async (method, path) => {
    const answer = await seen(asIs, path, method);
    expect(answer).toEqual(await seen(copied, path, method));
    const [status, headers, body] = ANSWERS[path]!;
    const kept = Object.entries(headers).filter(([name]) => !['connection', 'x-once'].includes(name));
    const expected = kept.flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
    expect(answer.status).toBe(status);
    expect(answer.body).toBe(method === 'HEAD' ? '' : (body?.toString('hex') ?? ''));
    expect(answer.headers).toEqual(expect.arrayContaining(expected));
    expect(answer.headers.some(([name]) => name === 'content-encoding')).toBe('content-encoding' in headers);
    expect(answer.headers.map(([name]) => name)).not.toContain('x-once');
  },
);

test('a truncated answer with a Content-Length fails at a client that accepts gzip', async () => {
  const bytes = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nonly this';
  const pool = await servePool(product, 'cut', named(await startRawOrigin(bytes)));
  await expect(pool.get('/', { headers: { 'accept-encoding': 'gzip' } })).rejects.toThrow('aborted');
});

test('a stream of text arrives line by line', async () => {
  let writeNext = (_: string) => {};
  const lines = await startForTest((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    writeNext = (line) => void response.write(line);
    writeNext('line 0\n');
  });
  const { host } = await servePool(product, 'lines', named(lines));
  const request = http.get(product.url, { headers: { host, 'accept-encoding': 'gzip' } });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.setEncoding('utf8');
  // The next line is written when the last one has been read, so that one held back would never come.
  for (let i = 0; i < 5; i++) {
    expect(await once(response, 'data')).toEqual([`line ${i}\n`]);
    writeNext(`line ${i + 1}\n`);
  }
  request.on('error', () => undefined);
  request.destroy();
});

/** What the backend has seen of a request. */
async function arrived(path: string, lines: readonly string[]) {
  const { host } = await servePool(product, 'echo', named(await startForTest(echo('a'))));
  return JSON.parse((await sendRaw(product.port, rawRequest(path, host, lines))).body);
}

test.each(['gzip', 'br;q=0.5, *;q=0', 'zstd, gzip, deflate', 'identity'])(
  'Accept-Encoding: %s arrives as it was sent',
  async (value) => {
    const { headers } = await arrived('/', [`Accept-Encoding: ${value}`]);
    expect(headers['accept-encoding']).toBe(value);
  },
);

test('no Accept-Encoding is added', async () => {
  expect((await arrived('/', [])).headers).not.toHaveProperty('accept-encoding');
});

test.each(['/cdn-cgi/x', '/cdn-cgi/local/email', '/cdn-cgi/mf/scheduled', '/__cf_local/x'])(
  '%s of a proxied host reaches the backend',
  async (path) => {
    expect(await arrived(path, [])).toMatchObject({ name: 'a', url: path });
  },
);

test('X-Forwarded-Proto of the client’s is replaced', async () => {
  const { headers } = await arrived('/', ['X-Forwarded-Proto: https']);
  expect(headers['x-forwarded-proto']).toBe('http');
});

test('the client is the peer of the connection, whatever its headers say', async () => {
  const { host } = await servePool(product, 'peer', named(await startForTest(echo('a'))));
  const forged = '203.0.113.7';
  // Not every system has more than one loopback address.
  const localAddress = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1';
  const headers = {
    host,
    'cf-connecting-ip': forged,
    'x-forwarded-for': forged,
    'mf-cf-blob': JSON.stringify({ clientIp: `${forged}:1` }),
    ...from({ ip: forged }),
  };
  const request = http.get(product.url, { localAddress, headers });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const seen = JSON.parse((await response.toArray()).join(''));
  expect(seen.headers).toMatchObject({ 'cf-connecting-ip': localAddress, 'x-forwarded-for': localAddress });
});
