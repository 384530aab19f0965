/** Health checks on a pool's page: the verdict, the strip of the last checks, check now and return now. */
import { expect, type Page, test } from 'playwright/test';
import { spawnOrigin } from '../test/support/origins.ts';
import { expectAccessible } from './support/axe.ts';
import { cell, open, STATE, servePools, startLoad } from './support/pool-page.ts';

const pools = servePools();
let load: { stop(): Promise<void> } | null = null;
test.afterEach(async () => {
  await load?.stop();
  load = null;
});

const item = (page: Page, id: string) => page.getByRole('listitem', { name: `Health of ${id}` });

test('a check that fails takes a backend out on the page, and one that succeeds brings it back', async ({
  page,
}) => {
  const { pool } = await pools.product.apiOk('GET', '/pools/shop');
  const healthCheck = { intervalMs: 3_600_000, unhealthyAfter: 1, healthyAfter: 1 };
  await pools.product.apiOk('PUT', '/pools/shop', { ...pool, healthCheck });
  await open(pools, page, '/pools/shop');
  await expect(item(page, 'a')).toContainText(/healthy.*ok/);
  await expect(item(page, 'a').getByRole('img', { name: '1 check of a, none failed' })).toBeVisible();
  await expectAccessible(page, 'the card of health checks');

  await pools.origins[0]!.kill();
  await page.getByRole('button', { name: 'Check now: a' }).click();
  await expect(page.getByText(/Checked a of shop: not reached/)).toBeVisible();
  await expect(item(page, 'a')).toContainText(/unhealthy.*not reached/);
  await expect(item(page, 'a').getByRole('img', { name: '2 checks of a, 1 failed' })).toBeVisible();
  await expect(cell(page, 'a', STATE)).toContainText('unhealthy');

  pools.origins[0] = await spawnOrigin('a', pools.origins[0]!.port);
  await page.getByRole('button', { name: 'Check now: a' }).click();
  await expect(cell(page, 'a', STATE)).toContainText('available');
  await page.goto(`${pools.url}/history`);
  await expect(page.getByText('healthy again').first()).toBeVisible();
});

test('an ejection is ended by a click', async ({ page }) => {
  load = startLoad(pools);
  await open(pools, page, '/pools/shop');
  await expect(cell(page, 'c', STATE)).toContainText('available');
  await pools.origins[2]!.kill();
  await page.getByRole('button', { name: 'Return now: c' }).click();
  await expect(page.getByText('Returned c to shop')).toBeVisible();
  pools.origins[2] = await spawnOrigin('c', pools.origins[2]!.port);
  await expect(cell(page, 'c', STATE)).toContainText('available', { timeout: 30_000 });
});
