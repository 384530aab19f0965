/** What routes decide: conditions, splits, redirects, fixed responses, rewrites, headers, body limits; and explain agrees. */
import { once } from 'node:events';
import http from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VARIABLES, writeVariable } from '../../../worker/config/fields.ts';
import { COPIES_UNDER_WAY } from '../../../worker/proxy/mirror.ts';
import { echo } from '../../support/origins.ts';
import { servePool, startForTest } from '../../support/product/pools.ts';
import { from, type Json, type Product, startProduct } from '../../support/product/product.ts';

const ROUTE = writeVariable('route');
const IP = writeVariable('client.ip');

let product: Product;
beforeAll(async () => {
  const url = "return Response.json({ url: request.url, host: request.headers.get('host') })";
  product = await startProduct({ services: { VPC: `export default { fetch(request) { ${url} } }` } });
});
afterAll(() => product.stop());

/** Puts routes on `host` in place of the whole configuration, with a pool for each name, whose one backend echoes it. */
async function serveRoutes(host: string, pools: readonly string[], routes: readonly Json[]): Promise<void> {
  const origins = await Promise.all(pools.map((name) => startForTest(echo(name))));
  await product.apiOk('PUT', '/config', {
    pools: pools.map((id, i) => ({ id, backends: [{ id, url: origins[i]!.url }] })),
    routes: routes.map((one) => ({ host, ...one })),
  });
}

test('a redirect and a fixed response need no backend, and a HEAD gets no body', async () => {
  await serveRoutes(
    'own.test',
    [],
    [
      { id: 'old', path: '/old', redirect: { status: 308, host: 'new.test', prefix: '/new' } },
      { id: 'secure', path: '/secure', redirect: { scheme: 'https' } },
      { id: 'one', path: '/one', pathMatch: 'exact', redirect: { status: 302, path: '/' } },
      {
        id: 'busy',
        respond: {
          status: 503,
          body: '<p>Back soon',
          headers: { 'Retry-After': '60', 'x-who': `${ROUTE} ${IP}` },
        },
      },
    ],
  );
  const moved = await product.get('own.test', '/old/a%2fb?x=1&y=%20');
  expect([moved.status, moved.headers.location, moved.text]).toEqual([
    308,
    'http://new.test/new/a%2fb?x=1&y=%20',
    '',
  ]);
  expect((await product.get('own.test:81', '/secure?x')).headers.location).toBe('https://own.test/secure?x');
  expect((await product.get('own.test:81', '/one')).headers.location).toBe('http://own.test:81/');
  const busy = await product.get('own.test', '/one/more', {
    method: 'POST',
    body: 'x'.repeat(100_000),
    headers: from({ ip: '1.2.3.4' }),
  });
  expect(busy).toMatchObject({ status: 503, text: '<p>Back soon' });
  expect(busy.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'retry-after': '60',
    'x-who': 'busy 1.2.3.4',
    'x-request-id': expect.any(String),
  });
  const head = await product.get('own.test', '/', { method: 'HEAD' });
  expect([head.status, head.headers['retry-after'], head.text]).toEqual([503, '60', '']);
  // All are on record, and none is taken for a failure.
  const own = async () => (await product.apiOk('GET', '/requests?host=own.test')).requests;
  await expect
    .poll(async () =>
      (await own()).map(({ route, reason, pool, backend, status }: Json) => [
        route,
        reason,
        pool,
        backend,
        status,
      ]),
    )
    .toEqual([
      ['busy', 'respond', null, null, 503],
      ['busy', 'respond', null, null, 503],
      ['one', 'redirect', null, null, 302],
      ['secure', 'redirect', null, null, 301],
      ['old', 'redirect', null, null, 308],
    ]);
  // A change is in force within a second although no pool's object tells this isolate of it.
  await serveRoutes('own.test', [], [{ id: 'busy', respond: { status: 200, body: 'back' } }]);
  await expect.poll(async () => (await product.get('own.test', '/')).status, { timeout: 3_000 }).toBe(200);
});

