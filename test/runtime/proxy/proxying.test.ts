/** What becomes of a request and its answer on the way through: methods, bodies, statuses, routes, our own errors. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deadPort, echo, type Origin, startOrigin } from '../../support/origins.ts';
import { named, type ServedPool, servePool, startForTest } from '../../support/product/pools.ts';
import { type Json, many, type Product, startProduct, tally } from '../../support/product/product.ts';
import { startRawOrigin } from '../../support/product/raw.ts';

let product: Product;
let origin: Origin;
let pool: ServedPool;
beforeAll(async () => {
  product = await startProduct();
  origin = await startOrigin(echo('a'));
  pool = await servePool(product, 'echo', named(origin));
});
afterAll(async () => {
  await product.stop();
  await origin.stop();
});

const small = 'x=1&y=2';
const large = 'evenkeel '.repeat(20_000);
test.each<[method: string, what: string, body?: string]>([
  ['GET', 'without a body'],
  ['GET', 'with a small body', small],
  ['GET', 'with a large body', large],
  ['POST', 'without a body'],
  ['POST', 'with a small body', small],
  ['POST', 'with a large body', large],
  ['PUT', 'with a small body', small],
  ['PATCH', 'with a small body', small],
  ['PATCH', 'with a large body', large],
  ['DELETE', 'without a body'],
  ['DELETE', 'with a small body', small],
  ['DELETE', 'with a large body', large],
  ['OPTIONS', 'without a body'],
  ['OPTIONS', 'with a small body', small],
])('%s %s arrives with method, path, query and body', async (method, _, body) => {
  const headers = body === undefined ? {} : { 'content-type': 'text/x-own', 'content-length': body.length };
  const answer = await pool.get('/p%20a/th?q=%26&q=2', {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  expect(answer.status).toBe(200);
  const seen = JSON.parse(answer.text);
  expect(seen).toMatchObject({ method, url: '/p%20a/th?q=%26&q=2' });
  expect(seen.body === (body ?? '')).toBe(true);
  if (body === undefined) return;
  expect(seen.headers).toMatchObject({ 'content-type': 'text/x-own', 'content-length': String(body.length) });
});

test('HEAD brings the headers of a GET, its length included, and no body', async () => {
  const page = await startForTest((_, response) =>
    response.writeHead(200, { 'content-length': 4_321 }).end(),
  );
  const answer = await (await servePool(product, 'head', named(page))).get('/', { method: 'HEAD' });
  expect(answer.status).toBe(200);
  expect(answer.headers['content-length']).toBe('4321');
  expect(answer.text).toBe('');
});

test.each([
  [200, {}],
  [201, { location: '/made/1' }],
  [204, {}],
  [205, {}],
  [206, { 'content-range': 'bytes 0-3/10' }],
  [301, { location: 'http://elsewhere.test/x' }],
  [302, { location: '/relative?x=1' }],
  [303, { location: 'https://elsewhere.test/' }],
  [304, { etag: '"v1"' }],
  [307, { location: 'http://127.0.0.1:9/never' }],
  [308, { location: '//elsewhere.test/' }],
  [400, {}],
  [401, { 'www-authenticate': 'Basic' }],
  [404, {}],
  [418, {}],
  [429, { 'retry-after': '3' }],
  [500, {}],
  [599, {}],
])('%i passes as it is, with its headers', async (status, headers) => {
  const app = await startForTest((_, response) => response.writeHead(status, headers).end());
  const answer = await (await servePool(product, `s${status}`, named(app))).get();
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject(headers);
  expect(answer.backend).toBe('a');
  expect(app.hits).toBe(1);
});

/** A backend that answers this status, with a body, and closes. */
const startOdd = (status: number | string) =>
  startRawOrigin(`HTTP/1.1 ${status} Odd\r\nContent-Length: 3\r\nConnection: close\r\n\r\nodd`);
const ODD = [
  [600, 'The backend answered with status 600, which HTTP does not define.'],
  [999, 'The backend answered with status 999, which HTTP does not define.'],
  [
    102,
    'The backend answered 102 Processing, an interim response; this runtime cannot wait for the final one.',
  ],
  [
    103,
    'The backend answered 103 Early Hints, an interim response; this runtime cannot wait for the final one.',
  ],
] as const;

