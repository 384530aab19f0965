/** Two operators change one pool: the second one resolves the conflict, and nothing is lost silently. */
import { expect, type Page, test } from 'playwright/test';
import { open, serveDashboard } from './support/dashboard.ts';

const dashboard = serveDashboard();
const PATH = '/pools/shop';
const backend = async (id: string) =>
  (await dashboard.product.apiOk('GET', `/pools/shop/backends/${id}`)).backend;

/** Hides changes made elsewhere from a page: its live view drops the messages about revisions. */
async function hideRevisions(page: Page): Promise<void> {
  await page.routeWebSocket('**/api/live', (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (!String(message).startsWith('{"type":"revision"')) socket.send(message);
    });
  });
}

test('a change made in one tab appears in the other within two seconds', async ({ page, context }) => {
  await open(dashboard, page, PATH);
  const other = await context.newPage();
  await open(dashboard, other, PATH);
  await page.getByRole('button', { name: 'Drain b', exact: true }).click();
  await expect(other.getByRole('button', { name: 'Enable b', exact: true })).toBeVisible();
  await other.getByRole('button', { name: 'Enable b', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Drain b', exact: true })).toBeVisible();
});

test('a change to an older revision opens a dialog with both changes, and both can be applied', async ({
  page,
}) => {
  await hideRevisions(page);
  await open(dashboard, page, PATH);
  await expect(page.getByRole('button', { name: 'Drain c', exact: true })).toBeVisible();
  await dashboard.product.apiOk('PATCH', '/pools/shop/backends/a', { weight: 4 });
  await page.getByRole('button', { name: 'Drain c', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'The configuration has changed' });
  await expect(dialog).toContainText('changed backend a of pool shop (weight: 4)');
  await expect(dialog).toContainText('Draining c of shop');
  expect((await backend('c')).state).toBe('active');
  await dialog.getByRole('button', { name: 'Apply mine too' }).click();
  await expect(page.getByRole('button', { name: 'Enable c', exact: true })).toBeVisible();
  expect(await backend('c')).toMatchObject({ state: 'draining' });
  expect(await backend('a')).toMatchObject({ weight: 4 });
});

test("discarding one's own change keeps the current configuration", async ({ page }) => {
  await dashboard.product.apiOk('PATCH', '/pools/shop/backends/c', { state: 'active' });
  await hideRevisions(page);
  await open(dashboard, page, PATH);
  await expect(page.getByRole('button', { name: 'Drain b', exact: true })).toBeVisible();
  await dashboard.product.apiOk('PATCH', '/pools/shop/backends/a', { weight: 2 });
  await page.getByRole('button', { name: 'Drain b', exact: true }).click();
  await page.getByRole('button', { name: 'Discard mine' }).click();
  await expect(page.getByRole('button', { name: 'Drain b', exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Weight of a: 2. Change' })).toBeVisible();
  expect((await backend('b')).state).toBe('active');
});
