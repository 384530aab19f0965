/** Two operators at one pool: who comes second is asked, and nothing is lost silently. */
import { expect, type Page, test } from 'playwright/test';
import { open, serveWorld } from './support/dashboard.ts';

const world = serveWorld();
const PATH = '/pools/shop';
const backend = async (id: string) => (await world.product.must('GET', `/pools/shop/backends/${id}`)).backend;

/** A page that does not hear of changes made elsewhere: its live view says nothing of revisions, its polls go nowhere. */
async function deaf(page: Page): Promise<void> {
  await page.routeWebSocket('**/api/live', (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (!String(message).startsWith('{"type":"revision"')) socket.send(message);
    });
  });
}

test('a change made in one tab is in the other within a second or two', async ({ page, context }) => {
  await open(world, page, PATH);
  const other = await context.newPage();
  await open(world, other, PATH);
  await page.getByRole('button', { name: 'Drain b', exact: true }).click();
  await expect(other.getByRole('button', { name: 'Activate b', exact: true })).toBeVisible();
  await other.getByRole('button', { name: 'Activate b', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Drain b', exact: true })).toBeVisible();
});

test('a change meant for an older revision is asked about: theirs and yours, and both can stand', async ({
  page,
}) => {
  await deaf(page);
  await open(world, page, PATH);
  await expect(page.getByRole('button', { name: 'Drain c', exact: true })).toBeVisible();
  await world.product.must('PATCH', '/pools/shop/backends/a', { weight: 4 });
  await page.getByRole('button', { name: 'Drain c', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'The configuration was changed meanwhile' });
  await expect(dialog).toContainText('changed backend a of pool shop (weight: 4)');
  await expect(dialog).toContainText('Drained c of shop');
  expect((await backend('c')).state).toBe('active');
  await dialog.getByRole('button', { name: 'Make my change too' }).click();
  await expect(page.getByRole('button', { name: 'Activate c', exact: true })).toBeVisible();
  expect(await backend('c')).toMatchObject({ state: 'draining' });
  expect(await backend('a')).toMatchObject({ weight: 4 });
});

test('keeping theirs leaves the page as the configuration is', async ({ page }) => {
  await world.product.must('PATCH', '/pools/shop/backends/c', { state: 'active' });
  await deaf(page);
  await open(world, page, PATH);
  await expect(page.getByRole('button', { name: 'Drain b', exact: true })).toBeVisible();
  await world.product.must('PATCH', '/pools/shop/backends/a', { weight: 2 });
  await page.getByRole('button', { name: 'Drain b', exact: true }).click();
  await page.getByRole('button', { name: 'Keep theirs only' }).click();
  await expect(page.getByRole('button', { name: 'Drain b', exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Weight of a: 2. Change' })).toBeVisible();
  expect((await backend('b')).state).toBe('active');
});
