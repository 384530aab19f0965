/** What an operator does first: sign in, see the pool, kill a backend, see it ejected. */
import { expect, test } from 'playwright/test';
import { type OriginProcess, spawnOrigin } from '../test/support/origins.ts';
import { type Product, startProduct, TOKEN } from '../test/support/product.ts';

let product: Product;
let origins: OriginProcess[];

test.beforeAll(async () => {
  origins = await Promise.all(['a', 'b'].map((name) => spawnOrigin(name)));
  product = await startProduct();
  const backends = origins.map(({ url }, i) => ({ id: 'ab'[i], url }));
  await product.must('PUT', '/config', {
    pools: [{ id: 'shop', backends }],
    routes: [{ id: 'shop', host: 'shop.localhost', pool: 'shop' }],
  });
});

test.afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

test('a wrong token is refused, the right one opens the page', async ({ page }) => {
  await page.goto(`http://localhost:${product.port}/`);
  await page.getByLabel("Operator's token").fill('not the token at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('The token is not right.');
  await page.getByLabel("Operator's token").fill(TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'shop' })).toBeVisible();
});

test('a one-time link signs in, leaves the address and works once', async ({ page, browser }) => {
  const { code } = await product.must('POST', '/session/link');
  await page.goto(`http://localhost:${product.port}/#login=${code}`);
  await expect(page.getByRole('heading', { name: 'shop' })).toBeVisible();
  expect(page.url()).not.toContain(code);
  const other = await (await browser.newContext()).newPage();
  await other.goto(`http://localhost:${product.port}/#login=${code}`);
  await expect(other.getByLabel("Operator's token")).toBeVisible();
});

test('a killed backend shows as ejected while the proxied site goes on', async ({ page, request }) => {
  const { code } = await product.must('POST', '/session/link');
  await page.goto(`http://localhost:${product.port}/#login=${code}`);
  await expect(page.getByRole('cell', { name: 'available' })).toHaveCount(2);
  await origins[1]!.kill();
  for (let i = 0; i < 20; i++) {
    const answer = await request.get(`http://127.0.0.1:${product.port}/`, {
      headers: { host: 'shop.localhost' },
    });
    expect(answer.status()).toBe(200);
  }
  await expect(page.getByRole('row', { name: /^b/ }).getByRole('cell', { name: 'ejected' })).toBeVisible();
});
