/** The Requests page: the live list, its filters, and the details of a request. */
import { readFileSync } from 'node:fs';
import { expect, type Page, test } from 'playwright/test';
import { echo, type Origin, startOrigin } from '../test/support/origins.ts';
import { type Product, startProduct } from '../test/support/product/product.ts';
import { expectAccessible } from './support/axe.ts';
import { open as signIn } from './support/dashboard.ts';

let product: Product;
let origins: Origin[];

test.beforeAll(async () => {
  // b never answers requests under /cart.
  const configurableBackend: Parameters<typeof startOrigin>[0] = (request, response) => {
    if (!request.url?.startsWith('/cart')) response.end('b');
  };
  origins = [
    await startOrigin(echo('a')),
    await startOrigin(configurableBackend),
    await startOrigin(echo('c')),
  ];
  product = await startProduct();
  const [a, b, c] = origins.map(({ url }) => url);
  const ejection = { failures: 1_000, failurePercent: 0 };
  await product.apiOk('PUT', '/config', {
    pools: [
      // Weight 2 puts b first in the sequence, so that its failure shows at once.
      {
        id: 'shop',
        maxLease: 1,
        ejection,
        backends: [
          { id: 'a', url: a },
          { id: 'b', url: b, weight: 2, timeoutMs: 300 },
        ],
      },
      { id: 'api', backends: [{ id: 'c', url: c }] },
    ],
    routes: [
      { id: 'shop', host: 'shop.test', pool: 'shop' },
      { id: 'api', host: 'api.test', pool: 'api' },
    ],
  });
});

test.afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

const open = (page: Page, path: string) =>
  signIn({ product, url: `http://localhost:${product.port}` }, page, path);

const rows = (page: Page) => page.getByRole('list', { name: 'Requests, newest first' }).getByRole('button');

test('without traffic the page shows how to send some, and lists it at once', async ({ page }) => {
  await open(page, '/requests');
  await expect(page.getByText('No requests yet')).toBeVisible();
  await expect(page.getByText("curl -H 'Host: shop.test'")).toBeVisible();
  expect((await product.get('api.test', '/hello')).status).toBe(200);
  await expect(rows(page).filter({ hasText: 'api.test/hello' })).toHaveCount(1);
});

test('a retried request is one row with all attempts, and its details open and close by keyboard', async ({
  page,
}) => {
  await open(page, '/requests');
  const answer = await product.get('shop.test', '/cart', { headers: { 'x-request-id': 'cart-1' } });
  expect(answer.backend).toBe('a');
  const row = rows(page).filter({ hasText: 'shop.test/cart' });
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('b ✗ timeout → a');
  await expect(row).toContainText('retry');
  await row.focus();
  await page.keyboard.press('Enter');
  const details = page.getByRole('dialog', { name: 'Request' });
  await expect(details.getByText('cart-1')).toBeVisible();
  await expect(details.getByRole('list', { name: 'Attempts' }).getByRole('listitem')).toHaveText([
    /^b.*timed out/,
    /^a.*answered 200/,
  ]);
  await expect(details.getByText(/An earlier attempt failed/)).toBeVisible();
  await expect(details.getByRole('link', { name: 'shop' })).toHaveCount(2);
  expect(page.url()).toContain('id=cart-1');
  await expectAccessible(page, 'the details of a request');
  await page.keyboard.press('Escape');
  await expect(details).toBeHidden();
  await expect(row).toBeFocused();
});

