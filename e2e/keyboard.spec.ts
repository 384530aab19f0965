/** Without a mouse: the most important tasks by keyboard alone, with a visible focus. */
import { expect, type Page, test } from 'playwright/test';
import { TOKEN } from '../test/support/product/product.ts';
import { serveDashboard } from './support/dashboard.ts';

const dashboard = serveDashboard();

/** Presses Tab until the element with this name has the focus. */
async function tabTo(page: Page, name: string | RegExp, most = 60): Promise<void> {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    const label = await page.evaluate(() => {
      const focused = document.activeElement;
      // After the last element the document itself has the focus for a moment.
      if (!focused || focused === document.body) return '';
      return focused.getAttribute('aria-label') ?? focused.textContent ?? '';
    });
    if (typeof name === 'string' ? label.trim() === name : name.test(label)) return;
  }
  throw new Error(`${name} is not reached within ${most} tabs`);
}

test('sign in, go to the pool, drain a backend, undo it', async ({ page }) => {
  await page.goto(dashboard.url);
  await expect(page.getByLabel('Operator token')).toBeFocused();
  await page.keyboard.type(TOKEN);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await tabTo(page, /shop$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'shop' })).toBeVisible();
  await tabTo(page, 'Drain b');
  const outline = await page.locator(':focus').evaluate((element) => getComputedStyle(element).outlineStyle);
  const shadow = await page.locator(':focus').evaluate((element) => getComputedStyle(element).boxShadow);
  expect(outline !== 'none' || shadow !== 'none').toBe(true);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Enable b', exact: true })).toBeVisible();
  await page.keyboard.press('F6');
  await page.getByRole('button', { name: 'Undo' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Drain b', exact: true })).toBeVisible();
});

test('a menu and a dialog trap the focus, Escape closes them, and the focus returns', async ({ page }) => {
  const { code } = await dashboard.product.apiOk('POST', '/session/link');
  await page.goto(`${dashboard.url}/#login=${code}`);
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await page.goto(`${dashboard.url}/pools/shop`);
  await expect(page.getByRole('button', { name: 'Drain a', exact: true })).toBeVisible();
  await tabTo(page, 'More actions for a');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menu')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toBeHidden();
  await expect(page.getByRole('button', { name: 'More actions for a' })).toBeFocused();
  await tabTo(page, /Add backend/, 120);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab');
    // After the last control a guard outside the dialog has the focus for a moment and sends it back.
    await expect
      .poll(() => dialog.evaluate((element) => element.contains(document.activeElement)))
      .toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});