test.each(ODD)(
  'a backend alone that answers %i gives the client a 502 that says so, and has failed',
  async (status, detail) => {
    const pool = await servePool(product, `odd${status}`, named(await startOdd(status)));
    const answer = await pool.get();
    expect([answer.status, answer.headers['content-type']]).toEqual([502, 'application/problem+json']);
    expect(JSON.parse(answer.text).detail).toBe(detail);
    expect(answer.headers['x-backend-attempts']).toBe(`a;${status}`);
    expect(answer.headers).not.toHaveProperty('x-backend-used');
    expect(await pool.mapping(answer.headers['x-request-id'] as string)).toMatchObject({
      ...{ backend: null, status: 502 },
      attempts: [{ backend: 'a', outcome: 'failure-status', status }],
    });
    expect((await pool.status('a')).failures).toBe(1);
  },
);

test.each(ODD)(
  'where another backend can be asked, %i costs a GET nothing, a POST its answer',
  async (status) => {
    const good = await startForTest(echo('good'));
    const pool = await servePool(product, `odd-or-good${status}`, named(await startOdd(status), good));
    const answer = await pool.get();
    expect([answer.status, answer.headers['x-backend-attempts']]).toEqual([200, `a;${status}, b;200`]);
    const [second, third] = [await pool.get(), await pool.get('/', { method: 'POST', body: 'x' })];
    expect([second.status, second.backend]).toEqual([200, 'b']);
    expect([third.status, third.headers['x-backend-attempts']]).toEqual([502, `a;${status}`]);
  },
);

test.each([true, false])(
  'a backend that switches protocols unasked gives the client a 502 of ours (debugHeaders %s)',
  async (debugHeaders) => {
    const odd = await startRawOrigin('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    const pool = await servePool(product, `switch${debugHeaders}`, named(odd));
    await product.apiOk('PUT', `/routes/switch${debugHeaders}`, {
      ...{ id: `switch${debugHeaders}`, host: pool.host, pool: `switch${debugHeaders}`, debugHeaders },
    });
    const answer = await pool.get();
    expect(answer.status).toBe(502);
    expect(answer.headers['content-type']).toBe('application/problem+json');
  },
);

test.each([
  ['of known length', { 'content-length': 8 * 1_048_576 + 1 }],
  ['chunked', { 'transfer-encoding': 'chunked' }],
])(
  'a GET’s body of more than 8 MiB, %s, is a 413 of ours: it would have to be held in memory',
  async (_, headers) => {
    const { hits } = origin;
    const answer = await pool.get('/', { headers, body: Buffer.alloc(8 * 1_048_576 + 1, 'x') });
    expect([answer.status, answer.headers['content-type']]).toEqual([413, 'application/problem+json']);
    expect(JSON.parse(answer.text).detail).toContain('8388608');
    expect(origin.hits).toBe(hits);
  },
);

const page = Buffer.from('<p>evenkeel</p>'.repeat(500));
test.each([
  ['gzip', gzipSync(page)],
  ['br', brotliCompressSync(page)],
])('a body encoded with %s passes byte for byte', async (encoding, encoded) => {
  const app = await startForTest((_, response) => {
    response.writeHead(200, { 'content-encoding': encoding, 'content-length': encoded.length });
    response.end(encoded);
  });
  const shrunk = await servePool(product, encoding, named(app));
  const answer = await shrunk.get('/', { headers: { 'accept-encoding': encoding } });
  expect(answer.headers).toMatchObject({
    'content-encoding': encoding,
    'content-length': String(encoded.length),
  });
  expect(answer.bytes.equals(encoded)).toBe(true);
});

test('the longest prefix that ends at a segment decides, and an exact host wins over a wildcard', async () => {
  const route = (id: string, host: string, path: string, to: string, more: Json = {}) => ({
    ...{ id, host, path, pool: to, ...more },
  });
  const names = ['root', 'api', 'deep', 'wild', 'cut'];
  const origins = await Promise.all(names.map((name) => startForTest(echo(name))));
  for (const [i, name] of names.entries())
    await product.apiOk('PUT', `/pools/${name}`, { backends: named(origins[i]!) });
  for (const body of [
    route('root', 'site.test', '/', 'root'),
    route('api', 'site.test', '/api', 'api'),
    route('deep', 'site.test', '/api/v2', 'deep'),
    route('cut', 'site.test', '/cut', 'cut', { stripPrefix: true }),
    route('wild', '*.site.test', '/', 'wild'),
  ])
    await product.apiOk('PUT', `/routes/${body.id}`, body);
  const asked = async (host: string, path: string) => {
    const { name, url } = JSON.parse((await product.get(host, path)).text);
    return `${name} ${url}`;
  };
  expect(await asked('site.test', '/')).toBe('root /');
  expect(await asked('site.test', '/apis')).toBe('root /apis');
  expect(await asked('site.test', '/api')).toBe('api /api');
  expect(await asked('site.test', '/api/v1?x')).toBe('api /api/v1?x');
  expect(await asked('site.test', '/api/v2/a')).toBe('deep /api/v2/a');
  expect(await asked('SITE.test:80', '/api')).toBe('api /api');
  expect(await asked('site.test', '/cut')).toBe('cut /');
  expect(await asked('site.test', '/cut/a/b?x=1')).toBe('cut /a/b?x=1');
  expect(await asked('a.site.test', '/api')).toBe('wild /api');
  expect(await asked('a.b.site.test', '/')).toBe('wild /');
});

test('a backend’s path is a prefix', async () => {
  const prefixed = await servePool(product, 'prefixed', [{ id: 'a', url: `${origin.url}/base/` }]);
  expect(JSON.parse((await prefixed.get('/x?y')).text).url).toBe('/base/x?y');
});

test('no route: 404 as a problem document, and nothing is fetched', async () => {
  await servePool(product, 'narrow', named(origin), {}, { path: '/only' });
  const before = origin.hits;
  for (const [host, path] of [
    ['unknown.test', '/'],
    ['narrow.test', '/'],
    ['narrow.test', '/onlyish'],
  ] as const) {
    const answer = await product.get(host, path);
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.text)).toMatchObject({ status: 404, title: 'No route' });
  }
  expect(origin.hits).toBe(before);
});

