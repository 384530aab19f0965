/** Without debug headers most answers pass without being copied: the client must not be able to tell. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Origin, startOrigin } from '../support/origins.ts';
import { named, type ServedPool, servePool } from '../support/pools.ts';
import { type Product, startProduct } from '../support/product.ts';

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
  '/once': [200, { connection: 'keep-alive, X-Once', 'x-once': 'for the next hop only' }, page],
};

let product: Product;
let origin: Origin;
let copied: ServedPool;
let asIs: ServedPool;
beforeAll(async () => {
  product = await startProduct();
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

/** Nothing else may be encoded: local workerd would do it by itself. */
const ENCODED = new Set(['/gzip', '/br']);
const OURS = new Set(['x-backend-used', 'x-backend-attempts', 'x-request-id']);

async function seen(pool: ServedPool, path: string, method: string) {
  const { status, rawHeaders, bytes } = await pool.get(path, {
    method,
    headers: { 'accept-encoding': ENCODED.has(path) ? path.slice(1) : 'identity' },
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
  '%s %s',
  async (method, path) => {
    const answer = await seen(asIs, path, method);
    expect(answer).toEqual(await seen(copied, path, method));
    const [status, , body] = ANSWERS[path]!;
    expect(answer.status).toBe(status);
    expect(answer.body).toBe(method === 'HEAD' ? '' : (body?.toString('hex') ?? ''));
    expect(answer.headers.map(([name]) => name)).not.toContain('x-once');
  },
);
