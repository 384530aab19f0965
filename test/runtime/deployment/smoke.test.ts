/** The main job in its smallest form. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawnOrigin } from '../../support/origins.ts';
import { type Product, startProduct, tally } from '../../support/product/product.ts';

let product: Product;
const origins = await Promise.all(['a', 'b', 'c'].map((name) => spawnOrigin(name)));

beforeAll(async () => {
  product = await startProduct();
  const backends = origins.map(({ url }, i) => ({ id: 'abc'[i], url, weight: i === 0 ? 5 : 1 }));
  await product.apiOk('PUT', '/config', {
    pools: [{ id: 'shop', backends }],
    routes: [{ id: 'shop', host: 'shop.test', pool: 'shop' }],
  });
});
afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

test('weights 5:1:1 over 350 requests in a row are 250/50/50 in the order a a b a c a a', async () => {
  const used: string[] = [];
  for (let i = 0; i < 350; i++) used.push((await product.get('shop.test', `/${i}`)).backend!);
  expect(used.join('')).toBe('aabacaa'.repeat(50));
  expect(tally(used)).toEqual({ a: 250, b: 50, c: 50 });
});
