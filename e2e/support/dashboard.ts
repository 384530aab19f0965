/** The dashboard under test: the built Worker with real backends, a signed-in page, and traffic. */
import { expect, type Page, test } from 'playwright/test';
import { type OriginProcess, spawnOrigin } from '../../test/support/origins.ts';
import { type Json, type Product, send, startProduct } from '../../test/support/product/product.ts';

/** The product and its backends. */
export interface Dashboard {
  readonly product: Product;
  readonly origins: OriginProcess[];
  /** The dashboard's address. */
  readonly url: string;
}

/** Starts the product and a backend of each name for the tests of one file; `options` may need the backends. */
export function serveProduct(
  names: readonly string[],
  options: (origins: readonly OriginProcess[]) => Parameters<typeof startProduct>[0] = () => ({}),
): Dashboard {
  const dashboard: { -readonly [key in keyof Dashboard]?: Dashboard[key] } = {};
  test.beforeAll(async () => {
    dashboard.origins = await Promise.all(names.map((name) => spawnOrigin(name)));
    dashboard.product = await startProduct(options(dashboard.origins));
    dashboard.url = `http://localhost:${dashboard.product.port}`;
  });
  test.afterAll(async () => {
    await dashboard.product?.stop();
    await Promise.all((dashboard.origins ?? []).map((origin) => origin.kill()));
  });
  return dashboard as Dashboard;
}

/** As `serveProduct`, with the backends in pool `shop` behind `shop.localhost`; `pool` and `route` are further fields. */
export function serveDashboard(pool: Json = {}, route: Json = {}): Dashboard {
  const dashboard = serveProduct(['a', 'b', 'c']);
  test.beforeAll(async () => {
    const backends = dashboard.origins.map(({ url }, i) => ({ id: 'abc'[i], url }));
    await dashboard.product.apiOk('PUT', '/config', {
      pools: [{ id: 'shop', backends, ...pool }],
      routes: [{ id: 'shop', host: 'shop.localhost', pool: 'shop', ...route }],
    });
  });
  return dashboard;
}

/** Signs a page in with a one-time link: it shows the overview. */
export async function signIn(
  { product, url }: Pick<Dashboard, 'product' | 'url'>,
  page: Page,
): Promise<void> {
  const { code } = await product.apiOk('POST', '/session/link');
  await page.goto(`${url}/#login=${code}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
}

/** Signs a page in, opens `path` and waits for live data. */
export async function open(
  dashboard: Pick<Dashboard, 'product' | 'url'>,
  page: Page,
  path = '/',
): Promise<void> {
  await signIn(dashboard, page);
  if (path !== '/') await page.goto(dashboard.url + path);
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
