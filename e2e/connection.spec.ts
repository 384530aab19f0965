/** Current figures, and a page that shows when they are stale. */
import { expect, type Page, test } from 'playwright/test';
import { send } from '../test/support/product/product.ts';
import { open, serveDashboard, traffic } from './support/dashboard.ts';

const dashboard = serveDashboard();

/** A switch between the page and the admin host that cuts off the live view or everything. */
async function cuttable(page: Page) {
  const cut = { live: false, all: false };
  const open = new Set<() => void>();
  await page.routeWebSocket('**/api/live', (socket) => {
    if (cut.live || cut.all) {
      void socket.close();
      return;
    }
    const server = socket.connectToServer();
    open.add(() => {
      void socket.close();
      void server.close();
    });
  });
  await page.route('**/api/**', (route) => (cut.all ? route.abort() : route.fallback()));
  return {
    async set(next: Partial<typeof cut>) {
      Object.assign(cut, next);
      if (!cut.live && !cut.all) return;
      for (const close of open) close();
      open.clear();
    },
  };
}

const status = (page: Page) => page.getByRole('status').filter({ hasText: /live|polling|no update/ });
const card = (page: Page) => page.getByRole('main').getByRole('link', { name: /shop/ });

test('without the live view the page polls, and then reconnects', async ({ page }) => {
  const line = await cuttable(page);
  await open(dashboard, page);
  await line.set({ live: true });
  await expect(status(page)).toHaveText('polling every 2 s');
  const load = traffic(dashboard);
  await expect(card(page)).toContainText(/req\/s 10 s[1-9]/);
  await load.stop();
  await line.set({ live: false });
  await expect(status(page)).toHaveText('live', { timeout: 25_000 });
});

test('when it is cut off, the page shows for how long, dims its figures, and recovers', async ({ page }) => {
  const line = await cuttable(page);
  await open(dashboard, page);
  await line.set({ all: true });
  await expect(status(page)).toHaveText(/no update for \d+ s, reconnecting/);
  await expect(card(page)).toBeVisible();
  await line.set({ all: false });
  await expect(status(page)).toHaveText('live', { timeout: 25_000 });
});

test('changes made while the page was cut off appear after it reconnects', async ({ page }) => {
  const line = await cuttable(page);
  await open(dashboard, page);
  await line.set({ all: true });
  await expect(status(page)).toHaveText(/no update for/);
  await dashboard.product.apiOk('PUT', '/pools/later', {
    id: 'later',
    backends: [{ id: 'a', url: dashboard.origins[0]!.url }],
  });
  await line.set({ all: false });
  await expect(page.getByRole('main').getByRole('link', { name: /later/ })).toBeVisible({ timeout: 25_000 });
});

test('a problem is counted in the title, shown in the icon, and listed first', async ({ page }) => {
  await open(dashboard, page);
  await expect(page).toHaveTitle('Overview · Evenkeel');
  await dashboard.origins[1]!.kill();
  for (let i = 0; i < 20; i++)
    expect((await send(dashboard.product.port, 'shop.localhost', '/')).status).toBe(200);
  await expect(page).toHaveTitle(/^\(1\) shop degraded · Overview/);
  await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', '/icon-alert.svg');
  await expect(page.getByRole('main').getByRole('listitem').first()).toContainText('b is ejected');
});
