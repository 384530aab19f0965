/** Signing in and out: attempts are limited, a session ends at sign-out, and what was begun with it ends too. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginSession, SESSION_SECONDS, writeSession } from '../../../worker/api/auth/session-cookie.ts';
import { ATTEMPTS } from '../../../worker/objects/directory/sign-in-store.ts';
import { eventually, from, type Product, startProduct, TOKEN } from '../../support/product/product.ts';
import { refusal, watch } from '../../support/product/watcher.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const signIn = (body: object, ip = '192.0.2.1') =>
  fetch(`${product.url}/api/session`, {
    method: 'POST',
    headers: from({ ip }),
    body: JSON.stringify(body),
  });
const cookieOf = (response: Response): string => response.headers.get('set-cookie')!.split(';')[0]!;
const newSession = async (): Promise<string> => cookieOf(await signIn({ token: TOKEN }));
const statusWith = async (cookie: string): Promise<number> =>
  (await fetch(`${product.url}/api/config`, { headers: { cookie } })).status;
/** The closing frame has come; the connection itself takes its time. */
const isClosing = (readyState: number) => readyState >= 2;
const signOut = (cookie: string, query = '', headers = {}) =>
  fetch(`${product.url}/api/session${query}`, { method: 'DELETE', headers: { cookie, ...headers } });

test('the cookie is for the dashboard alone: no script reads it, no other site sends it', async () => {
  const [cookie = ''] = (await signIn({ token: TOKEN })).headers.getSetCookie();
  expect(cookie).toMatch(/; HttpOnly/);
  expect(cookie).toMatch(/; SameSite=Strict/);
  expect(cookie).toMatch(/; Path=\//);
  expect(cookie).not.toMatch(/; Secure/);
  expect(cookie).not.toMatch(/; Domain/);
  const https = await fetch(`${product.url}/api/session`, {
    method: 'POST',
    headers: from({ ip: '192.0.2.1', scheme: 'https' }),
    body: JSON.stringify({ token: TOKEN }),
  });
  expect(https.headers.get('set-cookie')).toMatch(/; Secure/);
});

test('after ten wrong attempts an address waits, even with the right token; others do not', async () => {
  for (let i = 0; i < ATTEMPTS; i++)
    expect((await signIn({ token: `wrong-${i}-wrong-wrong` }, '192.0.2.66')).status).toBe(401);
  for (const body of [{ token: 'wrong-wrong-wrong' }, { token: TOKEN }, { code: 'x' }]) {
    const refused = await signIn(body, '192.0.2.66');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
  }
  expect((await signIn({ token: TOKEN }, '192.0.2.67')).status).toBe(200);
});

test('the count survives the object, and one IPv6 /64 is one address', async () => {
  for (let i = 0; i < ATTEMPTS; i++)
    expect((await signIn({ code: `wrong-${i}` }, `2001:db8:0:1::${i + 1}`)).status).toBe(401);
  await product.evict('Directory', 'directory');
  expect((await signIn({ token: TOKEN }, '2001:db8:0:1:ffff::1')).status).toBe(429);
  expect((await signIn({ token: TOKEN }, '2001:db8:0:2::1')).status).toBe(200);
});

test('attempts at once are all counted', async () => {
  const statuses = await Promise.all(
    Array.from(
      { length: 40 },
      async () => (await signIn({ token: 'wrong-wrong-wrong' }, '192.0.2.68')).status,
    ),
  );
  expect(statuses.filter((status) => status === 401)).toHaveLength(ATTEMPTS);
  expect(statuses.filter((status) => status === 429)).toHaveLength(40 - ATTEMPTS);
});

test('a guesser at the same address does not keep a bearer of the token out', async () => {
  for (let i = 0; i <= ATTEMPTS; i++) await signIn({ token: 'wrong-wrong-wrong' }, '192.0.2.69');
  const headers = { authorization: `Bearer ${TOKEN}`, ...from({ ip: '192.0.2.69' }) };
  expect((await fetch(`${product.url}/api/config`, { headers })).status).toBe(200);
});

test('right sign-ins are not limited', async () => {
  for (let i = 0; i < 3 * ATTEMPTS; i++)
    expect((await signIn({ token: TOKEN }, '192.0.2.70')).status).toBe(200);
});

test('a session ends when its time is over, to the millisecond that it bears', async () => {
  const length = SESSION_SECONDS * 1_000;
  const made = (before: number) => writeSession(TOKEN, beginSession(1, Date.now() - before));
  expect(await statusWith(`evenkeel_session=${await made(length - 60_000)}`)).toBe(200);
  expect(await statusWith(`evenkeel_session=${await made(length + 1)}`)).toBe(401);
});

test('signing out ends the session itself, so that a stolen cookie is worth nothing after it', async () => {
  const [mine, other] = [await newSession(), await newSession()];
  expect((await signOut(mine)).status).toBe(204);
  expect([await statusWith(mine), await statusWith(other)]).toEqual([401, 200]);
  await product.restart();
  expect([await statusWith(mine), await statusWith(other)]).toEqual([401, 200]);
});

test('signing out everywhere ends every session, and the next sign-in counts again', async () => {
  const sessions = [await newSession(), await newSession(), await newSession()];
  expect((await signOut(sessions[0]!, '?everywhere=true')).status).toBe(204);
  expect(await Promise.all(sessions.map(statusWith))).toEqual([401, 401, 401]);
  expect(await statusWith(await newSession())).toBe(200);
});

test('another site cannot sign a user out, and an ended session signs no other one out', async () => {
  const [mine, ended] = [await newSession(), await newSession()];
  expect((await signOut(mine, '?everywhere=true', { origin: 'https://evil.test' })).status).toBe(403);
  expect((await signOut(mine, '', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  await signOut(ended);
  await signOut(ended, '?everywhere=true');
  await signOut('evenkeel_session=forged', '?everywhere=true');
  expect(await statusWith(mine)).toBe(200);
});

test('a live view that a session opened is closed when the session is signed out; others stay', async () => {
  const [mine, other] = [await newSession(), await newSession()];
  const origin = product.url;
  const [gone, kept, byToken] = [
    await watch(product, { cookie: mine, origin }),
    await watch(product, { cookie: other, origin }),
    await watch(product),
  ];
  await signOut(mine);
  await eventually(() => gone.socket.readyState, isClosing);
  expect([kept.socket.readyState, byToken.socket.readyState]).toEqual([1, 1]);
  expect(await refusal(product, { cookie: mine, origin })).toBe(401);
  await signOut(other, '?everywhere=true');
  await eventually(() => kept.socket.readyState, isClosing);
  expect(byToken.socket.readyState).toBe(1);
});

test('a live view is closed when the session that opened it reaches its end', async () => {
  const cookie = `evenkeel_session=${await writeSession(TOKEN, beginSession(await generation(), Date.now() - SESSION_SECONDS * 1_000 + 4_000))}`;
  const watcher = await watch(product, {
    cookie,
    origin: product.url,
    'x-evenkeel-until': String(Date.now() + 60_000),
    'x-evenkeel-by': 'another-user',
  });
  // Only what is sent meets the end; a change is sent within a second.
  const meet = async () => {
    await product.apiOk('PUT', '/pools/shop', { backends: [{ id: 'a', url: 'http://127.0.0.1:9' }] });
    return watcher.socket.readyState;
  };
  await eventually(meet, isClosing, 10_000, 300);
});

/** The generation that sessions belong to now, read from a cookie. */
async function generation(): Promise<number> {
  return Number.parseInt((await newSession()).split('.')[1]!, 36);
}