test('explain names the route that real requests take, for generated routes and requests', async () => {
  const host = 'any.test';
  const value = fc.constantFrom('1', '12', '2');
  const condition = fc
    .tuple(
      fc.constantFrom('x-a', 'x-b'),
      fc.oneof(
        value.map((text) => ({ value: text })),
        value.map((text) => ({ prefix: text })),
        fc.constant({ present: true }),
      ),
      fc.boolean(),
    )
    .map(([name, form, not]) => ({ name, ...form, not }));
  const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 1 });
  const route = fc.record({
    host: fc.constantFrom(host, '*.test'),
    path: fc.constantFrom('/', '/a', '/a/b', '/a/b/'),
    pathMatch: fc.constantFrom('prefix', 'exact'),
    match: fc.record(
      {
        methods: fc.constant(['GET', 'PUT']),
        headers: some(condition),
        cookies: some(condition),
        query: some(condition),
        countries: fc.constant(['DE']),
      },
      { requiredKeys: [] },
    ),
    action: fc.constantFrom('pool', 'respond', 'redirect', 'split'),
  });
  const values = fc.dictionary(fc.constantFrom('x-a', 'x-b'), value, { maxKeys: 2 });
  const request = fc.record({
    path: fc.constantFrom('/', '/a', '/a/', '/a/b', '/a/b/', '/a/b/c', '/ab', '/%61/b'),
    method: fc.constantFrom('GET', 'POST'),
    headers: values,
    cookies: values,
    query: values,
    country: fc.constantFrom('DE', 'FR'),
  });
  const actions: Record<string, (id: string) => Json> = {
    pool: (id) => ({ pool: 'p', responseHeaders: { set: { 'x-route': id } } }),
    split: (id) => ({
      split: { pools: [{ pool: 'p', weight: 1 }] },
      responseHeaders: { set: { 'x-route': id } },
    }),
    respond: (id) => ({ respond: { status: 418, headers: { 'x-route': id } } }),
    redirect: (id) => ({ redirect: { host: `${id}.example` } }),
  };
  const { url } = await startForTest((_, response) => response.end());
  const pools = [{ id: 'p', backends: [{ id: 'a', url }] }];
  const scene = fc.tuple(
    fc.array(route, { minLength: 1, maxLength: 24 }),
    fc.array(request, { minLength: 24, maxLength: 24 }),
  );
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(scene, async ([generated, requests]) => {
      const routes = generated.map(({ action, ...where }, i) => ({
        id: `r${i}`,
        ...where,
        ...actions[action]!(`r${i}`),
      }));
      // Routes that are the same are left out, one by one, as the API names them.
      for (let left = routes; ; ) {
        const answer = await product.api('PUT', '/config', { pools, routes: left });
        if (answer.status === 200) break;
        const wrong = new Set(answer.body.errors.map(({ path }: Json) => Number(/\d+/.exec(path)![0])));
        left = left.filter((_, i) => !wrong.has(i));
      }
      // The configuration in force is the new one once an isolate that was asked through says so.
      const { revision } = await product.apiOk('GET', '/config');
      for (const { path, method, headers, cookies, query, country } of requests) {
        const cookie = Object.entries(cookies)
          .map(([name, text]) => `${name}=${text}`)
          .join('; ');
        const asked = { ...headers, ...(cookie === '' ? {} : { cookie }) };
        const target = `${path}?${new URLSearchParams(query)}`;
        const explained = await product.apiOk('POST', '/explain', {
          url: `http://${host}${target}`,
          method,
          headers: asked,
          country,
        });
        expect(explained.revision).toBe(revision);
        const real = await product.get(host, target, {
          method,
          headers: { ...asked, ...from({ ip: '1.2.3.4', country }) },
        });
        const taken =
          real.headers['x-route'] ??
          (real.status === 301 ? new URL(real.headers.location!).hostname.split('.')[0] : null);
        expect([taken, explained.answer?.status ?? 200]).toEqual([explained.route, real.status]);
        for (const { route: id, failed } of explained.notMatched) {
          expect(id).not.toBe(taken);
          expect(failed).not.toEqual([]);
        }
        seen.set(String(real.status), (seen.get(String(real.status)) ?? 0) + 1);
      }
    }),
    { numRuns: 8 },
  );
  expect([...seen.keys()].sort()).toEqual(['200', '301', '404', '418']);
}, 60_000);

