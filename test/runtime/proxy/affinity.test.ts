/** Sessions that stick: by cookie, by address, and what ends them. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { echo, startOrigin } from '../../support/origins.ts';
import { servePool, startConfigurableBackend, startForTest } from '../../support/product/pools.ts';
import {
  type Answer,
  eventually,
  from,
  many,
  type Product,
  startProduct,
  tally,
} from '../../support/product/product.ts';
import { rawRequest, sendRaw } from '../../support/product/raw.ts';

let product: Product;
let origins: Awaited<ReturnType<typeof startOrigin>>[];
const IDS = ['a', 'b', 'c', 'd'];
const weights: Record<string, number> = { a: 2, b: 1, c: 1, d: 1 };

beforeAll(async () => {
  origins = await Promise.all(IDS.map((id) => startOrigin(echo(id))));
  product = await startProduct();
});
afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

const backends = () => IDS.map((id, i) => ({ id, url: origins[i]!.url, weight: weights[id] }));
const put = (affinity: string, pool: object = {}) =>
  product.apiOk('PUT', '/config', {
    pools: [{ id: 'shop', backends: backends(), ...pool }],
    routes: [{ id: 'shop', host: 'shop.test', pool: 'shop', affinity }],
  });

const cookieOf = (answer: Answer): string | undefined =>
  answer.headers['set-cookie']?.find((cookie) => cookie.startsWith('X-Backend-Id='))?.split(';')[0];
const withCookie = (cookie: string) => product.get('shop.test', '/', { headers: { cookie } });
const fromAddress = (ip: string) => product.get('shop.test', '/', { headers: from({ ip }) });

test('sixty requests with a cookie stay at one backend, and the cookie is set once', async () => {
  await put('cookie');
  const first = await product.get('shop.test', '/');
  const cookie = cookieOf(first)!;
  const rest = await many(60, 4, () => withCookie(`mine=1; ${cookie}; other=2`));
  expect(new Set(rest.map((answer) => answer.backend))).toEqual(new Set([first.backend]));
  expect(rest.filter((answer) => cookieOf(answer))).toEqual([]);
  expect(JSON.parse(rest[0]!.text).headers.cookie).toBe('mine=1; other=2');
});

test('the cookie is HttpOnly, names no backend and stands beside the application’s', async () => {
  await put('cookie');
  const answer = await product.get('shop.test', '/');
  const header = answer.headers['set-cookie']!.find((cookie) => cookie.startsWith('X-Backend-Id='))!;
  expect(header).toMatch(
    /^X-Backend-Id=[0-9a-z]+\.[0-9a-z]+\.[\w-]{43}; Path=\/; Max-Age=82800; HttpOnly; SameSite=Lax$/,
  );
});

test.each([
  ['forged', (value: string) => `${value.slice(0, -2)}AA`],
  ['cut', (value: string) => value.slice(0, 20)],
  ['garbled', () => 'X-Backend-Id=../../etc'],
  ['empty', () => 'X-Backend-Id='],
])('a %s cookie is ignored without error and replaced', async (_, spoil) => {
  await put('cookie');
  const cookie = cookieOf(await product.get('shop.test', '/'))!;
  const answer = await withCookie(spoil(cookie));
  expect(answer.status).toBe(200);
  expect(cookieOf(answer)).toBeDefined();
});

test('a cookie of another pool does not count here', async () => {
  await put('cookie');
  const cookie = cookieOf(await product.get('shop.test', '/'))!;
  await product.apiOk('PUT', '/config', {
    pools: [{ id: 'other', backends: backends() }],
    routes: [{ id: 'other', host: 'other.test', pool: 'other', affinity: 'cookie' }],
  });
  expect(cookieOf(await product.get('other.test', '/', { headers: { cookie } }))).toBeDefined();
});

test('draining keeps its clients, disabled and removed give them to another with a new cookie', async () => {
  await put('cookie');
  const first = await product.get('shop.test', '/');
  const cookie = cookieOf(first)!;
  const path = `/pools/shop/backends/${first.backend}`;
  await product.apiOk('PATCH', path, { state: 'draining' });
  expect((await withCookie(cookie)).backend).toBe(first.backend);
  const fresh = await many(30, 3, () => product.get('shop.test', '/'));
  expect(fresh.filter((answer) => answer.backend === first.backend)).toEqual([]);
  await product.apiOk('PATCH', path, { state: 'disabled' });
  await expect
    .poll(async () => (await withCookie(cookie)).backend, { timeout: 5_000 })
    .not.toBe(first.backend);
  const moved = await withCookie(cookie);
  expect(cookieOf(moved)).toBeDefined();
  expect((await withCookie(cookieOf(moved)!)).backend).toBe(moved.backend);
});

const v4 = (i: number) => `198.51.${i >> 8}.${i & 255}`;
const v6 = (i: number) =>
  `2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::${(i * 7).toString(16)}`;

test.each([
  ['IPv4', v4],
  ['IPv6', v6],
])(
  '4,000 %s clients spread within a tenth of weight, and come back to where they were',
  async (_, address) => {
    await put('ip');
    const answers = await many(4_000, 16, (i) => fromAddress(address(i)));
    const counts = tally(answers.map((answer) => answer.backend!));
    // The same addresses each time: nothing here is left to chance.
    for (const id of IDS) {
      const share = weights[id]! / 5;
      expect(Math.abs(counts[id]! / 4_000 - share), id).toBeLessThan(0.1 * share);
    }
    const again = await many(100, 16, (i) => fromAddress(address(i)));
    expect(again.map((answer) => answer.backend)).toEqual(
      answers.slice(0, 100).map((answer) => answer.backend),
    );
  },
);

test('two addresses of one IPv6 /64 are one client', async () => {
  await put('ip');
  const answers = await many(20, 4, (i) => fromAddress(`2001:db8:1:2:${i.toString(16)}::1`));
  expect(new Set(answers.map((answer) => answer.backend)).size).toBe(1);
});

test('when one of four backends leaves, only its own clients move, and they come back when it returns', async () => {
  await put('ip');
  const where = () =>
    many(300, 16, (i) => fromAddress(v4(i))).then((all) => all.map((answer) => answer.backend));
  const before = await where();
  await product.apiOk('PATCH', '/pools/shop/backends/b', { state: 'disabled' });
  await expect.poll(async () => (await where()).includes('b'), { timeout: 5_000 }).toBe(false);
  const without = await where();
  expect(without.filter((id, i) => id !== before[i] && before[i] !== 'b')).toEqual([]);
  await product.apiOk('PATCH', '/pools/shop/backends/b', { state: 'active' });
  await expect.poll(where, { timeout: 5_000 }).toEqual(before);
});

test('cookie-then-ip: without a cookie the address decides, with one the cookie does', async () => {
  await put('cookie-then-ip');
  const byAddress = await fromAddress('203.0.113.9');
  expect((await fromAddress('203.0.113.9')).backend).toBe(byAddress.backend);
  const cookie = cookieOf(byAddress)!;
  const elsewhere = await many(20, 4, (i) =>
    product.get('shop.test', '/', { headers: { cookie, ...from({ ip: v4(i) }) } }),
  );
  expect(new Set(elsewhere.map((answer) => answer.backend))).toEqual(new Set([byAddress.backend]));
});

test('pinned requests are charged: new clients go to the other backends meanwhile', async () => {
  await product.apiOk('PUT', '/config', {
    pools: [
      { id: 'charged', backends: backends().map((backend) => ({ ...backend, weight: 1 })), maxLease: 1 },
    ],
    routes: [
      { id: 'pinned', host: 'shop.test', path: '/', pool: 'charged', affinity: 'cookie' },
      { id: 'open', host: 'open.test', path: '/', pool: 'charged' },
    ],
  });
  const cookie = cookieOf(await product.get('shop.test', '/'))!;
  const pinned = (await withCookie(cookie)).backend!;
  const open: string[] = [];
  for (let round = 0; round < 12; round++) {
    await many(8, 8, () => withCookie(cookie));
    open.push((await product.get('open.test', '/')).backend!);
  }
  // By its weight it would have had three.
  expect(open.filter((id) => id === pinned).length).toBeLessThanOrEqual(1);
});

test('a WebSocket stays with its client’s backend, and the 101 carries the cookie', async () => {
  await put('cookie');
  const servers = origins.map(({ server }, i) => {
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => socket.send(IDS[i]!));
    return sockets;
  });
  const open = async (cookie?: string) => {
    const headers = { host: 'shop.test', ...(cookie ? { cookie } : {}) };
    const socket = new WebSocket(product.url.replace('http', 'ws'), { headers });
    const [upgrade, message] = await Promise.all([once(socket, 'upgrade'), once(socket, 'message')]);
    socket.terminate();
    return { cookies: upgrade[0].headers['set-cookie'], backend: String(message[0]) };
  };
  const first = await open();
  const cookie = first.cookies[0].split(';')[0];
  expect(cookie).toMatch(/^X-Backend-Id=/);
  for (let i = 0; i < 8; i++) expect(await open(cookie)).toEqual({ backend: first.backend });
  expect((await withCookie(cookie)).backend).toBe(first.backend);
  for (const server of servers) server.close();
});

/** A browser's cookies: by name, the last one set. */
function jar() {
  const cookies = new Map<string, string>();
  return {
    async get(host: string, path: string) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await product.get(host, path, cookie === '' ? {} : { headers: { cookie } });
      for (const set of answer.headers['set-cookie'] ?? []) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
        cookies.set(name!, value!);
      }
      return answer;
    },
  };
}

