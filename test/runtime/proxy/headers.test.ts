/** Which headers pass each way, which do not, and which are the balancer's own. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { echo, type Origin, startOrigin } from '../../support/origins.ts';
import { named, type ServedPool, servePool, startForTest } from '../../support/product/pools.ts';
import { type Json, type Product, startProduct } from '../../support/product/product.ts';
import { startRawOrigin } from '../../support/product/raw.ts';

/** A backend that keeps the client's URL and Host: it says what it saw of both. */
const BINDING = `export default { fetch: (request) => Response.json({
  url: request.url, host: request.headers.get('host'), forwardedHost: request.headers.get('x-forwarded-host') }) };`;

let product: Product;
let origin: Origin;
let pool: ServedPool;
beforeAll(async () => {
  product = await startProduct({ services: { BACKEND: BINDING } });
  origin = await startOrigin(echo('a'));
  pool = await servePool(product, 'echo', named(origin));
});
afterAll(async () => {
  await product.stop();
  await origin.stop();
});

/** The headers that the backend got. */
const seenBy = async (headers: Json): Promise<Json> =>
  JSON.parse((await pool.get('/', { headers })).text).headers;

test.each([
  ['authorization', 'Basic dXNlcjpwYXNz'],
  ['cookie', 'a=1; b=2'],
  ['user-agent', 'test/1.0'],
  ['accept', 'text/html;q=0.9, */*;q=0.1'],
  ['accept-language', 'de, en;q=0.5'],
  ['range', 'bytes=0-9'],
  ['if-none-match', '"abc"'],
  ['origin', 'https://elsewhere.test'],
  ['referer', 'https://elsewhere.test/page'],
  ['idempotency-key', 'k-1'],
  ['x-own', 'one, two'],
  ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
])('%s reaches the backend as it came', async (name, value) => {
  expect((await seenBy({ [name]: value }))[name]).toBe(value);
});

test.each<[string, Json]>([
  ['keep-alive', { 'keep-alive': 'timeout=5' }],
  ['te', { te: 'trailers' }],
  ['upgrade', { upgrade: 'h2c', connection: 'upgrade' }],
  ['proxy-authorization', { 'proxy-authorization': 'Basic dXNlcjpwYXNz' }],
  ['proxy-connection', { 'proxy-connection': 'keep-alive' }],
  ['proxy', { proxy: 'http://evil.test' }],
  ['x-once', { connection: 'keep-alive, X-Once', 'x-once': 'for the next hop only' }],
])('%s does not reach the backend', async (name, headers) => {
  expect(await seenBy(headers)).not.toHaveProperty(name);
});

test('a client cannot remove the balancer’s or the message’s own headers by naming them in Connection', async () => {
  const named = 'authorization, cookie, x-request-id, x-evenkeel-loop, x-forwarded-for, x-real-ip';
  const seen = await seenBy({ connection: named, authorization: 'Bearer x', cookie: 'a=1' });
  expect(seen).toMatchObject({
    authorization: 'Bearer x',
    cookie: 'a=1',
    'x-forwarded-for': '127.0.0.1',
    'x-real-ip': '127.0.0.1',
  });
  expect(seen).toHaveProperty('x-evenkeel-loop');
  expect(seen).toHaveProperty('x-request-id');
});

test('a client’s headers about its own address and host are replaced', async () => {
  const seen = await seenBy({
    'x-forwarded-for': '203.0.113.7, 198.51.100.1',
    'x-forwarded-host': 'evil.test',
    'x-real-ip': '203.0.113.7',
    forwarded: 'for=203.0.113.7;host=evil.test',
    'x-forwarded-port': '22',
    'x-forwarded-server': 'evil.test',
  });
  expect(seen).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': 'echo.test',
    'x-forwarded-proto': 'http',
    'x-real-ip': '127.0.0.1',
  });
  for (const name of ['forwarded', 'x-forwarded-port', 'x-forwarded-server'])
    expect(seen).not.toHaveProperty(name);
});

test('a sane X-Request-Id is kept, to the backend and back', async () => {
  const answer = await pool.get('/', { headers: { 'x-request-id': 'client-1:2/3' } });
  expect(JSON.parse(answer.text).headers['x-request-id']).toBe('client-1:2/3');
  expect(answer.headers['x-request-id']).toBe('client-1:2/3');
});

test.each([
  ['missing', undefined],
  ['with a space', 'two words'],
  ['with markup', '<script>'],
  ['too long', 'x'.repeat(129)],
])('an X-Request-Id that is %s is replaced by one of ours, the same to both sides', async (_, id) => {
  const answer = await pool.get('/', { headers: id === undefined ? {} : { 'x-request-id': id } });
  expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{16}-[0-9a-z]+$/);
  expect(JSON.parse(answer.text).headers['x-request-id']).toBe(answer.headers['x-request-id']);
});

