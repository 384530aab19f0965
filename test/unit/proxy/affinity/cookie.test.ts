/** The affinity cookie: what counts as genuine, how long, and that its secret can be rotated. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { routeSchema } from '../../../../worker/config/schema.ts';
import { withoutCookies } from '../../../../worker/lib/cookies.ts';
import {
  affinityCookiesOf,
  isHalfSpent,
  issuePin,
  otherPins,
  PINS_KEPT,
  PINS_TRIED,
  readPin,
  SECRETS_KEPT,
  VERIFIED_KEPT,
} from '../../../../worker/proxy/affinity/cookie.ts';

const COOKIE = { name: 'X-Backend-Id', ttlSeconds: 1_000, sameSite: 'Lax' } as const;
const BACKENDS = [{ id: 'a' }, { id: 'b' }];
const T0 = 1_800_000_000_000;
const scopeOf = (pool: string, secrets: string, backends = BACKENDS) => ({
  pool,
  backends,
  cookie: COOKIE,
  secrets,
});

/** Each test has a pool of its own: what one has verified, an isolate remembers. */
async function issued(pool: string, secret: string, at = T0): Promise<string> {
  const header = await issuePin(scopeOf(pool, secret), 'b', at, { isSecure: true });
  return header.split(';')[0]!;
}
const read = (pool: string, cookies: string | null, secret: string, now = T0) =>
  readPin(cookies, scopeOf(pool, secret), now);

