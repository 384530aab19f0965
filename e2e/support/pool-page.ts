/** A pool's page under test: two pools, reset before each test, the backends table, and traffic. */
import { expect, type Page, test } from 'playwright/test';
import { type OriginProcess, spawnOrigin } from '../../test/support/origins.ts';
import { type Product, startProduct } from '../../test/support/product/product.ts';

const HOST = 'shop.localhost';
const NAMES = ['a', 'b', 'c'];

/** Pool `shop` with backends a, b and c behind `shop.localhost`, and pool `solo` with one backend. */
export interface Pools {
  readonly product: Product;
  /** Of a, b and c. */
  readonly origins: OriginProcess[];
}

/** Starts the product for the tests of one file; the pools are reset before each test. */
export function servePools(): Pools {
  const pools: { -readonly [key in keyof Pools]?: Pools[key] } = {};
  test.beforeAll(async () => {
    pools.origins = await Promise.all(NAMES.map((name) => spawnOrigin(name)));
    pools.product = await startProduct();
  });
  test.afterAll(async () => {
    await pools.product?.stop();
    await Promise.all((pools.origins ?? []).map((origin) => origin.kill()));
  });
  test.beforeEach(async ({ page }) => {
    const { origins, product } = pools as Pools;
    const backends = origins.map(({ url }, i) => ({ id: NAMES[i], url }));
    await product.apiOk('PUT', '/config', {
      pools: [
        { id: 'shop', backends, ejection: { failures: 2, baseMs: 3_000 } },
        { id: 'solo', backends: [{ id: 'only', url: origins[0]!.url }], whenUnavailable: 'reject' },
      ],
      routes: [{ id: 'shop', host: HOST, pool: 'shop' }],
    });
    await page.setViewportSize({ width: 1_440, height: 900 });
  });
  return pools as Pools;
}

/** Signs a page in by a one-time link and goes to `path`. */
export async function open({ product }: Pools, page: Page, path: string): Promise<void> {
  const { code } = await product.apiOk('POST', '/session/link');
  await page.goto(`http://localhost:${product.port}/#login=${code}`);
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await page.goto(`http://localhost:${product.port}${path}`);
}

/** The row of a backend. */
export const row = (page: Page, id: string) =>
  page.getByRole('table', { name: /^Backends of/ }).getByRole('row', { name: new RegExp(`^Select ${id} `) });

/** One of a backend's cells. */
export const cell = (page: Page, id: string, column: number) => row(page, id).getByRole('cell').nth(column);

/** Indexes of cells that are not headers: select, state, weight, req/s, share, failures … */
export const STATE = 1;
/** As `STATE`. */
export const SHARE = 4;

/** Sends requests to `shop`, two at a time, until it is stopped. */
export function startLoad({ product }: Pools): { stop(): Promise<void> } {
  let running = true;
  const work = async () => {
    while (running) await product.get(HOST, '/').catch(() => undefined);
  };
  const done = Promise.all([work(), work()]);
  return {
    async stop() {
      running = false;
      await done;
    },
  };
}