test('Via and CDN-Loop are neither made nor changed: nginx stops compressing for a request with Via', async () => {
  const sent = { via: '1.0 edge, 1.1 cdn', 'cdn-loop': 'edge; loops=1' };
  expect(await seenBy(sent)).toMatchObject(sent);
  const seen = await seenBy({});
  for (const name of Object.keys(sent)) expect(seen).not.toHaveProperty(name);
});

test('X-Evenkeel-Loop gains our name behind those of other deployments', async () => {
  expect((await seenBy({ 'x-evenkeel-loop': 'evenkeel-00000000' }))['x-evenkeel-loop']).toMatch(
    /^evenkeel-00000000, evenkeel-[0-9a-f]{8}$/,
  );
});

test('a request that comes back is stopped with 508 before it loops', async () => {
  const relay = await startForTest(async (request, response) => {
    const headers = { ...request.headers, host: 'loop.test' };
    const again = await product.get('loop.test', request.url!, { headers });
    response.writeHead(again.status, { 'content-type': again.headers['content-type'] }).end(again.text);
  });
  const loop = await servePool(product, 'loop', named(relay));
  const answer = await loop.get('/');
  expect(answer.status).toBe(508);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(relay.hits).toBe(1);
});

test('with host "backend" the backend sees its own Host, and the client’s in X-Forwarded-Host', async () => {
  const seen = await seenBy({});
  expect(seen.host).toBe(new URL(origin.url).host);
  expect(seen['x-forwarded-host']).toBe('echo.test');
});

test('through a binding URL and Host stay the client’s', async () => {
  const bound = await servePool(product, 'bound', [{ id: 'a', binding: 'BACKEND' }]);
  expect(JSON.parse((await bound.get('/x?y=1')).text)).toEqual({
    url: 'http://bound.test/x?y=1',
    host: 'bound.test',
    forwardedHost: 'bound.test',
  });
});

test('several Set-Cookie reach the client one by one, in their order', async () => {
  const cookies = ['a=1; Path=/', 'b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT', 'c=3; HttpOnly'];
  const baker = await startForTest((_, response) => {
    response.setHeader('set-cookie', cookies);
    response.end();
  });
  const answer = await (await servePool(product, 'baker', named(baker))).get('/');
  expect(answer.headers['set-cookie']).toEqual(cookies);
});

test('a backend’s end-to-end headers reach the client as they came', async () => {
  const sent = {
    'cache-control': 'public, max-age=60',
    'content-security-policy': "default-src 'self'",
    etag: '"v1"',
    vary: 'Accept, Cookie',
    'www-authenticate': 'Basic realm="x"',
    server: 'own/1.0',
    'x-own': 'yes',
  };
  const full = await startForTest((_, response) => response.writeHead(200, sent).end());
  expect((await (await servePool(product, 'full', named(full))).get('/')).headers).toMatchObject(sent);
});

test.each([
  ['with', true],
  ['without', false],
])('a backend’s hop-by-hop headers do not reach the client, %s debug headers', async (word, debugHeaders) => {
  const fields = [
    'Proxy-Authenticate: Basic',
    'Proxy-Authentication-Info: x',
    'Proxy-Connection: keep-alive',
  ];
  const plain = await startRawOrigin(
    ['HTTP/1.1 200 OK', ...fields, 'Content-Length: 2', '', 'ok'].join('\r\n'),
  );
  const listed = ['Connection: close, X-Once', 'X-Once: 1', 'Keep-Alive: timeout=5'];
  const closing = await startRawOrigin(
    ['HTTP/1.1 200 OK', ...listed, 'Content-Length: 2', '', 'ok'].join('\r\n'),
  );
  const hops = await servePool(product, `hops-${word}`, named(plain, closing), {}, { debugHeaders });
  for (const answer of [await hops.get(), await hops.get()]) {
    expect(answer.text).toBe('ok');
    expect(Object.keys(answer.headers).filter((name) => /^(proxy|x-once)/.test(name))).toEqual([]);
  }
});

test('the debug headers show the backend, each attempt and the request’s id', async () => {
  const answer = await pool.get('/', { headers: { 'x-request-id': 'r1' } });
  expect(answer.headers).toMatchObject({
    'x-backend-used': 'a',
    'x-backend-attempts': 'a;200',
    'x-request-id': 'r1',
  });
});

test('a route without debug headers shows none, whatever the answer; the backend still gets the id', async () => {
  const odd = await startRawOrigin('HTTP/1.1 999 Odd\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  const alone = { retry: { maxRetries: 0 } };
  const quiet = await servePool(product, 'quiet', named(origin, odd), alone, { debugHeaders: false });
  const [good, bad] = [await quiet.get(), await quiet.get()];
  expect([good.status, bad.status]).toEqual([200, 502]);
  expect(JSON.parse(good.text).headers).toHaveProperty('x-request-id');
  for (const { headers } of [good, bad])
    expect(Object.keys(headers).filter((name) => name.startsWith('x-backend'))).toEqual([]);
  expect(good.headers).not.toHaveProperty('x-request-id');
});
