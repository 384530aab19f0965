/** No way into the API but the token, a session or Cloudflare Access, and no way to make another user's browser go in. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { operations } from '../../../worker/api/index.ts';
import { type Answer, type Product, send, startProduct, TOKEN } from '../../support/product/product.ts';
import { refusal, watch } from '../../support/product/watcher.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
  await product.apiOk('PUT', '/pools/shop', { backends: [{ id: 'a', url: 'http://127.0.0.1:9' }] });
});
afterAll(() => product.stop());

const admin = (method: string, path: string, headers = {}, body = ''): Promise<Answer> => {
  // Node does not frame the body of a GET or DELETE.
  const framed = { ...headers, 'content-length': Buffer.byteLength(body) };
  return send(product.port, `localhost:${product.port}`, path, { method, headers: framed, body });
};
const dashboard = () => `http://localhost:${product.port}`;
const revision = async (): Promise<number> => (await product.apiOk('GET', '/config')).revision;

/** Signs in as the dashboard does. */
async function signIn(): Promise<string> {
  const answer = await admin('POST', '/api/session', { origin: dashboard() }, `{"token":"${TOKEN}"}`);
  return answer.headers['set-cookie']![0]!.split(';')[0]!;
}

const doors = operations.filter(({ isOpen }) => !isOpen);

test('a refused request with a body leaves its connection fit for the next one', async () => {
  const large = JSON.stringify({ padding: 'x'.repeat(1_000_000) });
  for (const [method, path] of [
    ['PUT', '/api/config'],
    ['GET', '/api/session'],
    ['DELETE', '/api/pools/shop'],
    ['POST', '/api/nothing'],
  ] as const)
    for (const body of ['{}', large])
      for (let i = 0; i < 2; i++) expect((await admin(method, path, {}, body)).status).toBe(401);
});

test('every operation is either named as open or requires sign-in', () => {
  const open = operations.filter(({ isOpen }) => isOpen);
  expect(open.map(({ address }) => address.toLowerCase()).sort()).toEqual([
    'delete /session',
    'get /health',
    'get /schema.json',
    'post /session',
  ]);
});

