/** Nothing that a client writes into a request makes the balancer talk to any server outside the pool. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { echo, type Origin, startOrigin } from '../../support/origins.ts';
import { named, servePool } from '../../support/product/pools.ts';
import { type Product, startProduct } from '../../support/product/product.ts';
import { rawRequest, sendRaw } from '../../support/product/raw.ts';

let product: Product;
let origin: Origin;
/** Listens where the tricks point to; it is no backend. */
let victim: Origin;
beforeAll(async () => {
  product = await startProduct();
  [origin, victim] = await Promise.all([startOrigin(echo('a')), startOrigin(echo('victim'))]);
  await servePool(product, 'shop', named(origin));
  await servePool(product, 'cut', named(origin), {}, { path: '/cut', stripPrefix: true });
  await servePool(product, 'based', [{ id: 'a', url: `${origin.url}/base` }]);
});
afterAll(async () => {
  await product.stop();
  await Promise.all([origin.stop(), victim.stop()]);
});

/** Targets as they go on the wire; VICTIM stands for the address of a server that is no backend. */
const TARGETS = [
  '//VICTIM/',
  '///VICTIM/',
  '/\\VICTIM/',
  '\\\\VICTIM/',
  '/\\/VICTIM/',
  'http://VICTIM/',
  'http://VICTIM@shop.test/',
  'http://shop.test@VICTIM/',
  'http://user:pass@shop.test/',
  '/%2f%2fVICTIM/',
  '/%2fVICTIM',
  '/%5cVICTIM/',
  '/@VICTIM/',
  '@VICTIM/',
  ':@VICTIM/',
  '.VICTIM/',
  '/.//VICTIM/',
  '/..//VICTIM/',
  '/%2e%2e//VICTIM/',
  '/a/..//VICTIM/',
  '/?url=http://VICTIM/',
  '?@VICTIM/',
  '/#@VICTIM/',
  '/\t//VICTIM/',
  'https://VICTIM/',
  'ftp://VICTIM/',
  'VICTIM/',
];
const HOSTS = ['shop.test', 'cut.test', 'based.test'];

test.each(TARGETS)('GET %s reaches the pool or no backend', async (target) => {
  const address = `127.0.0.1:${victim.port}`;
  for (const host of HOSTS)
    for (const prefix of host === 'cut.test' ? ['', '/cut', '/cut/'] : ['']) {
      const asked = prefix + target.replaceAll('VICTIM', address);
      const answer = await sendRaw(product.port, rawRequest(asked, host));
      expect(answer.body, asked).not.toContain('"name":"victim"');
      if (answer.status === 200 && answer.body.includes('"name"'))
        expect(answer.body).toContain('"name":"a"');
    }
  expect(victim.hits).toBe(0);
});

test.each([
  'VICTIM',
  'shop.test@VICTIM',
  'shop.test:80@VICTIM',
  'VICTIM#shop.test',
  'shop.test/@VICTIM',
  'shop.test\\@VICTIM',
  'shop.test, VICTIM',
])('Host: %s reaches the pool or no backend', async (host) => {
  const asked = host.replaceAll('VICTIM', `127.0.0.1:${victim.port}`);
  await sendRaw(product.port, rawRequest('/', asked));
  expect(victim.hits).toBe(0);
});

test.each([
  'X-Forwarded-Host',
  'X-Host',
  'X-Original-URL',
  'X-Rewrite-URL',
  'MF-Original-URL',
  'CF-Connecting-IP',
])('%s of the client’s does not change where a request goes', async (name) => {
  const value = `http://127.0.0.1:${victim.port}/`;
  await sendRaw(product.port, rawRequest('/', 'shop.test', [`${name}: ${value}`]));
  expect(victim.hits).toBe(0);
});

test('cutting the front off a path cannot make the rest a host', async () => {
  const address = `127.0.0.1:${victim.port}`;
  const { body } = await sendRaw(product.port, rawRequest(`/cut//${address}/x`, 'cut.test'));
  expect(body).toContain(`"url":"//${address}/x"`);
});

test('dot segments are resolved before the route is looked up, not behind it', async () => {
  await servePool(product, 'guarded', named(origin), {}, { path: '/public' });
  for (const path of ['/public/../admin', '/public/%2e%2e/admin', '/public/.%2E/admin', '/public\\..\\admin'])
    expect((await sendRaw(product.port, rawRequest(path, 'guarded.test'))).status, path).toBe(404);
});
