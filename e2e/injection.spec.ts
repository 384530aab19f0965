/** HTML and scripts in anything that operators or clients control are shown as text, and never run. */
import { expect, type Page, type Route, test } from 'playwright/test';
import { deadPort } from '../test/support/origins.ts';
import { type Json, send } from '../test/support/product/product.ts';
import { open, serveDashboard } from './support/dashboard.ts';

const MARKUP = `<img src=x onerror=alert(1)>'"&lt;<script>alert(2)</script>`;
/** The same without spaces. */
const DENSE = `<img/src=x/onerror=alert(1)>'"&lt;<script>alert(2)</script>`;
/** The HTML characters that a cookie name may contain. */
const COOKIE = "x'&lt`alert";

const dashboard = serveDashboard();
let backendUrl: string;

/** As a route's path, encoded as in requests. */
const ROUTE_PATH = new URL(`http://h/${DENSE}`).pathname;

test.beforeAll(async () => {
  backendUrl = `${dashboard.origins[0]!.url}/${DENSE}`;
  const dead = `http://127.0.0.1:${await deadPort()}/${DENSE}`;
  await dashboard.product.apiOk('PUT', '/config', {
    pools: [
      {
        id: 'shop',
        maxLease: 1,
        ejection: { failures: 1, baseMs: 120_000 },
        backends: [
          { id: 'a', url: backendUrl },
          { id: 'dead', url: dead },
        ],
      },
    ],
    routes: [
      { id: 'odd', host: '*.shop.test', path: ROUTE_PATH, pool: 'shop', affinityCookie: { name: COOKIE } },
      { id: 'shop', host: '*.shop.test', pool: 'shop' },
    ],
  });
  const headers = { 'x-request-id': MARKUP, 'user-agent': MARKUP, referer: MARKUP, cookie: `a=${MARKUP}` };
  for (let i = 0; i < 4; i++)
    await send(dashboard.product.port, 'a.shop.test', `/${DENSE}?q=${DENSE}`, { headers });
  await expect.poll(async () => (await get('/requests')).requests.length).toBe(4);
  await expect
    .poll(async () => (await get('/events')).events.map(({ kind }: Json) => kind))
    .toContain('ejected');
});

const get = (path: string): Promise<Json> => dashboard.product.apiOk('GET', path);

/** Signs that something was not treated as text: dialogs, script errors, policy violations, elements. */
async function watch(page: Page) {
  const signs: string[] = [];
  page.on('dialog', (dialog) => {
    signs.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => signs.push(`error ${error.message}`));
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) signs.push(message.text());
  });
  return async (): Promise<string[]> => {
    const elements = await page.locator('img[src="x"], [onerror], script:not([src])').evaluateAll((all) => {
      return all.map((element) => element.outerHTML);
    });
    return [...signs, ...elements];
  };
}

test('configuration and requests are shown as text', async ({ page }) => {
  const signs = await watch(page);
  await open(dashboard, page);
  await expect(page.getByRole('main').getByRole('link', { name: /dead is ejected/ })).toBeVisible();
  expect(await signs(), 'overview').toEqual([]);

  const { path, requestId } = (await get('/requests')).requests[0];
  await page.goto(`${dashboard.url}/pools/shop`);
  await expect(page.getByText(backendUrl, { exact: true }).first()).toBeVisible();
  await expect(page.getByText(path, { exact: true }).first()).toBeVisible();
  expect(await signs(), 'pool').toEqual([]);

  await page.goto(`${dashboard.url}/requests?id=${requestId}`);
  await expect(page.getByRole('dialog', { name: 'Request' })).toContainText(path);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: path }).first()).toBeVisible();
  expect(await signs(), 'requests').toEqual([]);

  await page.goto(`${dashboard.url}/routes?edit=odd`);
  const form = page.getByRole('dialog');
  await expect(form.getByLabel('Path', { exact: true })).toHaveValue(ROUTE_PATH);
  await page.keyboard.press('Escape');
  await expect(page.getByText(ROUTE_PATH).first()).toBeVisible();
  expect(await signs(), 'routes').toEqual([]);

  const { revision } = await get('/config');
  await page.goto(`${dashboard.url}/history?revision=${revision}`);
  await expect(page.getByRole('dialog')).toContainText(DENSE);
  expect(await signs(), 'history').toEqual([]);
});

test('parameters of the address are shown as text', async ({ page }) => {
  const signs = await watch(page);
  await open(dashboard, page);
  const markup = encodeURIComponent(MARKUP);
  await page.goto(`${dashboard.url}/requests?path=${markup}&id=${markup}`);
  await expect(page.getByRole('dialog', { name: 'Request' })).toContainText(MARKUP);
  await page.goto(
    `${dashboard.url}/routes?find=${markup}&url=${encodeURIComponent(`http://a.shop.test/${DENSE}`)}`,
  );
  await expect(page.getByText('a.shop.test', { exact: false }).first()).toBeVisible();
  await page.goto(`${dashboard.url}/history?pool=${markup}&show=${markup}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeAttached();
  expect(await signs()).toEqual([]);
});

/** Replaces the named texts of a response with markup. */
const poisoned = (names: readonly string[]) => async (route: Route) => {
  const answer = await route.fetch();
  const text = JSON.stringify(await answer.json(), (name, value) =>
    names.includes(name) && typeof value === 'string' ? MARKUP : value,
  );
  await route.fulfill({ response: answer, body: text });
};

test('any other text from the API is shown as text', async ({ page }) => {
  const signs = await watch(page);
  await open(dashboard, page);
  const names = ['requestId', 'method', 'host', 'path', 'route', 'why', 'what', 'summary', 'who', 'colo'];
  await page.route(/\/api\/(requests|events|config\/revisions)/, poisoned(names));
  await page.goto(`${dashboard.url}/pools/shop`);
  await expect(page.getByRole('row', { name: /^Select dead/ })).toContainText(MARKUP);
  await expect(page.getByText('Recent requests').locator('xpath=ancestor::section')).toContainText(MARKUP);
  expect(await signs(), 'pool').toEqual([]);

  await page.goto(`${dashboard.url}/requests?id=${encodeURIComponent(MARKUP)}`);
  await expect(page.getByRole('dialog', { name: 'Request' })).toContainText(MARKUP);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: MARKUP }).first()).toBeVisible();
  expect(await signs(), 'requests').toEqual([]);

  await page.goto(`${dashboard.url}/history`);
  const line = page.getByRole('listitem').filter({ hasText: 'dead of shop' });
  await expect(line.first()).toContainText(MARKUP);
  await expect(page.getByRole('button', { name: MARKUP }).first()).toBeVisible();
  expect(await signs(), 'history').toEqual([]);
});