test('a cookie gives back its backend and its time of issue, among cookies of others', async () => {
  const cookie = await issued('plain', 'one');
  const pin = { pool: 'plain', backend: 'b', issuedAt: T0 / 1_000 };
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
  expect(await readPin(cookie, scopeOf('mine', 'one', [{ id: 'a' }]), T0)).toBeNull();
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

test('it is renewed past half of its life, not before', () => {
  const pin = { pool: 'p', backend: 'b', issuedAt: T0 / 1_000 };
  expect(isHalfSpent(pin, COOKIE, T0 + 500_000)).toBe(false);
  expect(isHalfSpent(pin, COOKIE, T0 + 501_000)).toBe(true);
});

test('Secure goes with https only', async () => {
  expect(await issuePin(scopeOf('p', 'one'), 'a', T0, { isSecure: true })).toMatch(/; Secure$/);
  expect(await issuePin(scopeOf('p', 'one'), 'a', T0, { isSecure: false })).not.toMatch(/Secure/);
});

const bareValue = (cookie: string): string => cookie.slice(cookie.indexOf('=') + 1);
const pinOf = async (pool: string, at = T0): Promise<string> => bareValue(await issued(pool, 'one', at));

test('of several values and several pins, the first genuine one of the pool counts', async () => {
  const [mine, older, yours] = [await pinOf('many'), await pinOf('many', T0 - 9_000), await pinOf('other')];
  const forged = `${mine.slice(0, -3)}AAA`;
  const expired = await pinOf('many', T0 - 1_000_000);
  const name = COOKIE.name;
  for (const cookies of [
    `${name}=; ${name}=${mine}`,
    `${name}=old.old.old; ${name}=${mine}`,
    `${name}=${forged};${name}=${mine}`,
    `${name}=${expired}; a=1; ${name}=${mine}`,
    `${name}=${yours}; ${name}=${mine}; ${name}=${older}`,
    `${name}=${yours}~${mine}`,
    `a=1; ${name}=~~${mine}~${yours}`,
    `theme=dark, ${name}=${mine}, sid=1, 2`,
    `${name}=${yours}~${mine}, theme=dark`,
  ])
    expect(await read('many', cookies, 'one'), cookies).toMatchObject({ issuedAt: T0 / 1_000 });
  for (const cookies of [`not-${name}=${mine}`, `${name}=${yours}`, `${name}2=${mine}`, `${name}=x${mine}`])
    expect(await read('many', cookies, 'one'), cookies).toBeNull();
});

test('a genuine pin of a backend that is gone does not hide the one behind it', async () => {
  const gone = bareValue(
    (await issuePin(scopeOf('gone', 'one'), 'z', T0, { isSecure: true })).split(';')[0]!,
  );
  const cookies = `${COOKIE.name}=${gone}; ${COOKIE.name}=${await pinOf('gone')}`;
  expect(await readPin(cookies, scopeOf('gone', 'one', [{ id: 'z' }]), T0)).toMatchObject({ backend: 'z' });
  expect(await read('gone', cookies, 'one')).toMatchObject({ backend: 'b' });
});

test(`however many forged pins a request brings, ${PINS_TRIED} cost HMACs`, async () => {
  const verify = vi.spyOn(crypto.subtle, 'verify');
  onTestFinished(() => verify.mockRestore());
  const pin = await pinOf('flood');
  const forged = Array.from({ length: 200 }, (_, i) => `${pin.slice(0, -3)}${String(i).padStart(3, '0')}`);
  expect(await read('flood', `${COOKIE.name}=${forged.join('~')}~${pin}`, 'one')).toBeNull();
  expect(verify).toHaveBeenCalledTimes(PINS_TRIED);
});

test(`a cookie holds the pins of ${PINS_KEPT} pools: its own first, and none that is expired or was no pin`, async () => {
  const pools = Array.from({ length: PINS_KEPT + 2 }, (_, i) => `pool-${i}`);
  let cookies = `${COOKIE.name}=nonsense~${await pinOf('expired', T0 - 1_000_000)}`;
  for (const pool of [...pools, ...pools.slice(-3)]) {
    const others = otherPins(cookies, scopeOf(pool, 'one'), COOKIE.ttlSeconds, T0);
    const header = await issuePin(scopeOf(pool, 'one'), 'b', T0, { isSecure: false, others });
    cookies = header.split(';')[0]!;
    expect(bareValue(cookies)).toMatch(/^[!#-+./0-9:<-[\]-~-]+$/);
  }
  const kept = await Promise.all(pools.map((pool) => read(pool, cookies, 'one')));
  expect(kept.map((pin) => pin !== null)).toEqual([false, false, ...Array(PINS_KEPT).fill(true)]);
  expect(bareValue(cookies).split('~')).toHaveLength(PINS_KEPT);
  expect(bareValue(cookies).split('~')[0]).toBe(await pinOf(pools.at(-1)!));
});

const lives = (...names: string[]) => new Map(names.map((name) => [name, 60]));

test.each<[string, string | null]>([
  ['a=1; b=2', 'a=1; b=2'],
  ['', ''],
  ['P=x', null],
  ['P=x; Q=y', null],
  ['P=x; a=1', 'a=1'],
  ['a=1; P=x', 'a=1'],
  ['a=1; P=x; b=2', 'a=1; b=2'],
  ['a=1;P=x;b=2;c=3', 'a=1; b=2;c=3'],
  ['P=1; a=1; Q=2; P=3; b="x, y"; c', 'a=1; b="x, y"; c'],
  ['p=1; PP=2; aP=3', 'p=1; PP=2; aP=3'],
  ['a=P=x', 'a=P=x'],
  // Several lines, as the platform puts them together.
  ['theme=dark, P=x, sid=1, 2', 'theme=dark; sid=1, 2'],
  ['P=x, theme=dark', 'theme=dark'],
  ['theme=dark, P=x', 'theme=dark'],
  ['theme=dark, sid=1, P=x', 'theme=dark; sid=1'],
  ['theme=dark, P=x; sid=1', 'theme=dark; sid=1'],
  ['theme=dark; P=x, sid=1', 'theme=dark; sid=1'],
  ['P=x, Q=y', null],
  // A comma may as well be a value's.
  ['a=1, b=2', 'a=1, b=2'],
  ['a=1, b=2; P=x', 'a=1, b=2'],
  ['a={"x":1, "y":2}; P=x; b=Wed, 09 Jun', 'a={"x":1, "y":2}; b=Wed, 09 Jun'],
])('without P and Q, %s is %s', (cookies, expected) => {
  expect(withoutCookies(cookies, lives('P', 'Q'))).toBe(expected);
});

test('a configuration’s cookies are those of all routes that set one, each with its longest life', () => {
  const route = (id: string, affinity: string, name: string, ttlSeconds: number) =>
    routeSchema.parse({ id, host: 'h.test', pool: 'p', affinity, affinityCookie: { name, ttlSeconds } });
  expect(affinityCookiesOf([route('a', 'none', 'A', 60), route('b', 'ip', 'B', 60)])).toBeNull();
  const cookies = affinityCookiesOf([
    route('a', 'cookie', 'A', 60),
    route('b', 'cookie-then-ip', 'A', 90),
    route('c', 'cookie', 'C', 70),
    route('d', 'none', 'D', 80),
  ]);
  expect([...cookies!]).toEqual([
    ['A', 90],
    ['C', 70],
  ]);
});

describe('limits', () => {
  const COOKIE = { name: 'X-Backend-Id', ttlSeconds: 100_000, sameSite: 'Lax' } as const;
  const T0 = 1_800_000_000_000;
  const times = <T>(count: number, make: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i));
  const scopeOf = (pool: string, secrets: string) => ({
    pool,
    backends: [{ id: 'b' }],
    cookie: COOKIE,
    secrets,
  });

  async function issued(pool: string, secret: string, secondsAgo = 0): Promise<string> {
    const header = await issuePin(scopeOf(pool, secret), 'b', T0 - secondsAgo * 1_000, { isSecure: true });
    return header.split(';')[0]!;
  }
  const read = (pool: string, cookie: string, secret: string) => readPin(cookie, scopeOf(pool, secret), T0);

  test(`${VERIFIED_KEPT} genuine cookies cost one HMAC each; past that the oldest costs it again, and still counts`, async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify');
    onTestFinished(() => verify.mockRestore());
    const cookies = await Promise.all(times(VERIFIED_KEPT + 1, (i) => issued('kept', 'one', i)));
    const oldest = cookies[0]!;
    for (const cookie of cookies.slice(0, VERIFIED_KEPT)) await read('kept', cookie, 'one');
    for (const cookie of [oldest, cookies[VERIFIED_KEPT - 1]!]) await read('kept', cookie, 'one');
    expect(verify).toHaveBeenCalledTimes(VERIFIED_KEPT);
    await read('kept', cookies[VERIFIED_KEPT]!, 'one');
    expect((await read('kept', oldest, 'one'))?.backend).toBe('b');
    expect(verify).toHaveBeenCalledTimes(VERIFIED_KEPT + 2);
  });

  test(`the first ${SECRETS_KEPT} secrets verify; a further one does not, and a forged cookie costs no more`, async () => {
    const secrets = times(SECRETS_KEPT + 1, (i) => `secret-${i}`);
    const setting = secrets.join();
    const [last, further] = [secrets.at(-2)!, secrets.at(-1)!];
    expect((await read('secrets', await issued('secrets', last), setting))?.backend).toBe('b');
    const verify = vi.spyOn(crypto.subtle, 'verify');
    onTestFinished(() => verify.mockRestore());
    expect(await read('secrets', await issued('secrets', further, 1), setting)).toBeNull();
    expect(verify).toHaveBeenCalledTimes(SECRETS_KEPT);
  });

  test(`the keys of ${SECRETS_KEPT} secrets are kept; past that the oldest is made again`, async () => {
    const make = vi.spyOn(crypto.subtle, 'importKey');
    onTestFinished(() => make.mockRestore());
    const secrets = times(SECRETS_KEPT, (i) => `key-${i}`);
    for (const secret of [...secrets, ...secrets]) await issued('keys', secret);
    expect(make).toHaveBeenCalledTimes(SECRETS_KEPT);
    for (const secret of ['key-more', 'key-more', 'key-0']) await issued('keys', secret);
    expect(make).toHaveBeenCalledTimes(SECRETS_KEPT + 2);
  });
});
