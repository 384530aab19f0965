/** The forms on a pool's page: add, edit and remove a backend, save settings, delete the pool; and pools that do not exist. */
import { expect, type Page, test } from 'playwright/test';
import { cell, open, row, STATE, servePools } from './support/pool-page.ts';

const pools = servePools();

test('a backend is added with wrong input first, then edited, then removed and brought back', async ({
  page,
}) => {
  await open(pools, page, '/pools/shop');
  await page.getByRole('button', { name: 'Add backend' }).click();
  const form = page.getByRole('dialog', { name: 'Add a backend to shop' });
  await form.getByLabel('ID').fill('A B');
  await expect(form.getByText('must be 1 to 63 lower-case letters', { exact: false })).toBeVisible();
  await form.getByLabel('ID').fill('a');
  await form.getByLabel('URL').fill('not a URL');
  await expect(form.getByText('a is used already; ids must be unique')).toBeVisible();
  await expect(form.getByText('must be an absolute URL such as https://a.example.net')).toBeVisible();
  await form.getByRole('button', { name: 'Add backend' }).click();
  await expect(form).toBeVisible();
  await form.getByLabel('ID').fill('d');
  await form.getByLabel('URL').fill(pools.origins[0]!.url);
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
  const question = page.getByRole('alertdialog', { name: 'Remove d of shop?' });
  await expect(question).toContainText('That is 70.0 % of the capacity.');
  await question.getByRole('button', { name: 'Remove d' }).click();
  await expect(row(page, 'd')).toHaveCount(0);
  const toast = page.getByRole('dialog', { name: 'Removed d of shop' });
  await toast.getByRole('button', { name: 'Undo' }).click();
  await expect(row(page, 'd')).toBeVisible();
});

test('settings show what is wrong with them, and are saved as one change', async ({ page }) => {
  await open(pools, page, '/pools/shop?tab=settings');
  const form = page.getByRole('form', { name: 'Settings of shop' });
  await expect(form.getByText('Default Round robin, by weight.', { exact: false })).toBeVisible();
  const ejection = form.getByLabel('First ejection');
  await expect(ejection).toHaveValue('3 s');
  await expect(form.getByText('Changed from the default, 10 s.')).toBeVisible();
  await ejection.fill('5');
  await expect(form.getByText('needs a unit, such as 5 s or 5 min')).toBeVisible();
  await ejection.fill('400 s');
  await expect(form.getByText('must be at least First ejection (400 s)')).toBeVisible();
  await ejection.fill('5 s');
  await expect(form.getByText('must be at least First ejection')).toBeHidden();
  await form.getByLabel('Failure statuses').fill('500, 502');
  await form.getByRole('combobox', { name: 'Policy' }).click();
  await page.getByRole('option', { name: 'Fewest requests in flight' }).click();
  await expect(form.getByText('Changed: First ejection, Failure statuses, Policy')).toBeVisible();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByText('No changes.')).toBeVisible();
  const { pool } = await pools.product.apiOk('GET', '/pools/shop');
  expect(pool).toMatchObject({
    policy: 'least-request',
    ejection: { baseMs: 5_000, failures: 2, failureStatuses: [500, 502] },
  });
});

test('leaving with unsaved settings asks first', async ({ page }) => {
  await open(pools, page, '/pools/shop?tab=settings');
  const form = page.getByRole('form', { name: 'Settings of shop' });
  await form.getByLabel('Maximum retries').fill('1');
  await expect(form.getByText('Changed: Maximum retries')).toBeVisible();
  await page.getByRole('link', { name: 'History' }).click();
  const question = page.getByRole('alertdialog', { name: 'Leave without saving?' });
  await expect(question).toContainText('Maximum retries');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(form.getByLabel('Maximum retries')).toHaveValue('1');
  await page
    .getByRole('navigation', { name: 'Sections of shop' })
    .getByRole('link', { name: 'Backends' })
    .click();
  await question.getByRole('button', { name: 'Discard and leave' }).click();
  await expect(page.getByRole('table', { name: 'Backends of shop' })).toBeVisible();
});

