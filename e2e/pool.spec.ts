/** The actions on a pool's backends: set a weight, drain, undo, watch an ejection, change several at once. */
import { expect, test } from 'playwright/test';
import { spawnOrigin } from '../test/support/origins.ts';
import { cell, open, row, SHARE, STATE, servePools, startLoad } from './support/pool-page.ts';

const pools = servePools();
let load: { stop(): Promise<void> } | null = null;

test.afterEach(async () => {
  await load?.stop();
  load = null;
});

test('a weight is edited in place, and the observed share follows under traffic', async ({ page }) => {
  load = startLoad(pools);
  await open(pools, page, '/pools/shop');
  await expect(cell(page, 'a', SHARE)).toHaveText(/^33\.\d \/ 33\.3 %$/);
  await page.getByRole('button', { name: 'Weight of a: 1. Change' }).press('Enter');
  const field = page.getByRole('spinbutton', { name: 'Weight of a' });
  await field.press('ArrowUp');
  await field.press('ArrowUp');
  await field.press('Enter');
  await expect(page.getByText('Set weight 3 for a of shop')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Weight of a: 3. Change' })).toBeFocused();
  await expect(cell(page, 'a', SHARE)).toHaveText(/^(59|60)\.\d \/ 60\.0 %$/);
  const { revisions } = await pools.product.apiOk('GET', '/config/revisions');
  expect(revisions[0].summary).toBe('changed backend a of pool shop (weight: 3)');
});

test('Escape leaves a weight as it was', async ({ page }) => {
  await open(pools, page, '/pools/shop');
  const before = await pools.product.apiOk('GET', '/config');
  await page.getByRole('button', { name: 'Weight of b: 1. Change' }).press('ArrowUp');
  await expect(page.getByRole('spinbutton', { name: 'Weight of b' })).toHaveValue('2');
  await page.getByRole('spinbutton', { name: 'Weight of b' }).press('Escape');
  await expect(page.getByRole('button', { name: 'Weight of b: 1. Change' })).toBeFocused();
  expect((await pools.product.apiOk('GET', '/config')).revision).toBe(before.revision);
});

test('letters in a weight are said to be wrong, and change nothing', async ({ page }) => {
  await open(pools, page, '/pools/shop');
  const before = await pools.product.apiOk('GET', '/config');
  await page.getByRole('button', { name: 'Weight of b: 1. Change' }).click();
  const field = page.getByRole('spinbutton', { name: 'Weight of b' });
  for (const wrong of ['2x', '5000', '']) {
    await field.fill(wrong);
    await field.press('Enter');
    await expect(page.getByRole('alert').filter({ hasText: 'whole number from 0 to 1,000' })).toBeVisible();
    await expect(field).toHaveAttribute('aria-invalid', 'true');
  }
  await field.press('Escape');
  expect((await pools.product.apiOk('GET', '/config')).revision).toBe(before.revision);
});

test('draining more than a third of the capacity is asked about in figures', async ({ page }) => {
  await pools.product.apiOk('PATCH', '/pools/shop/backends/a', { weight: 3 });
  await open(pools, page, '/pools/shop');
  await expect(cell(page, 'a', SHARE)).toContainText('/ 60.0 %');
  await page.getByRole('button', { name: 'Drain a', exact: true }).click();
  const question = page.getByRole('alertdialog', { name: 'Drain a of shop?' });
  await expect(question).toContainText('That is 60.0 % of the capacity. 60.0 % of requests go to b and c.');
  await expect(question).toContainText('2.5 times as many requests');
  await question.getByRole('button', { name: 'Cancel' }).click();
  expect((await pools.product.apiOk('GET', '/pools/shop/backends/a')).backend.state).toBe('active');
});

test('one click drains a backend, its row shows it, and Undo reverts it', async ({ page }) => {
  await open(pools, page, '/pools/shop');
  await expect(cell(page, 'b', STATE)).toContainText('available');
  await page.getByRole('button', { name: 'Drain b', exact: true }).click();
  await expect(cell(page, 'b', STATE)).toContainText('draining');
  await expect(cell(page, 'b', SHARE)).toContainText('/ 0.0 %');
  await expect(page.getByText('Draining b of shop')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(cell(page, 'b', STATE)).toContainText('available');
  expect((await pools.product.apiOk('GET', '/pools/shop/backends/b')).backend.state).toBe('active');
});

test('a drain with a deadline counts down, and shows when the backend is safe to remove', async ({
  page,
}) => {
  await open(pools, page, '/pools/shop');
  await page.getByRole('button', { name: 'More actions for b' }).click();
  await page.getByRole('menuitem', { name: 'Drain with a deadline' }).click();
  const dialog = page.getByRole('dialog', { name: 'Drain b of shop' });
  await expect(dialog).toContainText('33.3 % of requests go to a and c.');
  for (const wrong of ['-3', 'abc', '0']) {
    await dialog.getByLabel('Disable after').fill(wrong);
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await expect(dialog.getByText(`${wrong} is not a time.`, { exact: false })).toBeVisible();
  }
  expect((await pools.product.apiOk('GET', '/pools/shop/backends/b')).backend.state).toBe('active');
  await dialog.getByRole('button', { name: '15 min' }).click();
  await expect(dialog.getByLabel('Disable after')).toHaveValue('15 min');
  await dialog.getByLabel('Disable after').fill('10 min');
  await dialog.getByRole('button', { name: 'Drain' }).click();
  await expect(dialog).toBeHidden();
  await expect(cell(page, 'b', STATE)).toContainText(/draining.*safe to remove in \d+ min/);
  await expect(cell(page, 'b', STATE)).toContainText(/disabled in 9 min \d\d s/);
  await page.getByRole('button', { name: 'Enable b' }).click();
  await expect(cell(page, 'b', STATE)).toContainText('available');
});

test('a killed backend is ejected with cause and countdown, and returns when it is restarted', async ({
  page,
}) => {
  load = startLoad(pools);
  await open(pools, page, '/pools/shop');
  await expect(cell(page, 'c', STATE)).toContainText('available');
  await pools.origins[2]!.kill();
  await expect(cell(page, 'c', STATE)).toHaveText(/ejected · probe in \d+ s.*it could not be reached/);
  await expect(page.getByText(/2 of 3 available/)).toBeVisible();
  await expect(row(page, 'c')).toContainText('in a row');
  pools.origins[2] = await spawnOrigin('c', pools.origins[2]!.port);
  await expect(cell(page, 'c', STATE)).toContainText('available', { timeout: 30_000 });
  await expect(page.getByText('3 of 3 available')).toBeVisible();
});

test('taking the last available backend away needs a confirmation that says what would happen', async ({
  page,
}) => {
  await open(pools, page, '/pools/solo');
  await expect(cell(page, 'only', STATE)).toContainText('available');
  await page.getByRole('button', { name: 'Drain only', exact: true }).click();
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('Drain the last available backend of solo?');
  await expect(question).toContainText('All requests get 503: no backend of this pool is active.');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(question).toBeHidden();
  expect((await pools.product.apiOk('GET', '/pools/solo/backends/only')).backend.state).toBe('active');
  await page.getByRole('button', { name: 'Drain only', exact: true }).click();
  await question.getByRole('button', { name: 'Drain only' }).click();
  await expect(cell(page, 'only', STATE)).toContainText('draining');
  await page.getByRole('button', { name: 'Enable only' }).click();
  await expect(cell(page, 'only', STATE)).toContainText('available');
  await page.getByRole('button', { name: 'More actions for only' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await expect(question).toContainText('Add another one before you remove only, or delete the pool.');
});

test('selected backends are changed together, in one revision', async ({ page }) => {
  await open(pools, page, '/pools/shop');
  const { revision } = await pools.product.apiOk('GET', '/config');
  await page.getByRole('checkbox', { name: 'Select a', exact: true }).click();
  await page.getByRole('checkbox', { name: 'Select b', exact: true }).click();
  const bar = page.getByRole('toolbar', { name: 'Actions for 2 backends' });
  await bar.getByLabel('Weight for all selected').fill('4');
  await bar.getByRole('button', { name: 'Set' }).click();
  await expect(page.getByRole('button', { name: 'Weight of a: 4. Change' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Weight of b: 4. Change' })).toBeVisible();
  await expect(page.getByText('Set weight 4 for a, b of shop')).toBeVisible();
  expect((await pools.product.apiOk('GET', '/config')).revision).toBe(revision + 1);
  await page.getByRole('checkbox', { name: 'Select all' }).click();
  await page
    .getByRole('toolbar', { name: 'Actions for 3 backends' })
    .getByRole('button', { name: 'Disable' })
    .click();
  await expect(page.getByRole('alertdialog')).toContainText('no backend of this pool is active');
});

test('on a small screen backends are cards, and nothing is wider than the screen', async ({ page }) => {
  load = startLoad(pools);
  await page.setViewportSize({ width: 360, height: 780 });
  await open(pools, page, '/pools/shop');
  const card = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'Drain a' }) });
  await expect(card).toContainText('available');
  await expect(page.getByRole('table', { name: 'Backends of shop' })).toHaveCount(0);
  await expect(card).toContainText('Share / expected');
  await page.getByRole('button', { name: 'Drain a' }).click();
  await expect(page.getByRole('button', { name: 'Enable a' })).toBeVisible();
  for (const path of ['/pools/shop', '/pools/shop?tab=settings', '/pools/shop?edit=%2B']) {
    await page.goto(`http://localhost:${pools.product.port}${path}`);
    const isThere = path.includes('=')
      ? page.getByLabel(/Timeout/)
      : page.getByRole('heading', { name: 'What clients waited for the headers' });
    await expect(isThere).toBeVisible();
    const widest = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(widest).toBeLessThanOrEqual(360);
  }
});
