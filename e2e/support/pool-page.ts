/** A pool's page under test: two pools, reset before each test, the backends table, and traffic. */
import { type Page, test } from 'playwright/test';
import { type Dashboard, serveProduct, signIn } from './dashboard.ts';

const HOST = 'shop.localhost';
const NAMES = ['a', 'b', 'c'];

/** Pool `shop` with backends a, b and c behind `shop.localhost`, and pool `solo` with one backend; reset before each test. */
export function servePools(): Dashboard {
  const pools = serveProduct(NAMES);
  test.beforeEach(async ({ page }) => {
    const { origins, product } = pools;
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
  return pools;
}

/** Signs a page in by a one-time link and goes to `path`. */
export async function open(pools: Dashboard, page: Page, path: string): Promise<void> {
  await signIn(pools, page);
  await page.goto(pools.url + path);
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
export function startLoad({ product }: Dashboard): { stop(): Promise<void> } {
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
