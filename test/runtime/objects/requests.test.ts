/** The recent mappings, narrowed down: by pool, backend, outcome, status, path and request id; and why there was no retry. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Origin, startOrigin } from '../../support/origins.ts';
import { named, servePool } from '../../support/product/pools.ts';
import { eventually, type Json, type Product, startProduct } from '../../support/product/product.ts';

let product: Product;
let origins: Origin[];
beforeAll(async () => {
  product = await startProduct();
  const answer = (status: number) => startOrigin((_, response) => response.writeHead(status).end());
  origins = [await answer(503), await answer(200)];
  const shop = await servePool(product, 'shop', named(...origins), {
    ejection: { failures: 100 },
    maxLease: 1,
  });
  const api = await servePool(product, 'api', named(origins[1]!));
  await shop.get('/cart', { headers: { 'x-request-id': 'cart-1' } });
  await shop.get('/cart/pay', { headers: { 'x-request-id': 'pay-1' } });
  await api.get('/orders', { headers: { 'x-request-id': 'orders-1' } });
  await eventually(
    async () => (await product.apiOk('GET', '/requests')).requests,
    (rows) => rows.length === 3,
  );
});
afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

test.each([
  ['pool=shop', ['pay-1', 'cart-1']],
  ['backend=a', ['cart-1', 'orders-1']],
  ['outcome=failure-status', ['cart-1']],
  ['status=200&path=/cart', ['pay-1', 'cart-1']],
  ['status=404', []],
  ['path=/cart/', ['pay-1']],
  ['requestId=orders-1', ['orders-1']],
  ['requestId=orders-1&pool=shop', []],
])('%s', async (query, expected) => {
  const { requests } = await product.apiOk('GET', `/requests?${query}`);
  expect(requests.map((row: Json) => row.requestId).toSorted()).toEqual(expected.toSorted());
});

test('a failure that is passed on says why it was not retried', async () => {
  const [failing] = origins;
  const backends = named(failing!, failing!, failing!);
  const more = { ejection: { failures: 1_000, failurePercent: 0 }, retry: { maxRetries: 1 } };
  const pool = await servePool(product, 'failing', backends, more);
  const only = await servePool(product, 'only', backends.slice(0, 1), more);
  const refusal = async (asked: typeof pool, requestId: string, method = 'GET', body = '') => {
    const headers = { 'x-request-id': requestId, 'content-length': body.length };
    expect((await asked.get('/', { method, headers, body })).status).toBe(503);
    return (await asked.mapping(requestId)).notRetried;
  };
  expect(await refusal(pool, 'why-1')).toBe('attempts');
  expect(await refusal(pool, 'why-2', 'POST', 'x')).toBe('method');
  expect(await refusal(pool, 'why-3', 'PUT', 'x'.repeat(2_000_000))).toBe('body');
  expect(await refusal(only, 'why-4')).toBe('nobody-left');
  expect(await refusal(only, 'why-5', 'PUT', 'x')).toBe('nobody-left');
});

test('a request that comes to no route is recorded without one', async () => {
  expect((await product.get('unknown.test', '/x', { headers: { 'x-request-id': 'lost-1' } })).status).toBe(
    404,
  );
  const [row] = await eventually(
    async () => (await product.apiOk('GET', '/requests?requestId=lost-1')).requests,
    (rows) => rows.length > 0,
  );
  expect(row).toMatchObject({
    host: 'unknown.test',
    path: '/x',
    route: null,
    pool: null,
    backend: null,
    status: 404,
    reason: 'unrouted',
    attempts: [],
  });
});
