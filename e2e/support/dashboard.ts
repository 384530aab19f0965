/** The dashboard under test: the built Worker with real backends, a signed-in page, and traffic. */
import { expect, type Page, test } from 'playwright/test';
import { type OriginProcess, spawnOrigin } from '../../test/support/origins.ts';
import { type Json, type Product, send, startProduct } from '../../test/support/product/product.ts';

/** The product with backends a, b and c in pool `shop`, behind `shop.localhost`. */
export interface World {
  readonly product: Product;
  readonly origins: OriginProcess[];
  /** The dashboard's address. */
  readonly url: string;
}

/** Starts a world for the tests of one file; `pool` and `route` change its configuration. */
export function serveWorld(pool: Json = {}, route: Json = {}): World {
  const world: { -readonly [key in keyof World]?: World[key] } = {};
  test.beforeAll(async () => {
    world.origins = await Promise.all(['a', 'b', 'c'].map((name) => spawnOrigin(name)));
    world.product = await startProduct();
    world.url = `http://localhost:${world.product.port}`;
    const backends = world.origins.map(({ url }, i) => ({ id: 'abc'[i], url }));
    await world.product.must('PUT', '/config', {
      pools: [{ id: 'shop', backends, ...pool }],
      routes: [{ id: 'shop', host: 'shop.localhost', pool: 'shop', ...route }],
    });
  });
  test.afterAll(async () => {
    await world.product?.stop();
    await Promise.all((world.origins ?? []).map((origin) => origin.kill()));
  });
  return world as World;
}

/** Signs a page in with a one-time link and opens `path`. */
export async function open({ product, url }: World, page: Page, path = '/'): Promise<void> {
  const { code } = await product.must('POST', '/session/link');
  await page.goto(`${url}/#login=${code}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  if (path !== '/') await page.goto(url + path);
  await expect(page.getByRole('status').filter({ hasText: /^live$/ })).toBeVisible();
}

/** Sends requests to the pool until `stop`, and collects the statuses. */
export function traffic({ product }: World, host = 'shop.localhost', everyMs = 15) {
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