test('filters are in the URL, survive a reload, and can be cleared', async ({ page }) => {
  // Until it is b's turn.
  await expect
    .poll(async () => (await product.get('shop.test', '/cart/pay')).headers['x-backend-attempts'])
    .toContain('b;timeout');
  await product.get('api.test', '/orders');
  await open(page, '/requests');
  await expect(rows(page).filter({ hasText: 'api.test/orders' })).not.toHaveCount(0);
  await page.getByRole('combobox', { name: 'Pool' }).click();
  await page.getByRole('option', { name: 'shop' }).click();
  await page.getByRole('combobox', { name: 'Attempt outcome' }).click();
  await page.getByRole('option', { name: 'timed out' }).click();
  await page.getByLabel('Status').fill('200');
  await page.getByLabel('Path starts with').fill('/cart/');
  await expect(page).toHaveURL(/pool=shop.*outcome=timeout.*status=200.*path=%2Fcart%2F/);
  await page.reload();
  await expect(page.getByLabel('Path starts with')).toHaveValue('/cart/');
  await expect(page.getByLabel('Status')).toHaveValue('200');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText(['/cart/pay']);
  await page.getByLabel('Path starts with').fill('/nowhere');
  await expect(page.getByText('No matching requests')).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(rows(page).filter({ hasText: 'api.test/orders' })).not.toHaveCount(0);
  expect(new URL(page.url()).search).toBe('');
});

test('a filter that is not complete says that it is not applied, and classes and failures are one click', async ({
  page,
}) => {
  await product.get('shop.test', '/nothing');
  await open(page, '/requests');
  await page.getByLabel('Status').fill('50');
  await expect(page.getByText('Not applied. Write a status such as 502')).toBeVisible();
  await page.getByLabel('Slower than').fill('soon');
  await expect(page.getByText('Not applied. Write a time such as')).toBeVisible();
  expect(new URL(page.url()).search).toBe('');
  await page.getByRole('button', { name: '5xx' }).click();
  await expect(page).toHaveURL(/status=5xx/);
  await expect(page.getByText('No matching requests')).toBeVisible();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.getByRole('button', { name: 'Retried' }).click();
  await expect(rows(page).first()).toContainText('b ✗ timeout → a');
  await page.getByLabel('Slower than').fill('200 ms');
  await expect(page).toHaveURL(/slowerThanMs=200/);
  await expect(rows(page).first()).toContainText('b ✗ timeout → a');
});

test('the list of requests can be exported', async ({ page }) => {
  await product.get('api.test', '/export-me');
  await open(page, '/requests');
  await expect(rows(page).filter({ hasText: '/export-me' })).toHaveCount(1);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const started = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'CSV' }).click();
  const text = readFileSync(await (await started).path(), 'utf8');
  expect(text.split('\r\n')[0]).toMatch(/^requestId,receivedAt,method,host,path/);
  expect(text).toContain('/export-me');
});

test('the list pauses under the pointer, and counts the new requests', async ({ page }) => {
  await product.get('api.test', '/before');
  await open(page, '/requests');
  await expect(rows(page).filter({ hasText: '/before' })).toHaveCount(1);
  await rows(page).first().hover();
  await product.get('api.test', '/during-1');
  await product.get('api.test', '/during-2');
  await expect(page.getByRole('heading', { name: 'paused while you read, 2 new' })).toBeVisible();
  await expect(rows(page).filter({ hasText: '/during' })).toHaveCount(0);
  await page.getByRole('heading', { level: 1 }).hover();
  await expect(rows(page).filter({ hasText: '/during' })).toHaveCount(2);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('heading', { level: 1 }).hover();
  await product.get('api.test', '/after');
  await expect(page.getByRole('heading', { name: 'paused, 1 new' })).toBeVisible();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('heading', { level: 1 }).hover();
  await expect(rows(page).filter({ hasText: '/after' })).toHaveCount(1);
});

test('with fifty pools in the menu a short page is no higher than the window', async ({ page }) => {
  const backends = [{ id: 'a', url: origins[0]!.url }];
  const pools = Array.from({ length: 50 }, (_, i) => ({ id: `pool-${i}`, backends }));
  await product.apiOk('PUT', '/config', { pools, routes: [] });
  await page.setViewportSize({ width: 1_440, height: 1_100 });
  await open(page, '/requests?path=/nowhere');
  await expect(page.getByText('No matching requests')).toBeVisible();
  await expect(page.getByRole('link', { name: 'pool-49' })).toBeAttached();
  expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0);
});
