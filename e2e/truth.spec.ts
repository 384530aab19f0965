/** The dashboard says what clients got: outages, failures, slowness and lost routes, in words and in the tab's title. */
import { expect, type Page, test } from 'playwright/test';
import { echo, type Origin, startOrigin } from '../test/support/origins.ts';
import { type Product, send, startProduct } from '../test/support/product/product.ts';
import { open as signIn } from './support/dashboard.ts';

/** How soon the dashboard must say it. */
const SOON = { timeout: 10_000 };

let product: Product;
let origins: Origin[];
/** What backend c does next. */
let behaviour: 'well' | 'broken' | 'slow' = 'well';

test.beforeAll(async () => {
  origins = [
    await startOrigin(echo('a')),
    await startOrigin(echo('b')),
    await startOrigin((_, response) => {
      if (behaviour === 'slow') setTimeout(() => response.end('c'), 600);
      else response.writeHead(behaviour === 'broken' ? 500 : 200).end('c');
    }),
  ];
  product = await startProduct();
});

test.afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

test.beforeEach(async () => {
  behaviour = 'well';
});

/** Each test has a pool of its own: what was counted in a minute belongs to it alone. */
async function configure(id: string, urls = origins.map(({ url }) => url)): Promise<string> {
  const backends = urls.map((url, i) => ({ id: 'abc'[i], url }));
  await product.apiOk('PUT', '/config', {
    pools: [{ id, backends, maxLease: 1 }],
    routes: [{ id, host: `${id}.test`, pool: id }],
  });
  return `${id}.test`;
}

const open = (page: Page, path: string) =>
  signIn({ product, url: `http://localhost:${product.port}` }, page, path);

/** Sends requests one after the other. Returns how many of them got a 5xx. */
async function load(host: string, n: number): Promise<number> {
  let failed = 0;
  for (let i = 0; i < n; i++) if ((await send(product.port, host, '/')).status >= 500) failed++;
  return failed;
}

const health = (page: Page, pool: string) => page.getByRole('region', { name: `Health of ${pool}` });

test('with every backend dead the pool is down, and the incident has the figures of the load', async ({
  page,
}) => {
  const gone = await Promise.all([startOrigin(echo('x')), startOrigin(echo('y')), startOrigin(echo('z'))]);
  const host = await configure(
    'dead',
    gone.map(({ url }) => url),
  );
  expect(await load(host, 6)).toBe(0);
  await Promise.all(gone.map((origin) => origin.stop()));
  await open(page, '/pools/dead');
  const failed = await load(host, 40);
  expect(failed).toBe(40);
  await expect(health(page, 'dead')).toContainText('down', SOON);
  await expect(health(page, 'dead')).toContainText('0 of 3 available', SOON);
  await expect(health(page, 'dead')).toContainText(/since \d\d:\d\d:\d\d/, SOON);
  await expect(health(page, 'dead')).toContainText('40 requests failed', SOON);
  await expect(page).toHaveTitle(/^\(1\) dead down · dead · Evenkeel/, SOON);
  await health(page, 'dead').getByRole('link', { name: 'Open incident' }).click();
  const incident = page.getByRole('dialog', { name: 'Incident of dead' });
  await expect(incident).toContainText('down');
  await expect(incident.getByText('40', { exact: true })).toBeVisible();
  await expect(incident.getByRole('list').first()).toContainText('ejected');
});

test('when a quarter of the clients get 500, the pool is failing', async ({ page }) => {
  const host = await configure('quarter');
  behaviour = 'broken';
  await open(page, '/');
  const failed = await load(host, 60);
  expect(failed).toBe(20);
  const card = page.getByRole('main').getByRole('link', { name: /quarter/ });
  await expect(card).toContainText('failing', SOON);
  await expect(card).toContainText('33.3 % of the requests of the last minute failed: 20 of 60', SOON);
  await expect(card).toContainText('20 requests failed', SOON);
  await expect(page).toHaveTitle(/^\(1\) quarter failing · Overview/, SOON);
});

test('a backend that is far slower than the others makes the pool degraded', async ({ page }) => {
  const host = await configure('slow');
  behaviour = 'slow';
  await open(page, '/pools/slow');
  await Promise.all([load(host, 30), load(host, 30), load(host, 30)]);
  await expect(health(page, 'slow')).toContainText('degraded', SOON);
  await expect(health(page, 'slow')).toContainText(/c takes \d+ ms/, SOON);
});

test('with every backend disabled the answers of the balancer itself count as failed', async ({ page }) => {
  const host = await configure('off');
  for (const id of ['a', 'b', 'c'])
    await product.apiOk('PATCH', `/pools/off/backends/${id}`, { state: 'disabled' });
  await open(page, '/');
  expect(await load(host, 10)).toBe(10);
  const card = page.getByRole('main').getByRole('link', { name: /off/ });
  await expect(card).toContainText('down', SOON);
  await expect(card).toContainText('100.0 %', SOON);
  await expect(page).toHaveTitle(/^\(1\) off down/, SOON);
});

test('with no route left the overview says so, and counts the requests', async ({ page }) => {
  const host = await configure('lost');
  expect(await load(host, 3)).toBe(0);
  await product.apiOk('DELETE', '/routes/lost');
  await open(page, '/');
  await expect(
    page.getByRole('alert').filter({ hasText: 'There is no route: every request gets 404.' }),
  ).toBeVisible(SOON);
  for (let i = 0; i < 15; i++) expect((await send(product.port, host, `/lost/${i}`)).status).toBe(404);
  await page.getByRole('link', { name: 'Requests', exact: true }).click();
  await page.getByRole('button', { name: 'Without a route' }).click();
  await expect(page.getByRole('list', { name: 'Requests, newest first' })).toContainText(
    'lost.test/lost/14',
    SOON,
  );
});

test('a pool without traffic has gaps in its charts, not zeros', async ({ page }) => {
  const host = await configure('quiet');
  await load(host, 10);
  await open(page, '/pools/quiet');
  await expect(
    page.getByRole('heading', { name: 'Responses to clients per second, by class' }),
  ).toBeVisible();
  const now = Date.now();
  const { requests } = await product.apiOk(
    'GET',
    `/series?pool=quiet&from=${now - 300_000}&to=${now}&step=5000`,
  );
  expect(requests.slice(0, 20)).toEqual(new Array(20).fill(null));
});
