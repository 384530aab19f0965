/** Cloudflare Access as a second way in: users it vouches for are let in by name, and no others. */
import { expect, onTestFinished, test } from 'vitest';
import { type Product, startProduct, TOKEN } from '../../support/product/product.ts';
import { refusal, watch } from '../../support/product/watcher.ts';

const AUD = 'a'.repeat(64);
const EMAIL = 'ada@example.com';
const pool = { backends: [{ id: 'a', url: 'http://127.0.0.1:9' }] };

async function serve(identity: Record<string, unknown> | undefined, expected = AUD): Promise<Product> {
  const access = { aud: AUD, ...(identity ? { identity } : {}) };
  const product = await startProduct({ access, vars: { ACCESS_AUD: expected } });
  onTestFinished(() => product.stop());
  return product;
}

/** A call as the browser makes it: no token; Access adds what it adds. */
const call = (product: Product, method: string, path: string, headers = {}, body?: object) =>
  fetch(`${product.url}/api${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });

test('users that Access lets through may read and change, and the history has their names', async () => {
  const product = await serve({ email: EMAIL });
  const session = await call(product, 'GET', '/session');
  expect([session.status, await session.json()]).toEqual([200, { session: { who: EMAIL } }]);
  const changed = await call(product, 'PUT', '/pools/shop', { origin: product.url }, pool);
  expect(changed.status).toBe(201);
  const { events } = await product.apiOk('GET', '/events?limit=1');
  expect(events[0]).toMatchObject({ kind: 'config', who: EMAIL });
  const watcher = await watch(product, { origin: product.url });
  await watcher.close();
});

test('a change in their name needs the Origin of the dashboard, because browsers attach the cookie of Access', async () => {
  const product = await serve({ email: EMAIL });
  expect((await call(product, 'PUT', '/pools/shop', {}, pool)).status).toBe(403);
  expect((await call(product, 'PUT', '/pools/shop', { origin: 'https://evil.test' }, pool)).status).toBe(403);
  const crossSite = { origin: product.url, 'sec-fetch-site': 'cross-site' };
  expect((await call(product, 'DELETE', '/pools/shop', crossSite)).status).toBe(403);
  expect(await refusal(product, {})).toBe(403);
  expect(await refusal(product, { origin: 'https://evil.test' })).toBe(403);
  const { revision } = await product.apiOk('GET', '/config');
  expect(revision).toBe(0);
});

test('the token as a bearer counts as before, right or wrong', async () => {
  const product = await serve({ email: EMAIL });
  expect(await product.apiOk('GET', '/session')).toEqual({ session: { who: 'token' } });
  expect((await call(product, 'GET', '/session', { authorization: 'Bearer wrong-wrong-wrong' })).status).toBe(
    401,
  );
});

test.each<[string, Record<string, unknown> | undefined, string]>([
  ['another application than the one that is set', { email: EMAIL }, 'b'.repeat(64)],
  ['no application set', { email: EMAIL }, ''],
  ['an identity without an address, such as a service token', { common_name: 'robot.access' }, AUD],
  ['an address that is none', { email: 'token' }, AUD],
  ['no identity at all', undefined, AUD],
])('%s lets no request in', async (_, identity, expected) => {
  const product = await serve(identity, expected);
  expect((await call(product, 'GET', '/config')).status).toBe(401);
  expect((await call(product, 'PUT', '/pools/shop', { origin: product.url }, pool)).status).toBe(401);
  expect(await refusal(product, { origin: product.url })).toBe(401);
});

test('headers that a client sends prove no identity', async () => {
  const product = await startProduct({ vars: { ACCESS_AUD: AUD } });
  onTestFinished(() => product.stop());
  const blob = JSON.stringify({ app_aud: AUD, jwt_claims: { email: EMAIL } });
  const headers = {
    'cf-access-authenticated-user-email': EMAIL,
    'cf-access-jwt-assertion': 'e30.e30.e30',
    'mf-access-blob': blob,
    'cf-access-blob': blob,
    cookie: 'CF_Authorization=e30.e30.e30',
  };
  expect((await call(product, 'GET', '/config', headers)).status).toBe(401);
});

test('without the operator’s token Access opens nothing: the deployment was not set up', async () => {
  const product = await startProduct({
    access: { aud: AUD, identity: { email: EMAIL } },
    vars: { ACCESS_AUD: AUD, ADMIN_TOKEN: '' },
  });
  onTestFinished(() => product.stop());
  expect((await call(product, 'GET', '/config')).status).toBe(503);
  expect((await call(product, 'GET', '/config', { authorization: `Bearer ${TOKEN}` })).status).toBe(503);
});