test.each([
  ['one name', {}],
  ['a name each', { name: 'B' }],
])('two pools of one host with %s: a client sticks in both, and no backend sees a pin', async (_, cookie) => {
  const route = (id: string, host: string, path: string, more: object = {}) => ({
    id,
    host,
    path,
    pool: id,
    ...more,
  });
  await product.apiOk('PUT', '/config', {
    pools: ['web', 'api', 'open'].map((id) => ({ id, backends: backends() })),
    routes: [
      route('web', 'two.test', '/', { affinity: 'cookie' }),
      route('api', 'two.test', '/api', { affinity: 'cookie', affinityCookie: cookie }),
      route('open', 'two.test', '/open'),
    ],
  });
  for (let client = 0; client < 3; client++) {
    const browser = jar();
    const answers: Answer[] = [];
    for (let n = 0; n < 10; n++)
      for (const path of ['/', '/api', '/open']) answers.push(await browser.get('two.test', path));
    const by = (i: number) => answers.filter((_, n) => n % 3 === i);
    for (const pool of [by(0), by(1)]) expect(new Set(pool.map(({ backend }) => backend)).size).toBe(1);
    expect(new Set(by(2).map(({ backend }) => backend)).size).toBe(IDS.length);
    expect(answers.filter(({ headers }) => headers['set-cookie'])).toHaveLength(2);
    for (const { text } of answers) expect(JSON.parse(text).headers).not.toHaveProperty('cookie');
  }
});

