/** The Routes page: a route with invalid input at first, changed and deleted, and the route test. */
import { expect, type Page, test } from 'playwright/test';
import { serveProduct, signIn } from './support/dashboard.ts';

const dashboard = serveProduct(['a', 'b']);

test.beforeEach(async ({ page }) => {
  const [a, b] = dashboard.origins.map(({ url }) => url);
  await dashboard.product.apiOk('PUT', '/config', {
    pools: [
      {
        id: 'shop',
        backends: [
          { id: 'a', url: a },
          { id: 'b', url: b, state: 'draining' },
          { id: 'c', url: b, tier: 1 },
        ],
      },
      { id: 'api', backends: [{ id: 'x', url: b }] },
    ],
    routes: [
      { id: 'wide', host: '*.shop.localhost', pool: 'shop' },
      { id: 'shop', host: 'shop.localhost', pool: 'shop' },
      { id: 'cart', host: 'shop.localhost', path: '/cart', pool: 'shop', timeoutMs: 3_000 },
    ],
  });
  await signIn(dashboard, page);
});

const routes = async () => (await dashboard.product.apiOk('GET', '/routes')).routes as { id: string }[];
const names = (page: Page) => page.getByRole('rowheader').allTextContents();

test('invalid input is reported at its field, and a valid route works', async ({ page }) => {
  await page.getByRole('link', { name: 'Routes' }).click();
  await page.getByRole('button', { name: 'Add route' }).click();
  const dialog = page.getByRole('dialog', { name: 'New route' });
  const host = dialog.getByLabel('Host', { exact: true });
  await expect(host).toBeFocused();
  await host.fill('new.localhost:8080');
  await expect(
    dialog.getByText('must be a host name of at most 253 characters without port', { exact: false }),
  ).toBeVisible();
  await host.fill('shop.localhost');
  await expect(dialog.getByLabel('ID', { exact: true })).toHaveValue('shop-2');
  await dialog.getByRole('button', { name: 'Add route' }).click();
  await expect(dialog.getByText('route shop has this host and path already')).toBeVisible();
  await expect(dialog.getByLabel('Path', { exact: true })).toBeFocused();

  await host.fill('new.localhost');
  await dialog.getByLabel('Path', { exact: true }).fill('/deep');
  await expect(dialog.getByLabel('ID', { exact: true })).toHaveValue('new-deep');
  await dialog.getByLabel('Pool').click();
  await page.getByRole('option', { name: 'api' }).click();
  await expect(dialog.getByText('has this host and path already')).toBeHidden();
  await dialog.getByRole('button', { name: 'Add route' }).click();
  await expect(dialog).toBeHidden();
  await expect(
    page.getByRole('row', { name: /new\.localhost/ }).getByRole('link', { name: 'api' }),
  ).toBeVisible();
  const answer = await dashboard.product.get('new.localhost', '/deep/down');
  expect(answer.status).toBe(200);
});

test('routes are listed in matching order with their overrides', async ({ page }) => {
  await page.goto(`http://localhost:${dashboard.product.port}/routes`);
  await expect(page.getByRole('row', { name: /cart/ })).toContainText('timeout 3 s');
  expect(await names(page)).toEqual([
    'shop.localhost/cartcart',
    'shop.localhost/shop',
    '*.shop.localhost/wide',
  ]);
});

test('a change is saved; a deletion takes effect at once and is undone from its toast', async ({ page }) => {
  await page.goto(`http://localhost:${dashboard.product.port}/routes?edit=cart`);
  const dialog = page.getByRole('dialog', { name: 'Route cart', exact: true });
  await dialog.getByLabel('Maximum retries').fill('99');
  await expect(dialog.getByText('must be a whole number from 0 to 10')).toBeVisible();
  await dialog.getByLabel('Maximum retries').fill('0');
  await expect(dialog.getByRole('group', { name: 'Affinity cookie' }).getByLabel('Name')).toBeHidden();
  await dialog.getByLabel('Affinity').click();
  await page.getByRole('option', { name: 'by cookie', exact: true }).click();
  await dialog.getByRole('group', { name: 'Affinity cookie' }).getByLabel('Name').fill('stay');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name: /cart/ })).toContainText('timeout 3 s, 0 retries');
  await expect(page.getByRole('row', { name: /cart/ })).toContainText('by cookie');

  await page.getByRole('button', { name: 'Delete cart' }).click();
  await expect(page.getByRole('row', { name: /cart/ })).toBeHidden();
  await expect.poll(async () => (await routes()).length).toBe(2);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect(page.getByRole('row', { name: /cart/ })).toContainText('timeout 3 s, 0 retries');
  await expect.poll(async () => (await routes()).length).toBe(3);
});

