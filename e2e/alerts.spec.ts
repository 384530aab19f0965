/** Alerts and rollouts as an operator handles them. */
import { expect, test } from 'playwright/test';
import { send } from '../test/support/product/product.ts';
import { open, serveProduct } from './support/dashboard.ts';

const dashboard = serveProduct(['a', 'b', 'hook']);
test.beforeAll(async () => {
  const [a, b] = dashboard.origins;
  await dashboard.product.apiOk('PUT', '/config', {
    pools: [
      { id: 'shop', backends: [{ id: 'a', url: a!.url }] },
      { id: 'next', backends: [{ id: 'b', url: b!.url }] },
    ],
    routes: [
      {
        id: 'shop',
        host: 'shop.localhost',
        split: {
          pools: [
            { pool: 'shop', weight: 100 },
            { pool: 'next', weight: 0 },
          ],
        },
      },
    ],
  });
});

test('an alert is added, tried out, and deleted with a way back', async ({ page }) => {
  await open(dashboard, page, '/alerts');
  await page.getByRole('button', { name: 'Add alert' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'ID', exact: true }).fill('ops');
  await dialog.getByRole('textbox', { name: 'URL', exact: true }).fill('ftp://wrong');
  await expect(dialog.getByText('must begin with http:// or https://')).toBeVisible();
  await dialog.getByRole('textbox', { name: 'URL', exact: true }).fill(dashboard.origins[2]!.url);
  await dialog.getByRole('button', { name: 'Add alert' }).click();
  await expect(page.getByRole('heading', { name: 'ops', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Send a test to ops' }).click();
  await expect(page.getByText(/^delivered: status 200/)).toBeVisible();
  await page.getByRole('button', { name: 'Delete alert ops' }).click();
  await expect(page.getByText('No alerts yet')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect(page.getByRole('heading', { name: 'ops', exact: true })).toBeVisible();
  await page.goto(`${dashboard.url}/history?show=alerts`);
  await expect(page.getByText('test/ops firing')).toBeVisible();
});

test('a rollout is begun, watched, paused and aborted', async ({ page }) => {
  await open(dashboard, page, '/routes');
  await page.getByRole('link', { name: 'Rollout of shop' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Steps').fill('50, 5');
  await dialog.getByRole('button', { name: 'Begin rollout' }).click();
  await expect(dialog.getByRole('alert')).toContainText('each greater than the one before');
  await dialog.getByLabel('Steps').fill('50, 100');
  await dialog.getByRole('button', { name: 'Begin rollout' }).click();
  await expect(dialog.getByText('pool next gets 50 %, step 1 of 2')).toBeVisible();
  for (let i = 0; i < 20; i++) await send(dashboard.product.port, 'shop.localhost', '/');
  await expect(dialog.getByRole('row', { name: /^next.*10 / })).toBeVisible({ timeout: 15_000 });
  await dialog.getByRole('button', { name: 'Pause' }).click();
  await expect(dialog.getByText('paused', { exact: true })).toBeVisible();
  await dialog.getByRole('button', { name: 'Abort and put everything back' }).click();
  await expect(dialog.getByText('pool next gets 0 %')).toBeVisible();
  await dialog.getByText('What happened').click();
  await expect(dialog.getByText(/^aborted: next/)).toBeVisible();
});