test('maintenance answers all requests of a pool, or sends them to another one, and one click brings them back', async ({
  page,
}) => {
  await open(pools, page, '/pools/shop');
  await page.getByRole('button', { name: 'More actions for pool shop' }).click();
  await page.getByRole('menuitem', { name: 'Maintenance' }).click();
  const dialog = page.getByRole('dialog', { name: 'Take shop out for maintenance' });
  await expect(dialog).toContainText('1 route leads here (shop)');
  await dialog.getByLabel('Answer').fill('Back at noon.');
  await dialog.getByRole('button', { name: 'Begin maintenance' }).click();
  const note = page.getByRole('region', { name: 'No route leads here' });
  await expect(note).toContainText(/In revision \d+, shop led here\./);
  // The page shows a change before the isolates have heard of it.
  const answer = async () => {
    const { status, text } = await pools.product.get('shop.localhost', '/');
    return status === 200 ? '200' : `${status} ${text}`;
  };
  await expect.poll(answer).toBe('503 Back at noon.');
  await note.getByRole('button', { name: 'Bring back 1 route' }).click();
  await expect(note).toBeHidden();
  await expect.poll(answer).toBe('200');

  await page.getByRole('button', { name: 'More actions for pool shop' }).click();
  await page.getByRole('menuitem', { name: 'Maintenance' }).click();
  await dialog.getByLabel('Meanwhile its clients get').click();
  await page.getByRole('option', { name: 'what pool solo answers' }).click();
  await dialog.getByRole('button', { name: 'Begin maintenance' }).click();
  await expect(note).toBeVisible();
  const pool = async () => (await pools.product.apiOk('GET', '/routes/shop')).route.pool;
  await expect.poll(pool).toBe('solo');
  await page.reload();
  await note.getByRole('button', { name: 'Bring back 1 route' }).click();
  await expect(note).toBeHidden();
  await expect.poll(pool).toBe('shop');
});

test('a pool in use cannot be deleted and says why; another one is deleted and restored', async ({
  page,
}) => {
  await open(pools, page, '/pools/shop');
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

test('the form of a missing backend or route says so, and closes', async ({ page }) => {
  for (const [path, title] of [
    ['/pools/shop?edit=nope', 'Backend nope of pool shop not found'],
    ['/routes?edit=nope', 'Route nope not found'],
  ] as const) {
    await open(pools, page, path);
    const dialog = page.getByRole('dialog', { name: title });
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect(dialog).toBeHidden();
    await expect(page).not.toHaveURL(/edit/);
  }
});

for (const width of [1_440, 390])
  test(`at ${width} px a missing pool's page says so, and how it was deleted; the palette works there`, async ({
    page,
  }) => {
    await open(pools, page, '/pools/solo');
    await page.setViewportSize({ width, height: 900 });
    await expect(page.getByRole('heading', { level: 1, name: 'solo' })).toBeVisible();
    // It is deleted elsewhere while its page is open.
    const { revision } = await pools.product.apiOk('DELETE', '/pools/solo');
    await expect(page.getByRole('heading', { level: 1, name: 'Pool not found' })).toBeVisible();
    const main = page.getByRole('main');
    await expect(main.getByText('There is no pool solo')).toBeVisible();
    await expect(main.getByText(/It was deleted in revision \d+, .+, by the API token\./)).toBeVisible();
    await page.reload();
    await main.getByRole('link', { name: `revision ${revision}` }).click();
    const change = page.getByRole('dialog', { name: `Revision ${revision}` });
    await expect(change.getByText('pool solo', { exact: true })).toBeVisible();
    await change.getByRole('button', { name: 'Close' }).click();

    const never = `never-${'x'.repeat(90)}`;
    await page.goto(`http://localhost:${pools.product.port}/pools/${never}`);
    await expect(main.getByText(`There is no pool ${never}`)).toBeVisible();
    await expect(main.getByText('No deletion of this pool is in the history.')).toBeVisible();
    await expectNoSideScroll(page);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Commands' }).getByRole('combobox').fill('pool shop');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: 'shop' })).toBeVisible();

    await page.goto(`http://localhost:${pools.product.port}/pools/shop/${'y'.repeat(90)}`);
    await expect(page.getByRole('heading', { level: 1, name: 'Page not found' })).toBeVisible();
    await expect(page).toHaveTitle('Page not found · Evenkeel');
    await expectNoSideScroll(page);
    await main.getByRole('link', { name: 'Go to the overview' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  });

const expectNoSideScroll = async (page: Page) =>
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
