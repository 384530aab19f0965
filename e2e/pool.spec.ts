/** What an operator does on a pool's page: weigh, drain, undo, watch an ejection, add, edit, remove, save settings. */
import { expect, type Page, test } from 'playwright/test';
import { type OriginProcess, spawnOrigin } from '../test/support/origins.ts';
import { type Product, startProduct } from '../test/support/product.ts';

const HOST = 'shop.localhost';
const NAMES = ['a', 'b', 'c'];

let product: Product;
let origins: OriginProcess[];
let load: { stop(): Promise<void> } | null = null;

test.beforeAll(async () => {
  origins = await Promise.all(NAMES.map((name) => spawnOrigin(name)));
  product = await startProduct();
});

test.afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

test.beforeEach(async ({ page }) => {
  const backends = origins.map(({ url }, i) => ({ id: NAMES[i], url }));
  await product.must('PUT', '/config', {
    pools: [
      { id: 'shop', backends, ejection: { failures: 2, baseMs: 3_000 } },
      { id: 'solo', backends: [{ id: 'only', url: origins[0]!.url }], whenUnavailable: 'reject' },
    ],
    routes: [{ id: 'shop', host: HOST, pool: 'shop' }],
  });
  await page.setViewportSize({ width: 1_440, height: 900 });
});

test.afterEach(async () => {
  await load?.stop();
  load = null;
});

async function open(page: Page, path: string): Promise<void> {
  const { code } = await product.must('POST', '/session/link');
  await page.goto(`http://localhost:${product.port}/#login=${code}`);
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await page.goto(`http://localhost:${product.port}${path}`);
}

const row = (page: Page, id: string) =>
  page.getByRole('table', { name: /^Backends of/ }).getByRole('row', { name: new RegExp(`^Tick ${id} `) });
const cell = (page: Page, id: string, column: number) => row(page, id).getByRole('cell').nth(column);
/** Counted among the cells that are no headings: tick, state, weight, req/s, share, failures … */
const STATE = 1;
const SHARE = 4;

/** Sends requests, two at a time, until it is stopped. */
function startLoad(): { stop(): Promise<void> } {
  let running = true;
  const work = async () => {
    while (running) await product.get(HOST, '/').catch(() => undefined);
  };
  const done = Promise.all([work(), work()]);
  return {
    async stop() {
      running = false;
      await done;
    },
  };
}