test('paths and headers change on their way to the backend, and back on the way to the client', async () => {
  const { url } = await startForTest((request, response) => {
    response.writeHead(302, {
      location: `http://${request.headers.host}/base/v2/next?x`,
      'x-powered-by': 'php',
      vary: 'cookie',
    });
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  });
  const pool = await servePool(
    product,
    'edits',
    [{ id: 'a', url: `${url}/base` }],
    {},
    {
      path: '/api',
      rewritePrefix: '/v2',
      requestHeaders: {
        set: {
          'X-Who': VARIABLES.map(writeVariable).join('|'),
          accept: 'a/b',
        },
        add: { 'x-list': 'two' },
        remove: ['Cookie', 'user-agent'],
      },
      responseHeaders: {
        set: { 'x-from': writeVariable('backend') },
        add: { vary: 'accept' },
        remove: ['X-Powered-By'],
      },
    },
  );
  const headers = {
    cookie: 'a=1',
    'x-list': 'one',
    'x-request-id': 'id-1',
    ...from({ ip: '2001:db8::1', country: 'AT' }),
  };
  const answer = await pool.get('/api/x%2f?y=1', { headers });
  const got = JSON.parse(answer.text);
  expect(got.url).toBe('/base/v2/x%2f?y=1');
  expect(got.headers).toMatchObject({
    'x-who': '2001:db8::1|AT|id-1|edits.test|edits|a',
    accept: 'a/b',
    'x-list': 'one, two',
    'x-forwarded-host': 'edits.test',
  });
  expect(got.headers).not.toHaveProperty('cookie');
  expect(got.headers).not.toHaveProperty('user-agent');
  expect(answer.headers).toMatchObject({
    location: 'http://edits.test/api/next?x',
    'x-from': 'a',
    vary: 'cookie, accept',
  });
  expect(answer.headers).not.toHaveProperty('x-powered-by');
});

test('a body beyond the limit gets 413: by its length at once, otherwise when it is passed', async () => {
  const wholes: number[] = [];
  const { url } = await startForTest((request, response) => {
    let bytes = 0;
    request.on('data', (chunk) => (bytes += chunk.length));
    request.on('end', () => {
      wholes.push(bytes);
      response.end('taken');
    });
    request.on('error', () => undefined);
  });
  const pool = await servePool(
    product,
    'large',
    [{ id: 'a', url }],
    { ejection: { failures: 1 } },
    { maxBodyBytes: 1_000 },
  );
  const post = (body: string) => pool.get('/', { method: 'POST', body });
  expect((await post('x'.repeat(1_000))).text).toBe('taken');
  expect((await post('x'.repeat(1_001))).status).toBe(413);
  /** Sends the parts one after the other, without a length. */
  const stream = async (...parts: string[]): Promise<number> => {
    const request = http.request({
      port: product.port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { host: pool.host },
    });
    request.on('error', () => undefined);
    for (const part of parts) request.write(part);
    request.end();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    return response.statusCode!;
  };
  expect(await stream('x'.repeat(600), 'x'.repeat(400))).toBe(200);
  expect(await stream('x'.repeat(600), 'x'.repeat(401))).toBe(413);
  expect(await stream('x'.repeat(600), 'x'.repeat(600_000), 'x'.repeat(600_000))).toBe(413);
  expect(wholes).toEqual([1_000, 1_000]);
  await expect.poll(async () => (await pool.status('a')).failures).toBe(0);
  expect(await pool.verdicts()).toBe('available');
});

test('a split gives each pool its share, and a cookie keeps its client in its pool while that has a weight', async () => {
  const host = 'split.test';
  const weigh = (old: number, beta: number, by = 'request') => ({
    id: 'split',
    host,
    affinity: 'cookie',
    split: {
      by,
      pools: [
        { pool: 'old', weight: old },
        { pool: 'beta', weight: beta },
      ],
    },
  });
  await serveRoutes(host, ['old', 'beta'], [weigh(95, 5)]);
  const used = async (headers?: http.OutgoingHttpHeaders) =>
    (await product.get(host, '/', { headers })).backend;
  const all = await Promise.all(Array.from({ length: 200 }, () => used()));
  expect(all.filter((pool) => pool === 'beta')).toHaveLength(10);
  // Pinned to the pool with the small share.
  let cookie = '';
  for (let n = 0; n < 40 && cookie === ''; n++) {
    const answer = await product.get(host, '/');
    if (answer.backend === 'beta') cookie = answer.headers['set-cookie']![0]!.split(';')[0]!;
  }
  const pinned = await Promise.all(Array.from({ length: 20 }, () => used({ cookie })));
  expect(new Set(pinned)).toEqual(new Set(['beta']));
  await product.apiOk('PUT', '/routes/split', weigh(100, 0));
  await expect.poll(() => used({ cookie }), { timeout: 3_000 }).toBe('old');
  await product.apiOk('PUT', '/routes/split', weigh(50, 50, 'client'));
  const clients = Array.from({ length: 20 }, (_, i) => from({ ip: `10.0.0.${i}` }));
  await expect
    .poll(async () => new Set(await Promise.all(clients.map(used))).size, { timeout: 3_000 })
    .toBe(2);
  expect(await Promise.all(clients.map(used))).toEqual(await Promise.all(clients.map(used)));
});