test('no path of a proxied host is the balancer’s own', async () => {
  for (const path of ['/api/health', '/api/config', '/metrics', '/index.html', '/assets/x.js'])
    expect(JSON.parse((await pool.get(path)).text)).toMatchObject({ name: 'a', url: path });
});

test('our own errors are problem documents that name no backend’s address', async () => {
  const port = await deadPort();
  const hung = await startForTest(() => undefined);
  const retry = { maxRetries: 0 };
  const dead = await servePool(product, 'dead', [{ id: 'x', url: `http://127.0.0.1:${port}` }]);
  const late = await servePool(product, 'late', named(hung), { timeoutMs: 100, retry });
  const shut = await servePool(product, 'shut', [{ id: 'a', url: origin.url, state: 'disabled' }]);
  for (const [of, status, title] of [
    [dead, 502, 'Bad gateway'],
    [late, 504, 'Gateway timeout'],
    [shut, 503, 'No backend available'],
  ] as const) {
    const answer = await of.get('/', { headers: { 'x-request-id': 'find-me' } });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.text)).toMatchObject({ status, title, requestId: 'find-me' });
    expect(answer.text + JSON.stringify(answer.headers)).not.toMatch(/127\.0\.0\.1/);
  }
});

test('a client whose upload no backend takes gets the answer, and no reset', async () => {
  const body = Buffer.alloc(1_048_576, 'x');
  const shut = await servePool(product, 'closed', [{ id: 'a', url: origin.url, state: 'disabled' }]);
  const answers = await many(10, 2, () => shut.get('/', { method: 'POST', body }));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
  const unknown = await many(10, 2, () => product.get('unknown.test', '/', { method: 'POST', body }));
  expect(unknown.map(({ status }) => status)).toEqual(unknown.map(() => 404));
});

test('hash without a key goes round by weight, with one it stays; explain says so', async () => {
  const origins = await Promise.all(['a', 'b', 'c'].map((name) => startForTest(echo(name))));
  const backends = named(...origins).map((backend, i) => ({ ...backend, weight: i === 0 ? 2 : 1 }));
  for (const [hashKey, name, value] of [
    ['header:x-tenant', 'x-tenant', 'one'],
    ['cookie:sid', 'cookie', 'sid=one'],
  ] as const) {
    const keyless = await servePool(product, `keyless-${name}`, backends, { policy: 'hash', hashKey });
    const without = [{}, { [name]: '' }, { cookie: 'sid=; other=1' }, { cookie: 'SID=one' }];
    const answers = await many(300, 8, (i) => keyless.get('/', { headers: without[i % without.length]! }));
    expect(tally(answers.map(({ backend }) => backend!))).toEqual({ a: 150, b: 75, c: 75 });
    for (let n = 0; n < 4; n++) {
      const explained = await product.apiOk('POST', '/explain', { url: `http://${keyless.host}/` });
      expect((await keyless.get('/')).backend).toBe(explained.candidates[0].backend);
    }
    const keyed = await many(30, 8, () => keyless.get('/', { headers: { [name]: value } }));
    expect(new Set(keyed.map(({ backend }) => backend)).size).toBe(1);
  }
});