test('a weight is changed where it stands, and the observed share follows under traffic', async ({
  page,
}) => {
  load = startLoad();
  await open(page, '/pools/shop');
  await expect(cell(page, 'a', SHARE)).toHaveText(/^33\.\d \/ 33\.3 %$/);
  await page.getByRole('button', { name: 'Weight of a: 1. Change' }).press('Enter');
  const field = page.getByRole('spinbutton', { name: 'Weight of a' });
  await field.press('ArrowUp');
  await field.press('ArrowUp');
  await field.press('Enter');
  await expect(page.getByText('Weight 3 for a of shop')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Weight of a: 3. Change' })).toBeFocused();
  await expect(cell(page, 'a', SHARE)).toHaveText(/^(59|60)\.\d \/ 60\.0 %$/);
  const { revisions } = await product.must('GET', '/config/revisions');
  expect(revisions[0].summary).toBe('changed backend a of pool shop (weight: 3)');
});

test('Escape leaves a weight as it was', async ({ page }) => {
  await open(page, '/pools/shop');
  const before = await product.must('GET', '/config');
  await page.getByRole('button', { name: 'Weight of b: 1. Change' }).press('ArrowUp');
  await expect(page.getByRole('spinbutton', { name: 'Weight of b' })).toHaveValue('2');
  await page.getByRole('spinbutton', { name: 'Weight of b' }).press('Escape');
  await expect(page.getByRole('button', { name: 'Weight of b: 1. Change' })).toBeFocused();
  expect((await product.must('GET', '/config')).revision).toBe(before.revision);
});

test('one click drains a backend, its row says so, and Undo takes it back', async ({ page }) => {
  await open(page, '/pools/shop');
  await expect(cell(page, 'b', STATE)).toContainText('available');
  await page.getByRole('button', { name: 'Drain b', exact: true }).click();
  await expect(cell(page, 'b', STATE)).toContainText('draining');
  await expect(cell(page, 'b', SHARE)).toContainText('/ 0.0 %');
  await expect(page.getByText('Drained b of shop')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(cell(page, 'b', STATE)).toContainText('available');
  expect((await product.must('GET', '/pools/shop/backends/b')).backend.state).toBe('active');
});

test('a drain with a deadline counts down, and says who is left or when it is safe to remove', async ({
  page,
}) => {
  await open(page, '/pools/shop');
  await page.getByRole('button', { name: 'More actions for b' }).click();
  await page.getByRole('menuitem', { name: 'Drain with a deadline' }).click();
  const dialog = page.getByRole('dialog', { name: 'Drain b of shop' });
  await expect(dialog).toContainText('33.3 % of requests go to a and c.');
  await dialog.getByLabel('Disable it after (minutes)').fill('-3');
  await dialog.getByRole('button', { name: 'Drain' }).click();
  await expect(dialog.getByText(/must be a whole number from 1/)).toBeVisible();
  await dialog.getByLabel('Disable it after (minutes)').fill('10');
  await dialog.getByRole('button', { name: 'Drain' }).click();
  await expect(dialog).toBeHidden();
  await expect(cell(page, 'b', STATE)).toContainText(/draining.*safe to remove in \d+ min/);
  await expect(cell(page, 'b', STATE)).toContainText(/disabled in 9 min \d\d s/);
  await page.getByRole('button', { name: 'Activate b' }).click();
  await expect(cell(page, 'b', STATE)).toContainText('available');
});

test('a killed backend shows as ejected with cause and countdown, and returns when it is back', async ({
  page,
}) => {
  load = startLoad();
  await open(page, '/pools/shop');
  await expect(cell(page, 'c', STATE)).toContainText('available');
  await origins[2]!.kill();
  await expect(cell(page, 'c', STATE)).toHaveText(/ejected · \d+ s.*it could not be reached/);
  await expect(page.getByText(/2 of 3 available/)).toBeVisible();
  await expect(row(page, 'c')).toContainText('in a row');
  origins[2] = await spawnOrigin('c', origins[2]!.port);
  await expect(cell(page, 'c', STATE)).toContainText('available', { timeout: 30_000 });
  await expect(page.getByText('3 of 3 available')).toBeVisible();
});

test('a backend is added with wrong input first, then edited, then removed and brought back', async ({
  page,
}) => {
  await open(page, '/pools/shop');
  await page.getByRole('button', { name: 'Add backend' }).click();
  const form = page.getByRole('dialog', { name: 'Add a backend to shop' });
  await form.getByLabel('ID').fill('A B');
  await expect(form.getByText(/must match \^\[a-z0-9\]/)).toBeVisible();
  await form.getByLabel('ID').fill('a');
  await form.getByLabel('URL').fill('not a URL');
  await expect(form.getByText('a is there twice; ids must be unique')).toBeVisible();
  await expect(form.getByText('must be an absolute URL such as https://a.example.net')).toBeVisible();
  await form.getByRole('button', { name: 'Add backend' }).click();
  await expect(form).toBeVisible();
  await form.getByLabel('ID').fill('d');
  await form.getByLabel('URL').fill(origins[0]!.url);
  await expect(form.getByText('is an IP address')).toBeVisible();
  await form.getByRole('button', { name: 'Add backend' }).click();
  await expect(form).toBeHidden();
  await expect(cell(page, 'd', STATE)).toContainText('available');

  await page.getByRole('button', { name: 'More actions for d' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit d of shop' });
  await expect(edit.getByLabel('ID')).toBeDisabled();
  await edit.getByLabel('Weight').fill('5000');
  await expect(edit.getByText('must be a whole number from 0 to 1000')).toBeVisible();
  await edit.getByLabel('Weight').fill('7');
  await expect(edit.getByText('must be a whole number from 0 to 1000')).toBeHidden();
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('button', { name: 'Weight of d: 7. Change' })).toBeVisible();

  await page.getByRole('button', { name: 'More actions for d' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await expect(row(page, 'd')).toHaveCount(0);
  const toast = page.getByRole('dialog', { name: 'Removed d of shop' });
  await toast.getByRole('button', { name: 'Undo' }).click();
  await expect(row(page, 'd')).toBeVisible();
});

test('taking the last available backend away asks first and says what would happen', async ({ page }) => {
  await open(page, '/pools/solo');
  await expect(cell(page, 'only', STATE)).toContainText('available');
  await page.getByRole('button', { name: 'Drain only', exact: true }).click();
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('Drain the last available backend of solo?');
  await expect(question).toContainText(
    '100 % of requests are answered 503: no backend of this pool is active.',
  );
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(question).toBeHidden();
  expect((await product.must('GET', '/pools/solo/backends/only')).backend.state).toBe('active');
  await page.getByRole('button', { name: 'Drain only', exact: true }).click();
  await question.getByRole('button', { name: 'Drain only' }).click();
  await expect(cell(page, 'only', STATE)).toContainText('draining');
  await page.getByRole('button', { name: 'Activate only' }).click();
  await expect(cell(page, 'only', STATE)).toContainText('available');
  await page.getByRole('button', { name: 'More actions for only' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await expect(question).toContainText('Add another first, or delete the pool.');
});

test('ticked backends are changed together, in one revision', async ({ page }) => {
  await open(page, '/pools/shop');
  const { revision } = await product.must('GET', '/config');
  await page.getByRole('checkbox', { name: 'Tick a', exact: true }).click();
  await page.getByRole('checkbox', { name: 'Tick b', exact: true }).click();
  const bar = page.getByRole('toolbar', { name: 'Actions for 2 backends' });
  await bar.getByLabel('Weight for all ticked').fill('4');
  await bar.getByRole('button', { name: 'Set' }).click();
  await expect(page.getByRole('button', { name: 'Weight of a: 4. Change' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Weight of b: 4. Change' })).toBeVisible();
  await expect(page.getByText('Weight 4 for a, b of shop')).toBeVisible();
  expect((await product.must('GET', '/config')).revision).toBe(revision + 1);
  await page.getByRole('checkbox', { name: 'Tick all' }).click();
  await page
    .getByRole('toolbar', { name: 'Actions for 3 backends' })
    .getByRole('button', { name: 'Disable' })
    .click();
  await expect(page.getByRole('alertdialog')).toContainText('no backend of this pool is active');
});

test('settings say what is wrong with them and are saved as one change', async ({ page }) => {
  await open(page, '/pools/shop?tab=settings');
  const form = page.getByRole('form', { name: 'Settings of shop' });
  await expect(form.getByText('Default round-robin.', { exact: false })).toBeVisible();
  await form.getByLabel('Base (ms)').fill('400000');
  await expect(form.getByText('must be at least baseMs (400000)')).toBeVisible();
  await form.getByLabel('Base (ms)').fill('5000');
  await expect(form.getByText('must be at least baseMs (400000)')).toBeHidden();
  await form.getByLabel('Failure statuses').fill('500, 502');
  await form.getByRole('combobox', { name: 'Policy' }).click();
  await page.getByRole('option', { name: 'least-request' }).click();
  await expect(form.getByText('Changed: ejection.baseMs, ejection.failureStatuses, policy')).toBeVisible();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByText('Nothing changed.')).toBeVisible();
  const { pool } = await product.must('GET', '/pools/shop');
  expect(pool).toMatchObject({
    policy: 'least-request',
    ejection: { baseMs: 5_000, failures: 2, failureStatuses: [500, 502] },
  });
});

test('a pool that a route names says so instead of being deleted; another goes, and comes back', async ({
  page,
}) => {
  await open(page, '/pools/shop');
  await page.getByRole('button', { name: 'More actions for pool shop' }).click();
  await page.getByRole('menuitem', { name: 'Delete pool' }).click();
  const dialog = page.getByRole('alertdialog');
  await expect(dialog).toContainText('cannot be deleted');
  await expect(dialog.getByRole('link', { name: 'Route shop' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('link', { name: 'solo' }).click();
  await page.getByRole('button', { name: 'More actions for pool solo' }).click();
  await page.getByRole('menuitem', { name: 'Delete pool' }).click();
  await dialog.getByRole('button', { name: 'Delete solo' }).click();
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('link', { name: 'solo' }).first()).toBeVisible();
});

test('on a small screen backends are cards with the same words, and nothing is wider than the screen', async ({
  page,
}) => {
  load = startLoad();
  await page.setViewportSize({ width: 360, height: 780 });
  await open(page, '/pools/shop');
  const card = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'Drain a' }) });
  await expect(card).toContainText('available');
  await expect(page.getByRole('table', { name: 'Backends of shop' })).toHaveCount(0);
  await expect(card).toContainText('Share / expected');
  await page.getByRole('button', { name: 'Drain a' }).click();
  await expect(page.getByRole('button', { name: 'Activate a' })).toBeVisible();
  for (const path of ['/pools/shop', '/pools/shop?tab=settings', '/pools/shop?edit=%2B']) {
    await page.goto(`http://localhost:${product.port}${path}`);
    const isThere = path.includes('=')
      ? page.getByLabel(/Timeout/)
      : page.getByText('Failures in five seconds');
    await expect(isThere).toBeVisible();
    const widest = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(widest).toBeLessThanOrEqual(360);
  }
});