test('a binding with a URL is asked for that URL', async () => {
  const pool = await servePool(product, 'vpc', [
    { id: 'a', binding: 'VPC', url: 'http://10.1.2.3:8080/base' },
  ]);
  expect(JSON.parse((await pool.get('/x?y')).text).url).toBe('http://10.1.2.3:8080/base/x?y');
});

test('a mirror gets copies behind the response, and what cannot be copied is left out', async () => {
  const copies: Json[] = [];
  const shadow = await startForTest(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url, headers } = request;
    copies.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(503).end('x'.repeat(100_000));
  });
  await servePool(product, 'shadow', [{ id: 's', url: `${shadow.url}/base` }]);
  const pool = await servePool(
    product,
    'mirrored',
    [{ id: 'a', url: (await startForTest(echo('a'))).url }],
    {},
    {
      path: '/api',
      stripPrefix: true,
      requestHeaders: { set: { 'x-backend': writeVariable('backend') } },
      mirror: { pool: 'shadow', maxBodyBytes: 1_000 },
    },
  );
  expect((await pool.get('/api/get?x=1')).backend).toBe('a');
  await expect.poll(() => copies.length).toBe(1);
  expect(copies[0]).toMatchObject({
    method: 'GET',
    url: '/base/get?x=1',
    headers: { 'x-evenkeel-mirror': '1', 'x-backend': 's', 'x-forwarded-host': 'mirrored.test' },
  });
  await pool.get('/api/large', { method: 'POST', body: 'x'.repeat(1_001) });
  await pool.get('/api/chunked', { method: 'POST', body: 'x', headers: { 'transfer-encoding': 'chunked' } });
  await pool.get('/api/small', { method: 'POST', body: 'x'.repeat(1_000) });
  await expect.poll(() => copies.length).toBe(2);
  expect(copies[1]).toMatchObject({ method: 'POST', url: '/base/small', body: 'x'.repeat(1_000) });
  const status = async () => product.apiOk('GET', '/pools/shadow/status');
  await expect.poll(async () => (await status()).mirrored, { timeout: 3_000 }).toBe(2);
  // Its failures count for no backend, and its requests are counted apart.
  expect((await status()).backends[0]).toMatchObject({ requests: 0, failures: 0, status: 'available' });
  await product.apiOk('PUT', '/routes/mirrored', {
    host: pool.host,
    pool: 'mirrored',
    mirror: { pool: 'shadow', percent: 25 },
  });
  await expect
    .poll(async () => (await product.apiOk('POST', '/explain', { url: 'http://mirrored.test/x' })).route)
    .toBe('mirrored');
  copies.length = 0;
  for (let n = 0; n < 40; n++) await pool.get(`/other/${n}`);
  await expect.poll(() => copies.length).toBe(10);
});

test('a mirror that hangs or is dead changes nothing for clients', async () => {
  let waiting = 0;
  const hanging = await startForTest(() => {
    waiting++;
  });
  const { url } = await startForTest((_, response) => response.end('ok'));
  const pools = [
    { id: 'real', backends: [{ id: 'a', url }] },
    { id: 'hangs', backends: [{ id: 's', url: hanging.url }] },
    { id: 'dead', backends: [{ id: 's', url: 'http://127.0.0.1:1' }] },
  ];
  const mirrors = { none: null, hangs: { pool: 'hangs' }, dead: { pool: 'dead' } };
  const routes = Object.entries(mirrors).map(([id, mirror]) => ({
    id,
    host: `${id}.test`,
    pool: 'real',
    mirror,
  }));
  await product.apiOk('PUT', '/config', { pools, routes });
  const p99 = async (id: string) => {
    const times: number[] = [];
    const work = async () => {
      for (let n = 0; n < 40; n++) {
        const answer = await product.get(`${id}.test`, '/');
        expect([answer.status, answer.text]).toEqual([200, 'ok']);
        times.push(answer.ms);
      }
    };
    await Promise.all(Array.from({ length: 5 }, work));
    return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
  };
  await p99('none');
  const [none, hangs, dead] = [await p99('none'), await p99('hangs'), await p99('dead')];
  expect(hangs).toBeLessThan(3 * none + 100);
  expect(dead).toBeLessThan(3 * none + 100);
  // Bounded: the copies that hang are no more than the isolate may have under way.
  expect(waiting).toBeGreaterThan(0);
  expect(waiting).toBeLessThanOrEqual(COPIES_UNDER_WAY);
});
