/** Conditional requests of the API (RFC 9110, 13): `If-Match` and `If-None-Match` on changes and on reads. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Json, type Product, startProduct } from '../../support/product/product.ts';

const BACKENDS = [
  { id: 'a', url: 'http://127.0.0.1:9' },
  { id: 'b', url: 'http://127.0.0.1:9' },
];
let product: Product;
beforeAll(async () => {
  product = await startProduct();
  await product.apiOk('PUT', '/pools/shop', { backends: BACKENDS });
  await product.apiOk('PUT', '/routes/shop', { host: 'shop.test', pool: 'shop' });
});
afterAll(() => product.stop());

const revision = async (): Promise<number> => (await product.apiOk('GET', '/config')).revision;
const body: Record<string, Json> = {
  '/config': { pools: [{ id: 'shop', backends: BACKENDS }] },
  '/pools/shop': { backends: BACKENDS },
  '/pools/new': { backends: BACKENDS },
  '/pools/shop/backends/a': BACKENDS[0],
  '/pools/shop/backends/new': { url: 'http://127.0.0.1:9' },
  '/pools/none/backends/a': BACKENDS[0],
  '/routes/shop': { host: 'shop.test', pool: 'shop' },
  '/routes/new': { host: 'new.test', pool: 'shop' },
};

test.each<[string, (now: number) => string, number]>([
  ['the revision now', (now) => `"${now}"`, 200],
  ['a list that holds it', (now) => `"${now - 1}", "${now}"`, 200],
  ['a list with empty elements', (now) => `,"${now}",, "x"`, 200],
  ['a list that does not hold it', (now) => `"${now + 1}","${now - 1}"`, 412],
  ['its weak tag', (now) => `W/"${now}"`, 412],
  ['a list where only the weak tag fits', (now) => `"${now - 1}", W/"${now}"`, 412],
  ['a tag that is no revision', () => '"a,b"', 412],
  ['any', () => '*', 200],
  ['no quotes', (now) => String(now), 400],
  ['a quote that does not end', (now) => `"${now}`, 400],
  ['two tags without a comma', (now) => `"${now}" "${now}"`, 400],
  ['a list of nothing', () => ' , ', 400],
])('a change with If-Match: %s', async (_, header, status) => {
  const before = await revision();
  const given = { 'if-match': header(before) };
  const answer = await product.api('PATCH', '/pools/shop/backends/a', { weight: before }, given);
  expect(answer.status).toBe(status);
  expect(await revision()).toBe(status === 200 ? before + 1 : before);
});

test.each([
  ['/config', 412],
  ['/pools/shop', 412],
  ['/pools/shop/backends/a', 412],
  ['/routes/shop', 412],
  ['/pools/new', 201],
  ['/pools/shop/backends/new', 201],
  ['/routes/new', 201],
  ['/pools/none/backends/a', 404],
])('PUT %s with If-None-Match: * only creates', async (path, status) => {
  const before = await revision();
  expect((await product.api('PUT', path, body[path], { 'if-none-match': '*' })).status).toBe(status);
  expect(await revision()).toBe(status === 201 ? before + 1 : before);
  if (status === 201) await product.apiOk('DELETE', path);
});

test.each([
  ['/pools/shop', 200],
  ['/pools/new', 412],
  ['/pools/shop/backends/new', 412],
  ['/routes/new', 412],
  ['/pools/none/backends/a', 404],
])('PUT %s with If-Match: * only replaces', async (path, status) => {
  expect((await product.api('PUT', path, body[path], { 'if-match': '*' })).status).toBe(status);
});

test('a faulty body does not hide that a resource exists', async () => {
  expect((await product.api('PUT', '/pools/shop', {}, { 'if-none-match': '*' })).status).toBe(412);
});

test('a change with If-None-Match and the revision now is refused, with another it is made', async () => {
  const patch = (tags: string) =>
    product.api('PATCH', '/pools/shop/backends/a', { weight: 2 }, { 'if-none-match': tags });
  const now = await revision();
  expect((await patch(`"0", W/"${now}"`)).status).toBe(412);
  expect((await patch(`"${now - 1}"`)).status).toBe(200);
});

test('a drain with If-None-Match: * only begins one', async () => {
  const drain = () =>
    product.api('PUT', '/pools/shop/backends/b/drain', { disableAfterMs: 600_000 }, { 'if-none-match': '*' });
  expect((await drain()).status).toBe(200);
  expect((await drain()).status).toBe(412);
  await product.apiOk('DELETE', '/pools/shop/backends/b/drain');
});

test.each(['/config', '/pools', '/pools/shop', '/pools/shop/backends', '/pools/shop/backends/a', '/routes'])(
  'GET %s answers 304 to its own ETag, and the whole to any other',
  async (path) => {
    const first = await product.api('GET', path);
    const etag = first.headers.get('etag')!;
    expect(etag).toBe(`"${first.body.revision}"`);
    for (const tags of [etag, `W/${etag}`, `"0", ${etag}`, '*']) {
      const same = await product.api('GET', path, undefined, { 'if-none-match': tags });
      expect([tags, same.status, same.body]).toEqual([tags, 304, null]);
      expect(same.headers.get('etag')).toBe(etag);
      expect(same.headers.get('cache-control')).toBe('no-store');
      expect(same.headers.get('content-type')).toBeNull();
    }
    for (const tags of ['"0"', 'no tag']) {
      const whole = await product.api('GET', path, undefined, { 'if-none-match': tags });
      expect([tags, whole.status, whole.body]).toEqual([tags, 200, first.body]);
    }
  },
);

test('an ETag that is known does not hide a 404, and a new revision is sent whole', async () => {
  const known = { 'if-none-match': `"${await revision()}"` };
  expect((await product.api('GET', '/pools/none', undefined, known)).status).toBe(404);
  await product.apiOk('PATCH', '/pools/shop/backends/a', { weight: 7 });
  const whole = await product.api('GET', '/config', undefined, known);
  expect([whole.status, whole.body.config.pools[0].backends[0].weight]).toEqual([200, 7]);
});

test('an answer that traffic changes is never a 304', async () => {
  for (const path of ['/status', '/pools/shop/status', '/requests', '/series']) {
    const whole = await product.api('GET', path, undefined, { 'if-none-match': `"${await revision()}"` });
    expect([path, whole.status]).toEqual([path, 200]);
  }
});
