/** Operators who only look: by token, by session and by Access they see everything and change nothing. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { operations } from '../../../worker/api/index.ts';
import { type Answer, type Product, send, startProduct, TOKEN } from '../../support/product/product.ts';
import { watch } from '../../support/product/watcher.ts';

const VIEWER = crypto.randomUUID();

let product: Product;
beforeAll(async () => {
  product = await startProduct({ vars: { VIEWER_TOKEN: VIEWER } });
  await product.apiOk('PUT', '/pools/shop', { backends: [{ id: 'a', url: 'http://127.0.0.1:9' }] });
  await product.apiOk('PUT', '/routes/shop', { host: 'shop.test', pool: 'shop' });
});
afterAll(() => product.stop());

const admin = (method: string, path: string, headers = {}, body = ''): Promise<Answer> =>
  send(product.port, `localhost:${product.port}`, path, {
    method,
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    body,
  });
const origin = () => `http://localhost:${product.port}`;
const bearer = { authorization: `Bearer ${VIEWER}` };
const cookieOf = (answer: Answer): string => answer.headers['set-cookie']![0]!.split(';')[0]!;

async function signIn(token: string): Promise<Record<string, string>> {
  const answer = await admin('POST', '/api/session', { origin: origin() }, JSON.stringify({ token }));
  expect(answer.status).toBe(200);
  return { cookie: cookieOf(answer), origin: origin() };
}

/** The operations that are no GET and yet change nothing: what a new one does is refused until it is listed here. */
const HARMLESS = new Set(['POST /explain', 'PUT /session', 'POST /session', 'DELETE /session']);

test('every changing operation answers 403 to a viewer, by token and by session, and says why', async () => {
  const before = await product.apiOk('GET', '/config');
  const ways = [bearer, await signIn(VIEWER)];
  const changing = operations.filter(({ address, method }) => method !== 'GET' && !HARMLESS.has(address));
  expect(changing.length).toBeGreaterThan(8);
  for (const headers of ways)
    for (const { method, path } of changing) {
      const at = `/api${path.replaceAll(/:\w+/g, 'shop')}`;
      const answer = await admin(method, at, headers, '{}');
      expect([method, path, answer.status]).toEqual([method, path, 403]);
      expect(JSON.parse(answer.text).detail).toContain('to look, not to change');
    }
  expect(await product.apiOk('GET', '/config')).toEqual(before);
});

test('a viewer sees what an operator sees, live too', async () => {
  const session = await signIn(VIEWER);
  for (const path of ['/api/config', '/api/status', '/api/pools/shop/status', '/api/events', '/api/metrics'])
    for (const headers of [bearer, session]) expect((await admin('GET', path, headers)).status).toBe(200);
  const who = await admin('GET', '/api/session', session);
  expect(JSON.parse(who.text)).toEqual({ session: { who: 'viewer', viewer: true } });
  await (await watch(product, { ...session, host: `localhost:${product.port}` })).close();
});

test('a viewer may explain a request and try a change out', async () => {
  const explained = await admin('POST', '/api/explain', bearer, '{"url":"http://shop.test/"}');
  expect(explained.status).toBe(200);
  const dry = await admin('PUT', '/api/config?dryRun=true', bearer, '{"pools":[],"routes":[]}');
  expect(JSON.parse(dry.text).changes.length).toBeGreaterThan(0);
  expect((await admin('PUT', '/api/config?dryRun=false', bearer, '{}')).status).toBe(403);
  expect((await admin('DELETE', '/api/pools/shop?dryRun=true', bearer)).status).toBe(403);
});

test('a viewer ends no session but their own', async () => {
  const operator = await signIn(TOKEN);
  const viewer = await signIn(VIEWER);
  expect((await admin('DELETE', '/api/session?everywhere=true', viewer)).status).toBe(403);
  expect((await admin('GET', '/api/config', operator)).status).toBe(200);
  expect((await admin('DELETE', '/api/session', viewer)).status).toBe(204);
  expect((await admin('GET', '/api/config', viewer)).status).toBe(401);
});

test('the name of a session is the actor of its changes, and does not outlive the session', async () => {
  const operator = await signIn(TOKEN);
  const named = await admin('PUT', '/api/session', operator, '{"name":" Ada Lovelace ☼ "}');
  expect(JSON.parse(named.text)).toEqual({ session: { who: 'Ada Lovelace ☼' } });
  const ada = { ...operator, cookie: cookieOf(named) };
  expect((await admin('PATCH', '/api/pools/shop/backends/a', ada, '{"weight":2}')).status).toBe(200);
  const { events } = await product.apiOk('GET', '/events?limit=1');
  expect(events[0]).toMatchObject({ kind: 'config', who: 'Ada Lovelace ☼' });
  expect((await admin('DELETE', '/api/session', operator)).status).toBe(204);
  expect((await admin('GET', '/api/config', ada)).status).toBe(401);
});

test.each(['', 'rollout', 'Token', 'ada@example.com', 'a\nb', 'x'.repeat(65)])(
  'a session cannot be named %j',
  async (name) => {
    const operator = await signIn(TOKEN);
    const answer = await admin('PUT', '/api/session', operator, JSON.stringify({ name }));
    expect([answer.status, JSON.parse(answer.text).errors[0].path]).toEqual([400, 'name']);
  },
);

test('a token is no session that could be named', async () => {
  expect((await admin('PUT', '/api/session', bearer, '{"name":"Ada"}')).status).toBe(409);
});

test('a viewers’ token that is too short or the operator’s own opens nothing more', async () => {
  await product.restart({ vars: { VIEWER_TOKEN: 'short' } });
  expect((await admin('GET', '/api/config', { authorization: 'Bearer short' })).status).toBe(401);
  await product.restart({ vars: { VIEWER_TOKEN: '' } });
  expect((await admin('GET', '/api/config', { authorization: 'Bearer ' })).status).toBe(401);
});

test('identities of the viewers’ Access application may look, by name', async () => {
  const aud = 'v'.repeat(64);
  const access = { aud, identity: { email: 'eve@example.com' } };
  const other = await startProduct({ access, vars: { ACCESS_AUD: 'a'.repeat(64), ACCESS_VIEWER_AUD: aud } });
  onTestFinished(() => other.stop());
  const who = await fetch(`${other.url}/api/session`);
  expect(await who.json()).toEqual({ session: { who: 'eve@example.com', viewer: true } });
  const headers = { origin: other.url };
  expect((await fetch(`${other.url}/api/pools/x`, { method: 'DELETE', headers })).status).toBe(403);
});
