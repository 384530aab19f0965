/** Which calls to the objects a request on the admin host costs: a refused one none but what its answer needs. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Product, startProduct, TOKEN } from '../../support/product/product.ts';

const WRAPPER = fileURLToPath(new URL('../../support/product/recording-objects.js', import.meta.url));
const POOL = { backends: [{ id: 'a', url: 'http://127.0.0.1:9' }] };
let product: Product;
/** The calls since the last look. */
const takeCalls = async (): Promise<string[]> => JSON.parse((await product.get('calls.test', '/')).text);

beforeAll(async () => {
  product = await startProduct({ wrapper: WRAPPER });
  await product.apiOk('PUT', '/pools/shop', POOL);
});
afterAll(() => product.stop());
beforeEach(async () => {
  await takeCalls();
});

const send = (method: string, path: string, headers: Record<string, string>, body?: string) =>
  fetch(`${product.url}${path}`, { method, headers, body });
const authorization = `Bearer ${TOKEN}`;

test.each([
  ['POST', '/api/config/rollback', 401],
  ['PUT', '/api/config', 401],
  ['PUT', '/api/pools/shop', 401],
  ['PATCH', '/api/pools/shop/backends/a', 401],
  ['DELETE', '/api/pools/shop', 401],
  ['POST', '/api/nothing', 401],
  ['DELETE', '/api/session', 204],
])('%s %s without a token costs no call', async (method, path, status) => {
  const refused = await send(method, path, {}, method === 'DELETE' ? undefined : '{}');
  expect(refused.status).toBe(status);
  expect(await takeCalls()).toEqual([]);
});

test.each([
  ['a body that is no JSON', 'PUT', '/api/pools/shop', 400, {}, '{'],
  ['an If-Match that cannot be read', 'PUT', '/api/pools/shop', 400, { 'if-match': '41' }, '{}'],
  ['an If-Match that cannot be read', 'DELETE', '/api/pools/shop', 400, { 'if-match': '41' }, undefined],
  ['an operation that does not exist', 'POST', '/api/pools/shop', 405, {}, '{}'],
])('%s costs no call: %s %s is %i', async (_, method, path, status, headers, body) => {
  expect((await send(method, path, { authorization, ...headers }, body)).status).toBe(status);
  expect(await takeCalls()).toEqual([]);
});

test.each([
  ['a faulty body', { 'content-type': 'application/json' }, '{"backends": []}', 400],
  ['an old revision', { 'if-match': '"999"' }, JSON.stringify(POOL), 412],
])('%s costs the one call that finds it out', async (_, headers, body, status) => {
  expect((await send('PUT', '/api/pools/shop', { authorization, ...headers }, body)).status).toBe(status);
  expect(await takeCalls()).toEqual(['Directory.change']);
});

test('a change that was made is followed at once, a dry run of it is not', async () => {
  const body = JSON.stringify({ ...POOL, timeoutMs: 1_234 });
  expect((await send('PUT', '/api/pools/shop', { authorization }, body)).status).toBe(200);
  expect(await takeCalls()).toEqual(['Directory.change', 'Directory.snapshot']);
  const document = JSON.stringify({ pools: [] });
  expect((await send('PUT', '/api/config?dryRun=true', { authorization }, document)).status).toBe(200);
  expect(await takeCalls()).toEqual(['Directory.change']);
});
