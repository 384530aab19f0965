/** The recent mappings, narrowed down: by pool, backend, outcome, status, path and request id. */
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
