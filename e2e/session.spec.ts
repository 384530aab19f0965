/** Signing in and out: the token, one-time links, and every tab. */
import { expect, test } from 'playwright/test';
import { TOKEN } from '../test/support/product/product.ts';
import { open, serveDashboard } from './support/dashboard.ts';

const dashboard = serveDashboard();

test('a wrong token is refused, the right one opens the overview', async ({ page }) => {
  await page.goto(dashboard.url);
  await page.getByLabel('Operator token').fill('not the token at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('The token is not right.');
  await page.getByLabel('Operator token').fill(TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await expect(page.getByRole('link', { name: /shop/ }).first()).toBeVisible();
});

test('a one-time link signs in, is removed from the address, and works once', async ({ page, browser }) => {
  const { code } = await dashboard.product.apiOk('POST', '/session/link');
  await page.goto(`${dashboard.url}/#login=${code}`);
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  expect(page.url()).not.toContain(code);
  await page.goBack();
  expect(page.url()).not.toContain(code);
  const other = await (await browser.newContext()).newPage();
  await other.goto(`${dashboard.url}/#login=${code}`);
  await expect(other.getByLabel('Operator token')).toBeVisible();
  await expect(other.getByRole('alert')).toHaveText(
    'This link has been used or is too old; sign in with the token.',
  );
});

test('the token is stored nowhere that a script or the history can read', async ({ page, context }) => {
  await page.goto(dashboard.url);
  await page.getByLabel('Operator token').fill(TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  const seen = await page.evaluate(() =>
    JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      document.documentElement.outerHTML,
      location.href,
    ]),
  );
  expect(seen).not.toContain(TOKEN);
  expect(seen).not.toContain('evenkeel_session');
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ name: 'evenkeel_session', httpOnly: true, sameSite: 'Strict' });
  expect(cookie!.value).not.toContain(TOKEN);
});

test('signing out in one tab signs out the other', async ({ page, context }) => {
  await open(dashboard, page);
  const other = await context.newPage();
  await other.goto(`${dashboard.url}/pools/shop`);
  await expect(other.getByRole('heading', { level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('Operator token')).toBeVisible();
  await expect(other.getByLabel('Operator token')).toBeVisible();
});

test('signing everybody out asks first', async ({ page, browser }) => {
  const colleague = await (await browser.newContext()).newPage();
  await open(dashboard, colleague);
  await open(dashboard, page, '/settings');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  const question = page.getByRole('alertdialog', { name: 'Sign out everywhere?' });
  await expect(question).toContainText('every session of every operator');
  await question.getByRole('button', { name: 'Cancel' }).click();
  await colleague.reload();
  await expect(colleague.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await question.getByRole('button', { name: 'Sign everybody out' }).click();
  await expect(page.getByLabel('Operator token')).toBeVisible();
  await colleague.reload();
  await expect(colleague.getByLabel('Operator token')).toBeVisible();
});

test('the Content Security Policy allows no foreign scripts, and the page does not violate it', async ({
  page,
}) => {
  const violations: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) violations.push(message.text());
  });
  const answer = await page.goto(dashboard.url);
  const policy = answer!.headers()['content-security-policy']!;
  expect(policy).toMatch(/frame-ancestors 'none'/);
  expect(/script-src[^;]*/.exec(policy)?.[0] ?? /default-src[^;]*/.exec(policy)![0]).not.toContain('unsafe');
  await open(dashboard, page, '/pools/shop');
  expect(violations).toEqual([]);
});
