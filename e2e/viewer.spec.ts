/** A viewer sees everything and is offered no change; a session is asked once whose it is. */
import { expect, test } from 'playwright/test';
import { expectAccessible } from './support/axe.ts';
import { open, serveProduct } from './support/dashboard.ts';

const VIEWER = crypto.randomUUID();
const dashboard = serveProduct(['a', 'b'], () => ({ vars: { VIEWER_TOKEN: VIEWER } }));
test.beforeAll(async () => {
  const backends = dashboard.origins.map(({ url }, i) => ({ id: 'ab'[i], url }));
  await dashboard.product.apiOk('PUT', '/config', {
    pools: [{ id: 'shop', backends }],
    routes: [{ id: 'shop', host: 'shop.localhost', pool: 'shop' }],
  });
});

test('a viewer’s controls are disabled and say why', async ({ page }) => {
  await page.goto(dashboard.url);
  await page.getByLabel('Operator token').fill(VIEWER);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  const reason = 'You are signed in to look, not to change.';
  await expect(page.getByRole('note').filter({ hasText: reason })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add pool' })).toBeDisabled();
  await page.goto(`${dashboard.url}/pools/shop`);
  for (const name of ['Add backend', 'Drain a', 'More actions for a', 'Weight of a: 1. Change'])
    await expect(page.getByRole('button', { name, exact: true })).toBeDisabled();
  await expect(page.getByRole('button', { name: 'Weight of a: 1. Change' })).toHaveAttribute('title', reason);
  await expectAccessible(page, 'the pool of a viewer');
  await page.goto(`${dashboard.url}/routes`);
  await expect(page.getByRole('button', { name: 'Edit shop' }).first()).toBeDisabled();
  await page.goto(`${dashboard.url}/history`);
  await expect(page.getByText(/revision 1/).first()).toBeVisible();
});

test('a session is asked once whose it is, and the history says so', async ({ page }) => {
  await open(dashboard, page, '/pools/shop');
  await page.getByRole('textbox', { name: 'Who are you?' }).fill('Ada');
  await page.getByRole('button', { name: 'Use this name' }).click();
  await expect(page.getByRole('form', { name: 'Who are you?' })).toBeHidden();
  await page.getByRole('button', { name: 'Drain a' }).click();
  // Half of the capacity goes: that is asked about.
  await page
    .getByRole('alertdialog')
    .getByRole('button', { name: /^Drain/ })
    .click();
  await expect(page.getByRole('button', { name: 'Enable a' })).toBeVisible();
  await page.goto(`${dashboard.url}/history`);
  await expect(page.getByText('by Ada').first()).toBeVisible();
  // The next session of this browser has the name without a question.
  await page.context().clearCookies();
  await open(dashboard, page, '/settings');
  await expect(page.getByText(/Signed in as Ada/)).toBeVisible();
});