test('deleting a route with traffic asks first, and says in figures what its clients would get', async ({
  page,
}) => {
  for (let i = 0; i < 12; i++) await dashboard.product.get('shop.localhost', '/cart/7');
  await page.goto(`http://localhost:${dashboard.product.port}/routes`);
  const requests = async () => (await dashboard.product.apiOk('GET', '/requests?pool=shop')).requests.length;
  await expect.poll(requests).toBeGreaterThanOrEqual(12);
  await page.getByRole('button', { name: 'Delete cart' }).click();
  const question = page.getByRole('alertdialog', { name: 'Delete route cart?' });
  await expect(question).toContainText(
    /0\.\d requests per second for shop\.localhost\/cart would go to route shop \(shop\.localhost\/\)/,
  );
  await question.getByRole('button', { name: 'Cancel' }).click();
  expect(await routes()).toHaveLength(3);
  await dashboard.product.get('shop.localhost', '/');
  await expect.poll(requests).toBeGreaterThanOrEqual(13);
  await page.getByRole('button', { name: 'Delete shop' }).click();
  const last = page.getByRole('alertdialog', { name: 'Delete route shop?' });
  await expect(last).toContainText('would get 404: no other route matches them.');
  await last.getByRole('button', { name: 'Delete shop' }).click();
  await expect.poll(async () => (await routes()).length).toBe(2);
});

test('a URL without scheme is tested: candidates in order, and why others are excluded', async ({ page }) => {
  await page.goto(`http://localhost:${dashboard.product.port}/routes`);
  await page.getByRole('textbox', { name: 'URL' }).fill('shop.localhost/cart/7');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'URL' })).toHaveValue('http://shop.localhost/cart/7');
  await expect(page.getByRole('heading', { name: 'Candidates, in order' })).toBeVisible();
  const lists = page.getByRole('listitem');
  await expect(lists.filter({ hasText: '1.' }).first()).toContainText('a');
  await expect(lists.filter({ hasText: 'next by round-robin' })).toHaveCount(1);
  await expect(lists.filter({ hasText: 'draining' }).filter({ hasText: 'no new clients' })).toHaveCount(1);
  await expect(lists.filter({ hasText: 'standby' })).toContainText('tier 1 stands by');
  await expect(page.getByText('At most 2 attempts', { exact: false })).toBeVisible();
  expect(new URL(page.url()).searchParams.get('url')).toBe('http://shop.localhost/cart/7');

  await page.getByLabel('Method').click();
  await page.getByRole('option', { name: 'POST' }).click();
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByText('POST is not repeated', { exact: false })).toBeVisible();
  await page.reload();
  await expect(page.getByText('POST is not repeated', { exact: false })).toBeVisible();

  await page.getByRole('textbox', { name: 'URL' }).fill('http://unknown.localhost/');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(
    page.getByText('no route is configured for this host and path', { exact: false }),
  ).toBeVisible();
  await page.getByRole('textbox', { name: 'URL' }).fill('ftp://unknown.localhost/');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByText('must be a URL with http:// or https://', { exact: false })).toBeVisible();
});

test('ten thousand routes are filtered rather than drawn in full', async ({ page }) => {
  const { config } = await dashboard.product.apiOk('GET', '/config');
  const many = Array.from({ length: 9_997 }, (_, i) => ({
    id: `r${i}`,
    host: `h${i}.localhost`,
    pool: 'api',
  }));
  await dashboard.product.apiOk('PUT', '/config', {
    pools: config.pools,
    routes: [...config.routes, ...many],
  });
  await page.goto(`http://localhost:${dashboard.product.port}/routes`);
  await expect(page.getByText('The first 200 of 10,000', { exact: false })).toBeVisible();
  await expect(page.getByRole('rowheader')).toHaveCount(200);
  await page.getByLabel('Filter by ID, host or path').fill('h7777');
  await expect(page.getByRole('rowheader')).toHaveCount(1);
  await expect(page.getByText('1 of 10,000')).toBeVisible();
});

