/** The dashboard under test: the built Worker with real backends, a signed-in page, and traffic. */
import { expect, type Page, test } from 'playwright/test';
import { type OriginProcess, spawnOrigin } from '../../test/support/origins.ts';
import { type Json, type Product, send, startProduct } from '../../test/support/product/product.ts';

/** The product with backends a, b and c in pool `shop`, behind `shop.localhost`. */
export interface Dashboard {
  readonly product: Product;
  readonly origins: OriginProcess[];
  /** The dashboard's address. */
  readonly url: string;
}

/** Starts a dashboard for the tests of one file; `pool` and `route` change its configuration. */
export function serveDashboard(pool: Json = {}, route: Json = {}): Dashboard {
  const dashboard: { -readonly [key in keyof Dashboard]?: Dashboard[key] } = {};
  test.beforeAll(async () => {
    dashboard.origins = await Promise.all(['a', 'b', 'c'].map((name) => spawnOrigin(name)));
    dashboard.product = await startProduct();
    dashboard.url = `http://localhost:${dashboard.product.port}`;
    const backends = dashboard.origins.map(({ url }, i) => ({ id: 'abc'[i], url }));
    await dashboard.product.apiOk('PUT', '/config', {
      pools: [{ id: 'shop', backends, ...pool }],
      routes: [{ id: 'shop', host: 'shop.localhost', pool: 'shop', ...route }],
    });
  });
  test.afterAll(async () => {
    await dashboard.product?.stop();
    await Promise.all((dashboard.origins ?? []).map((origin) => origin.kill()));
  });
  return dashboard as Dashboard;
}

/** Signs a page in with a one-time link and opens `path`. */
export async function open({ product, url }: Dashboard, page: Page, path = '/'): Promise<void> {
  const { code } = await product.apiOk('POST', '/session/link');
  await page.goto(`${url}/#login=${code}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  if (path !== '/') await page.goto(url + path);
  await expect(page.getByRole('status').filter({ hasText: /^live$/ })).toBeVisible();
}

/** Sends requests to the pool until `stop`, and collects the statuses. */
export function traffic({ product }: Dashboard, host = 'shop.localhost', everyMs = 15) {
  const statuses: number[] = [];
  let running = true;
  const done = (async () => {
    while (running) {
      statuses.push((await send(product.port, host, '/traffic')).status);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return {
    statuses,
    async stop() {
      running = false;
      await done;
      return statuses;
    },
  };
}
