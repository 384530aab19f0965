/** The affinity cookie: what counts as genuine, how long, and that its secret can be rotated. */
import { expect, test } from 'vitest';
import { isHalfSpent, issuePin, readPin } from '../../worker/proxy/affinity.ts';

const COOKIE = { name: 'X-Backend-Id', ttlSeconds: 1_000, sameSite: 'Lax' } as const;
const BACKENDS = [{ id: 'a' }, { id: 'b' }];
const T0 = 1_800_000_000_000;

/** Each test has a pool of its own: what one has verified, an isolate remembers. */
async function issued(pool: string, secret: string, at = T0): Promise<string> {
  const header = await issuePin(COOKIE, pool, 'b', secret, true, at);
  return header.split(';')[0]!;
}
const read = (pool: string, cookies: string | null, secret: string, now = T0) =>
  readPin(cookies, COOKIE, pool, BACKENDS, secret, now);

test('a cookie gives back its backend and its time of issue, among cookies of others', async () => {
  const cookie = await issued('plain', 'one');
  const pin = { backend: 'b', issuedAt: T0 / 1_000 };
  expect(await read('plain', `mine=1; ${cookie}; other=2`, 'one')).toEqual(pin);
  expect(await read('plain', null, 'one')).toBeNull();
});

test('with two secrets the first signs and both verify; a secret that is gone verifies nothing', async () => {
  const old = await issued('rotate', 'old');
  const rotated = await issued('rotate', 'new,old', T0 + 1_000);
  expect(await read('rotate', rotated, 'old')).toBeNull();
  expect(await read('rotate', old, 'new')).toBeNull();
  expect((await read('rotate', old, 'new, old'))?.backend).toBe('b');
  expect((await read('rotate', rotated, 'new'))?.backend).toBe('b');
});

test.each([
  ['one second before its end it counts', 999_000, 'b'],
  ['at its end it does not', 1_000_000, undefined],
  ['issued by a clock half a minute ahead it counts', -30_000, 'b'],
  ['issued in the future it does not', -61_000, undefined],
])('%s', async (name, age, backend) => {
  const cookie = await issued(name, 'one');
  expect((await read(name, cookie, 'one', T0 + age))?.backend).toBe(backend);
});

test('a cookie of another pool, and of a backend that is gone, does not count', async () => {
  const cookie = await issued('mine', 'one');
  expect(await read('yours', cookie, 'one')).toBeNull();
  expect(await readPin(cookie, COOKIE, 'mine', [{ id: 'a' }], 'one', T0)).toBeNull();
});

test('no character of it can be changed', async () => {
  const cookie = await issued('forged', 'one');
  const from = cookie.indexOf('=') + 1;
  for (let i = from; i < cookie.length - 1; i++) {
    const other = cookie[i] === 'x' ? 'y' : 'x';
    const forged = cookie.slice(0, i) + other + cookie.slice(i + 1);
    expect(await read('forged', forged, 'one'), forged).toBeNull();
  }
});

test('it is issued anew past half of its life, not before', () => {
  const pin = { backend: 'b', issuedAt: T0 / 1_000 };
  expect(isHalfSpent(pin, COOKIE, T0 + 500_000)).toBe(false);
  expect(isHalfSpent(pin, COOKIE, T0 + 501_000)).toBe(true);
});

test('Secure goes with https only', async () => {
  expect(await issuePin(COOKIE, 'p', 'a', 'one', true, T0)).toMatch(/; Secure$/);
  expect(await issuePin(COOKIE, 'p', 'a', 'one', false, T0)).not.toMatch(/Secure/);
});
