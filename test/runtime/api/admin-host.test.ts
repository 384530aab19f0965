/** What decides between the dashboard and the customer's traffic is the host of the URL, and nothing that a client adds. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Origin, startOrigin } from '../../support/origins.ts';
import { type Answer, type Product, send, startProduct, TOKEN } from '../../support/product/product.ts';

let product: Product;
let backend: Origin;
beforeAll(async () => {
  product = await startProduct();
  backend = await startOrigin((request, response) => {
    response
      .writeHead(200, { 'content-type': 'text/plain' })
      .end(`backend got ${request.method} ${request.url}`);
  });
  await product.apiOk('PUT', '/config', {
    pools: [{ id: 'shop', backends: [{ id: 'a', url: backend.url }] }],
    routes: [
      { id: 'shop', host: 'shop.test', pool: 'shop' },
      { id: 'wild', host: '*.localhost', pool: 'shop' },
    ],
  });
});
afterAll(async () => {
  await product.stop();
  await backend.stop();
});

const get = (host: string, path: string, headers = {}, method = 'GET'): Promise<Answer> =>
  send(product.port, host, path, { method, headers: { authorization: `Bearer ${TOKEN}`, ...headers } });

test.each([
  '/',
  '/index.html',
  '/assets/index.js',
  '/favicon.ico',
  '/_headers',
  '/api/health',
  '/api/config',
  '/api/session',
  '/api/live',
  '/api/nothing',
  '/pools',
  '/robots.txt',
])('%s on a proxied host is the backend’s, token or not', async (path) => {
  for (const method of ['GET', 'PUT', 'DELETE'])
    expect((await get('shop.test', path, {}, method)).text).toBe(`backend got ${method} ${path}`);
});

test.each<[string, Record<string, string>]>([
  ['X-Forwarded-Host', { 'x-forwarded-host': 'localhost' }],
  ['Forwarded', { forwarded: 'host=localhost;proto=http' }],
  ['X-Host and X-Original-Host', { 'x-host': 'localhost', 'x-original-host': 'localhost' }],
  ['X-Original-URL and X-Rewrite-URL', { 'x-original-url': '/api/config', 'x-rewrite-url': '/api/config' }],
  ['an Origin and a Referer of the dashboard', { origin: 'http://localhost', referer: 'http://localhost/' }],
])('%s does not make a proxied host the admin host', async (_, headers) => {
  const before = await product.apiOk('GET', '/config');
  const answer = await get('shop.test', '/api/config', headers);
  expect(answer.text).toBe('backend got GET /api/config');
  await get('shop.test', '/api/config', headers, 'PUT');
  expect(await product.apiOk('GET', '/config')).toEqual(before);
});

test.each([
  'localhost',
  'LOCALHOST',
  'LocalHost:1234',
  'localhost.',
  'localhost.:8080',
  '127.0.0.1',
  '[::1]',
  '[::1]:99',
])('the admin host written as %s is the admin host, and is proxied never', async (host) => {
  const health = await get(host, '/api/health');
  expect([health.status, JSON.parse(health.text).status]).toEqual([200, 'ok']);
  expect((await send(product.port, host, '/api/config')).status).toBe(401);
  expect((await get(host, '/')).text).toContain('<div id="root">');
});

test.each([
  'evil.localhost',
  'localhost.shop.test',
  'api.localhost',
  'xlocalhost',
  'localhostx',
  '127.0.0.1.shop.test',
  '127.0.0.2',
  '[::2]',
])('%s looks like the admin host and is not', async (host) => {
  const answer = await get(host, '/api/config');
  expect(answer.text).not.toContain('"pools"');
  if (host.endsWith('.localhost')) expect(answer.text).toBe('backend got GET /api/config');
  else expect(answer.status).toBe(404);
});

test('a host that no route names gets neither dashboard nor API', async () => {
  for (const path of ['/', '/api/health', '/index.html', '/assets/index.js']) {
    const answer = await get('unknown.test', path);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(answer.text).not.toContain('root');
  }
});

test('a session cookie that reaches a proxied host opens nothing there', async () => {
  const login = await product.api('POST', '/session', { token: TOKEN });
  const cookie = login.headers.get('set-cookie')!.split(';')[0]!;
  const answer = await send(product.port, 'shop.test', '/api/config', { headers: { cookie } });
  expect(answer.text).toBe('backend got GET /api/config');
});
