/** The Settings page: an invalid import with its errors, a valid one with its differences, applied and undone. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'playwright/test';
import { serveProduct, signIn } from './support/dashboard.ts';

const configOf = (weight: number, origin = dashboard.origins[0]) => ({
  pools: [{ id: 'shop', backends: [{ id: 'a', url: origin!.url, weight }] }],
  routes: [{ id: 'shop', host: 'shop.localhost', pool: 'shop' }],
});

const dashboard = serveProduct(['a'], ([origin]) => ({
  vars: { STATIC_CONFIG: JSON.stringify(configOf(1, origin)) },
}));

test.beforeEach(async ({ page }) => {
  await dashboard.product.apiOk('PUT', '/config', configOf(1));
  await signIn(dashboard, page);
  await page.getByRole('link', { name: 'Settings' }).click();
});

const weight = async () => (await dashboard.product.apiOk('GET', '/pools/shop')).pool.backends[0].weight;

test('an invalid import is refused with line and reason, whether the JSON or the configuration is at fault', async ({
  page,
}) => {
  const text = page.getByLabel('Configuration as JSON');
  await text.fill('{\n  "pools": [],\n}');
  await expect(page.getByText('Line 3, column 1: expected a key in double quotes.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Apply' })).toBeDisabled();
  const wrong = configOf(1);
  wrong.pools[0]!.backends[0]!.url = 'ftp://a.test';
  wrong.routes[0]!.pool = 'shopp';
  await text.fill(JSON.stringify(wrong, null, 2));
  await expect(page.getByText('Invalid configuration: 2 errors')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'pools[0].backends[0].url' })).toContainText(
    'line 8',
  );
  await expect(page.getByRole('listitem').filter({ hasText: 'routes[0].pool' })).toContainText(
    'names pool shopp, which does not exist',
  );
  await expect(page.getByRole('button', { name: 'Apply' })).toBeDisabled();
});

test('a valid import shows its differences, is applied and undone, and the declared configuration is out of sync meanwhile', async ({
  page,
}) => {
  await expect(page.getByText('in sync', { exact: true })).toBeVisible();
  const file = {
    name: 'new.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(configOf(7))),
  };
  await page.locator('input[type=file]').setInputFiles(file);
  await expect(page.getByText(/1 difference from revision \d+/)).toBeVisible();
  await expect(page.getByText('pool shop › backend a › weight')).toBeVisible();
  expect(await weight()).toBe(1);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect.poll(weight).toBe(7);
  await expect(page.getByText('out of sync: 1 difference')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect.poll(weight).toBe(1);
  await expect(page.getByText('in sync', { exact: true })).toBeVisible();
});

test('an export can be imported', async ({ page }) => {
  const started = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  const path = await (await started).path();
  const exported = readFileSync(path, 'utf8');
  expect(JSON.parse(exported)).toEqual((await dashboard.product.apiOk('GET', '/config')).config);
  await page.getByLabel('Configuration as JSON').fill(exported);
  await expect(page.getByText('No changes:', { exact: false })).toBeVisible();
});

test('the theme can be chosen, the version is shown, and signing out ends the session', async ({ page }) => {
  await page.getByRole('radio', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-mode', 'dark');
  await page.getByRole('button', { name: /^Theme: dark/ }).click();
  await expect(page.getByRole('radio', { name: 'System' })).toBeChecked();
  const { version } = await dashboard.product.apiOk('GET', '/health');
  await expect(page.getByText(version, { exact: true })).toBeVisible();
  await page.getByRole('main').getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page.getByLabel('Operator token')).toBeVisible();
});
