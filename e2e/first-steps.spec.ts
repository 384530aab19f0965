/** From an empty deployment to the first answered request, and another pool after it. */
import { expect, type Locator, test } from 'playwright/test';
import { serveProduct } from './support/dashboard.ts';

const dashboard = serveProduct(['a']);

/** Whether nothing covers the middle of the button. */
const isUncovered = (button: Locator): Promise<boolean> =>
  button.evaluate((element) => {
    element.scrollIntoView();
    const { x, y, width, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(x + width / 2, y + height / 2));
  });

test('three steps lead to the first answered request, and the plus button to another pool', async ({
  page,
}) => {
  const { code } = await dashboard.product.apiOk('POST', '/session/link');
  await page.goto(`http://localhost:${dashboard.product.port}/#login=${code}`);
  await expect(page.getByLabel('ID', { exact: true })).toBeFocused();
  await page.getByLabel('ID', { exact: true }).fill('Shop');
  await expect(page.getByText('must be 1 to 63 lower-case letters', { exact: false })).toBeVisible();
  await page.getByLabel('ID', { exact: true }).fill('shop');
  await page.getByLabel('Backends, one URL per line').fill(`${dashboard.origins[0]!.url}\nnot a url`);
  await expect(page.getByText('line 2', { exact: false })).toBeVisible();
  await page.getByLabel('Backends, one URL per line').fill(dashboard.origins[0]!.url);
  await page.getByRole('button', { name: 'Add pool' }).click();

  const host = page.getByLabel('Host', { exact: true });
  await expect(host).toBeFocused();
  await expect(page.getByText('shop, 1 backend')).toBeVisible();
  await expect(page.locator('code')).toHaveCount(0);
  await host.fill('localhost');
  await expect(page.getByText('is an admin host', { exact: false })).toBeVisible();
  await host.fill('shop.localhost');
  await page.getByRole('button', { name: 'Add route' }).click();

  await expect(page.getByText('Waiting for the first request…')).toBeVisible();
  const line = await page.locator('code').textContent();
  expect(line).toBe(`curl -H 'Host: shop.localhost' http://127.0.0.1:${dashboard.product.port}/`);
  const answer = await dashboard.product.get('shop.localhost', '/');
  expect(answer.status).toBe(200);
  await expect(page.getByText('Answered by a: 200 for GET /', { exact: false })).toBeVisible();
  await page.getByRole('button', { name: 'Go to the overview' }).click();
  await expect(page.getByRole('link', { name: /1 of 1 available/ })).toBeVisible();

  await page.getByRole('link', { name: 'Add pool' }).click();
  const dialog = page.getByRole('dialog', { name: 'New pool' });
  await dialog.getByLabel('ID', { exact: true }).fill('shop');
  await expect(dialog.getByText('shop is used already', { exact: false })).toBeVisible();
  await dialog.getByLabel('ID', { exact: true }).fill('api');
  await dialog.getByLabel('Backends, one URL per line').fill(dashboard.origins[0]!.url);
  await dialog.getByLabel('Policy').click();
  await page.getByRole('option', { name: 'Random, by weight' }).click();
  await dialog.getByLabel('Host').fill('api.localhost');
  // The toasts of the steps above are still there, and must not cover the dialog's buttons.
  for (const button of await dialog.getByRole('button').all()) expect(await isUncovered(button)).toBe(true);
  await dialog.getByRole('button', { name: 'Add pool' }).click();
  await expect(page).toHaveURL(/\/pools\/api$/);
  expect((await dashboard.product.get('api.localhost', '/')).status).toBe(200);
  expect((await dashboard.product.apiOk('GET', '/pools/api')).pool.policy).toBe('random');
  // Toasts of the steps before may still be there.
  const toast = page.getByRole('dialog', { name: 'Added pool api and route api' });
  await toast.getByRole('button', { name: 'Undo' }).click();
  await expect
    .poll(async () => (await dashboard.product.apiOk('GET', '/config')).config.pools.length)
    .toBe(1);
  expect((await dashboard.product.apiOk('GET', '/config')).config.routes).toHaveLength(1);
});