test('of several cookies of our name, and of several Cookie lines, the genuine pin counts; the others’ cookies stay', async () => {
  await put('cookie');
  const own = cookieOf(await product.get('shop.test', '/'))!;
  const home = (await withCookie(own)).backend;
  for (const [lines, seen] of [
    [[`X-Backend-Id=old.old.old; ${own}`], undefined],
    [[`X-Backend-Id=; ${own}; a=1`], 'a=1'],
    [['theme=dark', own, 'sid=1, 2'], 'theme=dark; sid=1, 2'],
    [[own, 'theme=dark'], 'theme=dark'],
    [['theme=dark; a=1', `b=2; ${own}`, 'sid=1'], 'theme=dark; a=1; b=2; sid=1'],
  ] as const)
    for (let n = 0; n < IDS.length; n++) {
      const headers = lines.map((line) => `Cookie: ${line}`);
      const { head, body } = await sendRaw(product.port, rawRequest('/', 'shop.test', headers));
      const { name, headers: arrived } = JSON.parse(body);
      expect([lines, name, arrived.cookie]).toEqual([lines, home, seen]);
      expect(head).not.toMatch(/set-cookie/i);
    }
});

test('a client whose backend fails is pinned by the same answer to the backend that gave it, and stays there', async () => {
  const origins = await Promise.all(['a', 'b', 'c'].map(() => startConfigurableBackend()));
  const named = origins.map(({ url }, i) => ({ id: IDS[i]!, url }));
  const pool = await servePool(
    product,
    'fails',
    named,
    { ejection: { failures: 100 } },
    { affinity: 'cookie' },
  );
  const cookie = cookieOf(await pool.get())!;
  const { backend: home } = await pool.get('/', { headers: { cookie } });
  const failing = origins[IDS.indexOf(home!)]!;
  failing.status = 503;
  const moved = await pool.get('/', { headers: { cookie } });
  expect([moved.status, moved.backend === home]).toEqual([200, false]);
  const next = cookieOf(moved)!;
  failing.hits = 0;
  for (let n = 0; n < 6; n++) {
    const answer = await pool.get('/', { headers: { cookie: next } });
    expect([answer.backend, cookieOf(answer)]).toEqual([moved.backend, undefined]);
  }
  expect(failing.hits).toBe(0);
});

test('no pin on what shared caches may keep, a 304, a failed answer or a preflight; nor does that count as a client', async () => {
  const answers: Record<string, [number, Record<string, string>]> = {
    '/public': [200, { 'cache-control': 'public, max-age=600' }],
    '/shared': [301, { 'cache-control': 's-maxage=600', location: '/' }],
    '/unchanged': [304, { etag: '"1"' }],
    '/broken': [503, {}],
    '/private': [200, { 'cache-control': 'private' }],
    '/': [200, {}],
  };
  const { url } = await startForTest((request, response) => {
    request.resume();
    response.writeHead(...answers[request.url!]!).end();
  });
  const more = { ejection: { failures: 100 } };
  const pool = await servePool(product, 'once', [{ id: 'a', url }], more, { affinity: 'cookie' });
  for (const path of ['/public', '/shared', '/unchanged', '/broken'])
    expect([path, cookieOf(await pool.get(path))]).toEqual([path, undefined]);
  const preflight = { origin: 'http://other.test', 'access-control-request-method': 'PUT' };
  for (let n = 0; n < 5; n++)
    expect(cookieOf(await pool.get('/', { method: 'OPTIONS', headers: preflight }))).toBeUndefined();
  const clients = async () => {
    const { requests, affinityClients } = await pool.status('a');
    return { requests, affinityClients };
  };
  expect(await eventually(clients, ({ requests }) => requests === 9)).toEqual({
    requests: 9,
    affinityClients: 0,
  });
  for (const path of ['/private', '/']) expect(cookieOf(await pool.get(path))).toBeDefined();
  expect((await eventually(clients, ({ requests }) => requests === 11)).affinityClients).toBeGreaterThan(0);
});
