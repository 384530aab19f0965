/** The History page: the timeline and rollback; and the command palette. */
import { expect, type Page, test } from 'playwright/test';
import { deadPort, echo, type Origin, startOrigin } from '../test/support/origins.ts';
import { type Product, startProduct } from '../test/support/product/product.ts';
import { expectAccessible } from './support/axe.ts';
import { open as signIn } from './support/dashboard.ts';

let product: Product;
let origins: Origin[];

test.beforeAll(async () => {
  origins = [await startOrigin(echo('a')), await startOrigin(echo('b'))];
  product = await startProduct();
  const [a, b] = origins.map(({ url }) => url);
  await product.apiOk('PUT', '/config', {
    pools: [
      {
        id: 'shop',
        backends: [
          { id: 'a', url: a },
          { id: 'b', url: b },
        ],
      },
      {
        id: 'sick',
        maxLease: 1,
        ejection: { failures: 2, baseMs: 120_000 },
        backends: [
          { id: 'dead', url: `http://127.0.0.1:${await deadPort()}` },
          { id: 'well', url: a },
        ],
      },
    ],
    routes: [{ id: 'sick', host: 'sick.test', pool: 'sick' }],
  });
});

test.afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

const open = (page: Page, path: string) =>
  signIn({ product, url: `http://localhost:${product.port}` }, page, path);

const stateOf = async (backend: string) =>
  (await product.apiOk('GET', `/pools/shop/backends/${backend}`)).backend.state;

test('two clicks roll back: the dialog shows the changes, and the configuration is as before', async ({
  page,
}) => {
  const before = await product.apiOk('GET', '/config');
  await product.apiOk('PATCH', '/pools/shop/backends/a', { weight: 7 });
  await open(page, '/history');
  await page.getByRole('button', { name: `Roll back to ${before.revision}`, exact: true }).click();
  const dialog = page.getByRole('dialog', { name: `Roll back to revision ${before.revision}?` });
  await expect(dialog.getByText('pool shop › backend a › weight')).toBeVisible();
  await expect(dialog.getByRole('deletion')).toHaveText('7');
  await expect(dialog.getByRole('insertion')).toHaveText('1');
  await expectAccessible(page, 'the history');
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(`Rolled back to revision ${before.revision}`).first()).toBeVisible();
  const after = await product.apiOk('GET', '/config');
  expect(after.config).toEqual(before.config);
  expect(after.revision).toBe(before.revision + 2);
  await expect(page.getByText(`revision ${after.revision} is in force`)).toBeVisible();
});

test('a revision shows who changed what and when, and its address can be shared', async ({ page }) => {
  const { revision } = await product.apiOk('PATCH', '/pools/shop/backends/a', { weight: 3 });
  await open(page, '/history?show=changes');
  await page
    .getByRole('list')
    .getByRole('button', { name: /backend a of pool shop/ })
    .first()
    .click();
  await expect(page).toHaveURL(new RegExp(`revision=${revision}`));
  await page.reload();
  const dialog = page.getByRole('dialog', { name: `Revision ${revision}` });
  await expect(dialog.getByText(/by the API token/)).toBeVisible();
  await expect(dialog.getByText('pool shop › backend a › weight')).toBeVisible();
});

test('a revision that is no longer kept says so, and cannot be rolled back to', async ({ page }) => {
  await open(page, '/history');
  await page.goto(`http://localhost:${product.port}/history?revision=9999`);
  const dialog = page.getByRole('dialog', { name: 'Revision 9999' });
  await expect(dialog.getByText('The revision could not be loaded')).toBeVisible();
  await expect(dialog.getByRole('button', { name: /^Roll back/ })).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
});

test('an ejection is in the timeline with its cause and a link to an example request', async ({ page }) => {
  await open(page, '/history');
  for (let i = 0; i < 4; i++)
    await product.get('sick.test', '/', { headers: { 'x-request-id': `sick-${i}` } });
  const entry = page.getByRole('listitem').filter({ hasText: 'dead of sick' });
  await expect(entry).toHaveCount(1);
  await expect(entry).toContainText('ejected');
  await expect(entry).toContainText('2 failures in a row, the last: it could not be reached');
  await expect(entry).toContainText(/for another (1 min|2 min)/);
  await page.getByRole('combobox', { name: 'Show' }).click();
  await page.getByRole('option', { name: 'Changes' }).click();
  await expect(entry).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('combobox', { name: 'Show' })).toContainText('Changes');
  await page.getByRole('combobox', { name: 'Show' }).click();
  await page.getByRole('option', { name: 'Ejections and returns' }).click();
  await entry.getByRole('link', { name: /Example request sick-/ }).click();
  const details = page.getByRole('dialog', { name: 'Request' });
  await expect(details.getByText('connection failed').first()).toBeVisible();
});

test('the palette drains a backend by keyboard alone, and restores the focus', async ({ page }) => {
  // So that b is less than a third of the capacity: more is asked about.
  await product.apiOk('PATCH', '/pools/shop/backends/a', { weight: 3 });
  await open(page, '/history');
  const link = page.getByRole('link', { name: 'Settings' });
  await link.focus();
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: /Search pages, pools, backends/ });
  await expect(field).toBeFocused();
  await page.keyboard.type('drain b shop');
  await expect(page.getByRole('option').first()).toHaveText('Drain b of shop');
  await page.keyboard.press('Enter');
  await expect(field).toBeHidden();
  await expect(page.getByText('Draining b of shop').first()).toBeVisible();
  await expect.poll(() => stateOf('b')).toBe('draining');
  await expect(link).toBeFocused();
});

test('the palette asks for confirmation before it takes the last available backend away', async ({
  page,
}) => {
  await product.apiOk('PATCH', '/pools/shop/backends/b', { state: 'draining' });
  await open(page, '/');
  await page.getByRole('button', { name: 'Search or run' }).click();
  const field = page.getByRole('combobox', { name: /Search pages, pools, backends/ });
  await expect(field).toBeFocused();
  await page.keyboard.type('disable a shop');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/Disable the last available backend of shop\?/)).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(field).toBeHidden();
  expect(await stateOf('a')).toBe('active');
  await page.keyboard.press('Control+k');
  await expect(field).toBeFocused();
  await page.keyboard.type('disable a shop');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('option').nth(1)).toHaveText('Disable a of shop anyway');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => stateOf('a')).toBe('disabled');
});

test('the palette finds a request by its id', async ({ page }) => {
  await product.get('sick.test', '/', { headers: { 'x-request-id': 'needle-4711' } });
  await open(page, '/');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Commands' }).getByRole('combobox')).toBeFocused();
  await page.keyboard.type('needle-4711');
  await expect(page.getByRole('option').first()).toHaveText('Request with ID needle-4711');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Request' }).getByText('needle-4711')).toBeVisible();
});

test('the palette goes to pages', async ({ page }) => {
  await open(page, '/');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Commands' }).getByRole('combobox')).toBeFocused();
  await expectAccessible(page, 'the palette');
  await page.keyboard.type('hist');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'History' })).toBeVisible();
});