test('a split with a condition is dragged and typed, and the form says what it takes from other routes', async ({
  page,
}) => {
  for (let i = 0; i < 4; i++) await dashboard.product.get('shop.localhost', `/beta/${i}`);
  const requests = async () => (await dashboard.product.apiOk('GET', '/requests?pool=shop')).requests.length;
  await expect.poll(requests).toBeGreaterThanOrEqual(4);
  await page.goto(`http://localhost:${dashboard.product.port}/routes?edit=%2B`);
  const dialog = page.getByRole('dialog', { name: 'New route' });
  await dialog.getByLabel('Host', { exact: true }).fill('shop.localhost');
  await dialog.getByLabel('Path', { exact: true }).fill('/beta');
  await expect(
    dialog.getByText('This route takes 4 requests on record in the last minute from route shop'),
  ).toBeVisible();
  await dialog.getByText('Conditions', { exact: true }).click();
  await dialog.getByRole('button', { name: 'Add to Headers' }).click();
  const headers = dialog.getByRole('group', { name: 'Headers', exact: true });
  await headers.getByLabel('Name').fill('x-beta');
  await expect(headers.getByText('needs exactly one of value, prefix')).toBeVisible();
  await headers.getByLabel('Value').fill('1');
  await expect(dialog.getByText('This route takes up to 4 requests')).toBeVisible();
  await dialog.getByLabel('What happens').click();
  await page.getByRole('option', { name: 'Split between pools' }).click();
  await dialog.getByRole('button', { name: 'Add pool' }).click();
  await dialog.getByLabel('Share of api in per cent').fill('20');
  await expect(dialog.getByLabel('Share of shop in per cent')).toHaveValue('80');
  const border = dialog.getByRole('slider', { name: 'Share of shop against api' });
  await border.press('ArrowRight');
  await expect(border).toHaveAttribute('aria-valuetext', 'shop 81 %, api 19 %');
  const { x, y, width, height } = (await border.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 2 - 100, y + height / 2, { steps: 4 });
  await page.mouse.up();
  await expect(border).not.toHaveAttribute('aria-valuenow', '81');
  await border.press('PageUp');
  const shares = (await border.getAttribute('aria-valuetext'))!.match(/\d+/g)!.map(Number);
  await dialog.getByRole('button', { name: 'Add route' }).click();
  await expect(dialog).toBeHidden();
  expect((await dashboard.product.apiOk('GET', '/routes/shop-beta')).route).toMatchObject({
    match: { headers: [{ name: 'x-beta', value: '1' }] },
    pool: null,
    split: {
      by: 'request',
      pools: [
        { pool: 'shop', weight: shares[0] },
        { pool: 'api', weight: shares[1] },
      ],
    },
  });
  await expect(page.getByRole('row', { name: /beta/ })).toContainText('header x-beta is 1');

  // The route test says what did not fit, for a request that is filled in from the record.
  await page.getByLabel('Fill in from a recent request').click();
  await page.getByRole('option', { name: 'GET shop.localhost/beta/3' }).click();
  await expect(page.getByRole('textbox', { name: 'URL' })).toHaveValue('http://shop.localhost/beta/3');
  await expect(page.getByRole('listitem').filter({ hasText: 'header x-beta' })).toContainText('shop-beta');
});

test('a redirect and a fixed response are made in the form', async ({ page }) => {
  await page.goto(`http://localhost:${dashboard.product.port}/routes?edit=cart`);
  const dialog = page.getByRole('dialog', { name: 'Route cart', exact: true });
  await dialog.getByLabel('What happens').click();
  await page.getByRole('option', { name: 'Redirect' }).click();
  await dialog.getByLabel('Prefix', { exact: true }).fill('/basket');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name: /cart/ })).toContainText('redirects (301) to /basket');
  const moved = await dashboard.product.get('shop.localhost', '/cart/7');
  expect([moved.status, moved.headers.location]).toEqual([301, 'http://shop.localhost/basket/7']);

  await page.getByRole('button', { name: 'Edit cart' }).click();
  await dialog.getByLabel('What happens').click();
  await page.getByRole('option', { name: 'Answer itself' }).click();
  await dialog.getByLabel('Body', { exact: true }).fill('<p>Closed');
  await dialog.getByRole('button', { name: 'Add to Headers' }).click();
  await dialog.getByLabel('Headers: name 1').fill('retry-after');
  await dialog.getByLabel('Headers: value 1').fill('60');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name: /cart/ })).toContainText('responds 503');
  const closed = await dashboard.product.get('shop.localhost', '/cart/7');
  expect([closed.status, closed.text, closed.headers['retry-after']]).toEqual([503, '<p>Closed', '60']);
});
