/** axe finds no violations on any page, light and dark, wide and narrow. */
import { expect, test } from 'playwright/test';
import { send } from '../test/support/product/product.ts';
import { expectAccessible } from './support/axe.ts';
import { open, serveDashboard } from './support/dashboard.ts';

const dashboard = serveDashboard({}, { affinity: 'cookie-then-ip' });

const PAGES: readonly (readonly [name: string, path: string])[] = [
  ['overview', '/'],
  ['pool', '/pools/shop'],
  ['pool settings', '/pools/shop?tab=settings'],
  ['backend form', '/pools/shop?edit=%2B'],
  ['charts of a day', '/pools/shop?range=24h'],
  ['incidents', '/incidents'],
  ['incident', '/incidents?id=1'],
  ['requests', '/requests'],
  ['routes', '/routes'],
  ['route form', '/routes?edit=shop'],
  ['explain', '/routes?url=http%3A%2F%2Fshop.localhost%2F'],
  ['history', '/history'],
  ['revision', '/history?revision=1'],
  ['alerts', '/alerts'],
  ['alert form', '/alerts?edit=ops'],
  ['rollout', '/routes?rollout=both'],
  ['settings', '/settings'],
  ['missing pool', '/pools/nope'],
  ['deleted pool', '/pools/old'],
  ['missing page', '/nope'],
];

test.beforeAll(async () => {
  const { product, origins } = dashboard;
  for (let i = 0; i < 10; i++) await send(product.port, 'shop.localhost', `/page/${i}`);
  await product.apiOk('PATCH', '/pools/shop/backends/b', { state: 'draining' });
  await product.apiOk('PATCH', '/pools/shop/backends/c', { state: 'disabled' });
  await product.apiOk('PUT', '/pools/old', { backends: [{ id: 'a', url: origins[0]!.url }] });
  await product.apiOk('DELETE', '/pools/old');
  await product.apiOk('PUT', '/pools/next', { backends: [{ id: 'a', url: origins[0]!.url }] });
  const pools = [
    { pool: 'shop', weight: 100 },
    { pool: 'next', weight: 0 },
  ];
  await product.apiOk('PUT', '/routes/both', { host: 'both.localhost', split: { pools } });
  const { config } = await product.apiOk('GET', '/config');
  await product.apiOk('PUT', '/config', { ...config, alerts: [{ id: 'ops', url: origins[0]!.url }] });
  await product.apiOk('POST', '/alerts/ops/test');
});

for (const [name, path] of PAGES)
  test(`${name}, light and dark, 1440 and 390 px wide`, async ({ page }) => {
    await open(dashboard, page);
    await page.goto(dashboard.url + path);
    // Not by role: an open dialog hides the page from assistive technology.
    await expect(page.locator('h1')).toBeVisible();
    await expect(page.getByText('live', { exact: true }).first()).toBeAttached();
    for (const width of [1_440, 390])
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await expect(page.locator('html')).toHaveAttribute('data-mode', colorScheme);
        await expectAccessible(page, `${name}, ${colorScheme}, ${width} px`);
      }
  });

test('the sign-in page', async ({ page }) => {
  await page.goto(dashboard.url);
  await expect(page.getByLabel('Operator token')).toBeVisible();
  await expectAccessible(page, 'the sign-in page');
});