test.each<[string, Record<string, string>]>([
  ['nothing', {}],
  ['a wrong token', { authorization: 'Bearer wrong-wrong-wrong-wrong' }],
  ['the token but for its last character', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
  ['the token and one character more', { authorization: `Bearer ${TOKEN}x` }],
  ['an empty token', { authorization: 'Bearer ' }],
  ['the token as a password', { authorization: `Basic ${Buffer.from(`admin:${TOKEN}`).toString('base64')}` }],
  ['the token without a scheme', { authorization: TOKEN }],
  ['the token in another header', { 'x-admin-token': TOKEN, 'x-api-key': TOKEN }],
  ['the token as the session', { cookie: `evenkeel_session=${TOKEN}` }],
  ['a forged session', { cookie: `evenkeel_session=zzzzzzzz.1.${'0'.repeat(32)}.${'0'.repeat(64)}` }],
])('%s opens no operation', async (_, headers) => {
  for (const { method, path } of doors) {
    const at = `/api${path.replaceAll(/:\w+/g, 'shop')}?token=${encodeURIComponent(TOKEN)}`;
    const answer = await admin(method, at, { origin: dashboard(), ...headers }, '{}');
    expect([method, path, answer.status]).toEqual([method, path, 401]);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
  }
});

test.each([
  '/API/config',
  '/api//config',
  '/%61pi/config',
  '/api/config/',
  '/api/../api/config',
  '/api%2fconfig',
  '/x/../api/config',
])('%s is no side door', async (path) => {
  const answer = await admin('GET', path);
  expect(answer.text).not.toContain('"pools"');
  expect([200, 307, 401, 404]).toContain(answer.status);
  if (answer.status === 200) expect(answer.headers['content-type']).toMatch(/^text\/html/);
});

test.each<[string, Record<string, string>]>([
  ['a form of another site', { origin: 'https://evil.test', 'content-type': 'text/plain' }],
  ['a form of a sandboxed frame', { origin: 'null' }],
  ['a script of the same host on another port', { origin: 'http://localhost:1' }],
  ['a script on plain http for https', { origin: 'https://localhost' }],
  ['a sibling host', { origin: 'http://evil.localhost', 'sec-fetch-site': 'same-site' }],
  ['a host that begins like ours', { origin: 'http://localhost.evil.test' }],
  ['a browser that sends no Origin', {}],
])('%s changes nothing with the operator’s cookie', async (_, headers) => {
  const cookie = await signIn();
  const before = await revision();
  for (const { method, path } of doors.filter((one) => one.method !== 'GET')) {
    const at = `/api${path.replaceAll(/:\w+/g, 'shop')}`;
    const answer = await admin(method, at, { cookie, ...headers }, '{}');
    expect([method, path, answer.status]).toEqual([method, path, 403]);
  }
  expect(await revision()).toBe(before);
});

test('the browser’s word that another site has sent it counts, whatever the Origin says', async () => {
  const cookie = await signIn();
  const headers = { cookie, origin: dashboard(), 'sec-fetch-site': 'cross-site' };
  expect((await admin('DELETE', '/api/pools/shop', headers)).status).toBe(403);
  const ours = { cookie, origin: dashboard(), 'sec-fetch-site': 'same-origin' };
  expect((await admin('PATCH', '/api/pools/shop/backends/a', ours, '{"weight":2}')).status).toBe(200);
});

test('another site cannot sign a browser in, nor read an answer', async () => {
  const headers = { origin: 'https://evil.test' };
  expect((await admin('POST', '/api/session', headers, `{"token":"${TOKEN}"}`)).status).toBe(403);
  for (const method of ['GET', 'OPTIONS']) {
    const preflight = {
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization',
    };
    const answer = await admin(method, '/api/config', {
      ...headers,
      ...preflight,
      authorization: `Bearer ${TOKEN}`,
    });
    const allowed = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'));
    expect(allowed).toEqual([]);
    expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
  }
});

test('a WebSocket of another site is refused, with the cookie or without', async () => {
  const cookie = await signIn();
  const host = `localhost:${product.port}`;
  expect(await refusal(product, { host, cookie, origin: 'https://evil.test' })).toBe(403);
  expect(await refusal(product, { host, cookie, origin: 'null' })).toBe(403);
  expect(await refusal(product, { host, cookie })).toBe(403);
  expect(await refusal(product, { host, origin: dashboard() })).toBe(401);
  await (await watch(product, { host, cookie, origin: dashboard() })).close();
});

test('when the token is changed, its sessions and one-time links are over', async () => {
  const cookie = await signIn();
  const { code } = await product.apiOk('POST', '/session/link');
  expect((await admin('GET', '/api/config', { cookie })).status).toBe(200);
  await product.restart({ vars: { ADMIN_TOKEN: crypto.randomUUID() } });
  expect((await admin('GET', '/api/config', { cookie })).status).toBe(401);
  expect((await admin('GET', '/api/config', { authorization: `Bearer ${TOKEN}` })).status).toBe(401);
  expect((await admin('POST', '/api/session', {}, JSON.stringify({ code }))).status).toBe(401);
  await product.restart();
});

test.each(['', 'short', '123456789012345'])(
  'with "%s" as the token the admin host answers 503 to all',
  async (token) => {
    await product.restart({ vars: { ADMIN_TOKEN: token } });
    for (const path of ['/', '/index.html', '/api/config', '/api/health', '/api/session']) {
      const answer = await admin('GET', path, { authorization: `Bearer ${token}` });
      expect([path, answer.status]).toEqual([path, 503]);
      expect(answer.text).toContain('ADMIN_TOKEN');
    }
    await product.restart();
  },
);
