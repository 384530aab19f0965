/** A pool of a thousand backends, and forty pools: found, sorted, filtered, exported, without drawing what is out of sight. */
import { readFileSync } from 'node:fs';
import { expect, type Page, test } from 'playwright/test';
import { deadPort } from '../test/support/origins.ts';
import { send } from '../test/support/product/product.ts';
import { open, serveProduct } from './support/dashboard.ts';

const dashboard = serveProduct(['a']);
const BACKENDS = 1_000;
/** What a browser on a phone can lay out without effort. */
const ELEMENTS = 6_000;

const elements = (page: Page) => page.evaluate(() => document.querySelectorAll('*').length);

test.beforeAll(async () => {
  const { url } = dashboard.origins[0]!;
  const dead = `http://127.0.0.1:${await deadPort()}`;
  const backends = Array.from({ length: BACKENDS }, (_, i) => ({
    id: `web-${String(i).padStart(4, '0')}`,
    url: i === 777 ? dead : url,
    weight: i === 777 ? 1_000 : 1,
    state: i === 500 ? 'draining' : 'active',
  }));
  const pools = Array.from({ length: 39 }, (_, i) => ({
    id: `pool-${i}`,
    backends: [{ id: 'a', url, state: i === 38 ? 'disabled' : 'active' }],
  }));
  await dashboard.product.apiOk('PUT', '/config', {
    pools: [...pools, { id: 'web', ejection: { failures: 1, baseMs: 120_000 }, backends }],
    routes: [{ id: 'web', host: 'web.test', pool: 'web' }],
  });
  for (let i = 0; i < 6; i++) await send(dashboard.product.port, 'web.test', '/');
});

for (const width of [1_440, 390])
  test(`a thousand backends at ${width} px are at most ${ELEMENTS} elements, the ejected one first`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 900 });
    await open(dashboard, page, '/pools/web');
    const list = width > 1_000 ? 'table' : 'list';
    const first = page
      .getByRole(list, { name: 'Backends of web' })
      .getByRole(width > 1_000 ? 'rowheader' : 'listitem')
      .first();
    await expect(first).toContainText('web-0777');
    expect(await elements(page)).toBeLessThan(ELEMENTS);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
  });

test('the end of the list is reached by scrolling, and its head stays in sight', async ({ page }) => {
  await page.setViewportSize({ width: 1_440, height: 900 });
  await open(dashboard, page, '/pools/web?sort=name');
  await expect(page.getByRole('rowheader').first()).toContainText('web-0000');
  const last = page.getByRole('rowheader').filter({ hasText: 'web-0999' });
  await expect(last).toHaveCount(0);
  const table = page.getByRole('table', { name: 'Backends of web' });
  await table.evaluate((element) => element.scrollIntoView({ block: 'end' }));
  await expect(last).toBeVisible();
  await expect(page.getByRole('button', { name: 'Weight', exact: true })).toBeInViewport();
  expect(await elements(page)).toBeLessThan(ELEMENTS);
});

test('filter, sort and export agree, and are in the address', async ({ page }) => {
  await page.setViewportSize({ width: 1_440, height: 900 });
  await open(dashboard, page, '/pools/web');
  await page.getByLabel('Filter by ID or URL').fill('web-07');
  await expect(page.getByRole('status').filter({ hasText: '100 of 1,000 backends' })).toBeVisible();
  await page.getByRole('button', { name: 'Weight', exact: true }).click();
  await expect(page).toHaveURL(/sort=-weight/);
  await page.reload();
  await expect(page.getByRole('rowheader').first()).toContainText('web-0777');
  await page.getByRole('button', { name: 'Export' }).click();
  const started = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'CSV' }).click();
  const lines = readFileSync(await (await started).path(), 'utf8')
    .trim()
    .split('\r\n');
  expect(lines).toHaveLength(101);
  expect(lines[1]).toMatch(/^web-0777,.*,active,ejected,1000,/);
  await page.getByRole('button', { name: /^Draining/ }).click();
  await expect(page.getByText('No backend matches the filter.')).toBeVisible();
});

test('"Select all" means the backends that the filter shows', async ({ page }) => {
  await page.setViewportSize({ width: 1_440, height: 900 });
  await open(dashboard, page, '/pools/web?find=web-000');
  await page.getByRole('checkbox', { name: 'Select all' }).click();
  await expect(page.getByRole('toolbar', { name: 'Actions for 10 backends' })).toBeVisible();
});

test('many pools are a table: problems first, found by a filter', async ({ page }) => {
  await page.setViewportSize({ width: 1_440, height: 900 });
  await open(dashboard, page);
  const table = page.getByRole('table', { name: 'Pools' });
  await expect(table.getByRole('rowheader').first()).toHaveText('pool-38');
  await expect(table.getByRole('rowheader').nth(1)).toHaveText('web');
  await expect(table.getByRole('row').nth(2)).toContainText('degraded');
  await page.getByLabel('Filter pools').fill('pool-2');
  await expect(table.getByRole('rowheader')).toHaveCount(11);
  await expect(page).toHaveTitle(/^\(2\) pool-38 down and 1 more/);
});
