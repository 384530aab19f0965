/** Explain says what the next real request does, and moves nothing. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { echo } from '../../support/origins.ts';
import {
  type ConfigurableBackend,
  named,
  servePool,
  startConfigurableBackend,
  startForTest,
} from '../../support/product/pools.ts';
import { eventually, from, type Json, type Product, startProduct } from '../../support/product/product.ts';
import { rawRequest, sendRaw } from '../../support/product/raw.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const explain = (body: Json): Promise<Json> => product.apiOk('POST', '/explain', body);
const ids = (explanation: Json): string[] => explanation.candidates.map((one: Json) => one.backend);

test('route, pool, the order of candidates, and why the others are left out', async () => {
  const [a, b, c, d, e] = await Promise.all([1, 2, 3, 4, 5].map(() => startConfigurableBackend()));
  const backends = named(a!, b!, c!, d!, e!);
  Object.assign(backends[2], { state: 'draining' });
  Object.assign(backends[3], { state: 'disabled' });
  Object.assign(backends[4], { tier: 1 });
  await servePool(product, 'why', backends);
  const explained = await explain({ url: 'http://why.test/cart?x=1' });
  expect(explained).toMatchObject({
    route: 'why',
    pool: 'why',
    policy: 'round-robin',
    path: '/cart',
    answer: null,
  });
  expect(explained.candidates).toEqual([
    { pool: 'why', backend: 'a', reason: 'policy' },
    { pool: 'why', backend: 'b', reason: 'retry' },
    { pool: 'why', backend: 'e', reason: 'retry' },
  ]);
  expect(explained.leftOut.map((one: Json) => [one.backend, one.status])).toEqual([
    ['c', 'draining'],
    ['d', 'disabled'],
    ['e', 'standby'],
  ]);
  expect([a, b, c, d, e].map((one) => one!.hits)).toEqual([0, 0, 0, 0, 0]);
});

test('an ejected backend is left out with the end of its ejection', async () => {
  const [a, b] = [await startConfigurableBackend(503), await startConfigurableBackend()];
  const ejection = { failures: 1, baseMs: 60_000 };
  const pool = await servePool(product, 'out', named(a, b), { ejection });
  await pool.sequence(2);
  await eventually(pool.verdicts, (verdicts) => verdicts === 'ejected, available');
  const explained = await eventually(
    () => explain({ url: 'http://out.test/' }),
    (one) => one.leftOut[0]?.status === 'ejected',
  );
  expect(explained.leftOut[0].ejectedUntil).toBe((await pool.status('a')).ejectedUntil);
  expect(ids(explained)).toEqual(['b', 'a']);
});

test('turns that clients with a cookie have just taken count, as the next request sees it', async () => {
  const origins = await Promise.all([1, 2, 3].map(() => startConfigurableBackend()));
  await product.apiOk('PUT', '/config', {
    pools: [{ id: 'both', maxLease: 1, backends: named(...origins) }],
    routes: [
      { id: 'pinned', host: 'pinned.test', pool: 'both', affinity: 'cookie' },
      { id: 'open', host: 'open.test', pool: 'both' },
    ],
  });
  const first = await product.get('pinned.test', '/');
  const cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
  for (let round = 0; round < 100; round++) {
    for (let n = 0; n < round % 4; n++) await product.get('pinned.test', '/', { headers: { cookie } });
    const explained = ids(await explain({ url: 'http://open.test/' }));
    const real = await product.get('open.test', '/');
    expect([round, real.headers['x-backend-used']]).toEqual([round, explained[0]]);
  }
});

test('no route is a 404, no backend a 503, a loop a 508; a wrong question is refused with its fault', async () => {
  expect((await explain({ url: 'http://nowhere.test/' })).answer.status).toBe(404);
  await servePool(product, 'none', [{ ...named(await startConfigurableBackend())[0], state: 'disabled' }]);
  expect((await explain({ url: 'http://none.test/' })).answer.status).toBe(503);
  const { url } = await startForTest((request, response) => response.end(request.headers['x-evenkeel-loop']));
  const loop = (await (await servePool(product, 'hops', [{ id: 'a', url }])).get()).text;
  const looped = await explain({ url: 'http://none.test/', headers: { 'x-evenkeel-loop': loop } });
  expect(looped.answer.status).toBe(508);
  const wrong = await product.api('POST', '/explain', { url: 'ftp://x/', clientIp: 'x', other: 1 });
  expect(wrong.status).toBe(400);
  expect(wrong.body.errors.map((error: Json) => error.path).sort()).toEqual(['clientIp', 'other', 'url']);
});

test('a path goes to one route however it is spelt, explain says so, and the backend gets it as it was sent', async () => {
  const names = ['web', 'admin', 'cut'];
  const origins = await Promise.all(names.map((name) => startForTest(echo(name))));
  const host = 'spelt.test';
  await product.apiOk('PUT', '/config', {
    pools: names.map((id, i) => ({ id, backends: [{ id: 'a', url: origins[i]!.url }] })),
    routes: [
      { id: 'web', host, path: '/', pool: 'web' },
      { id: 'admin', host, path: '/admin', pool: 'admin' },
      { id: 'cut', host, path: '/cut%2dout', pool: 'cut', stripPrefix: true },
    ],
  });
  for (const [path, route, sent] of [
    ['/admin/x', 'admin', '/admin/x'],
    ['/%61dmin/x', 'admin', '/%61dmin/x'],
    ['/a%64min', 'admin', '/a%64min'],
    ['/admi%6E?%61', 'admin', '/admi%6E?%61'],
    ['/x/%2e%2e/%61dmin', 'admin', '/%61dmin'],
    ['/admin%2Fx', 'web', '/admin%2Fx'],
    ['/%2561dmin', 'web', '/%2561dmin'],
    ['/cut-out/%61', 'cut', '/%61'],
    ['/%63ut%2Dout/%2f', 'cut', '/%2f'],
    ['/cut-out', 'cut', '/'],
    ['/cut-outs', 'web', '/cut-outs'],
  ] as const) {
    const { name, url } = JSON.parse((await sendRaw(product.port, rawRequest(path, host))).body);
    const explained = await explain({ url: `http://${host}${path}` });
    expect([path, name, url, explained.route]).toEqual([path, route, sent, route]);
  }
});

/** How long slots hold, less than which a run of requests takes. */
const LEASE_MS = 1_000;
const startBackends = (count: number) =>
  Promise.all(Array.from({ length: count }, () => startConfigurableBackend()));

const backend = fc.record({
  weight: fc.constantFrom(1, 1, 2, 5, 0),
  state: fc.constantFrom('active', 'active', 'active', 'draining', 'disabled'),
  tier: fc.constantFrom(0, 0, 0, 1),
  fails: fc.constantFrom(false, false, false, true),
});
const scene = fc.record({
  backends: fc
    .array(backend, { minLength: 1, maxLength: 5 })
    .filter((all) => all.some((one) => one.weight > 0)),
  policy: fc.constantFrom('round-robin', 'round-robin', 'hash'),
  hashKey: fc.constantFrom('ip', 'path', 'header:x-key', 'cookie:who'),
  affinity: fc.constantFrom('none', 'none', 'ip', 'cookie', 'cookie-then-ip'),
  maxLease: fc.constantFrom(1, 64),
  maxRetries: fc.constantFrom(0, 2, 4),
  whenUnavailable: fc.constantFrom('fail-open', 'reject', 'pool:spare'),
  requests: fc.array(
    fc.record({
      path: fc.constantFrom('/', '/a', '/b/c', '/%2e/x'),
      method: fc.constantFrom('GET', 'GET', 'POST', 'PUT'),
      client: fc.integer({ min: 0, max: 3 }),
      keepsCookie: fc.boolean(),
    }),
    { minLength: 3, maxLength: 12 },
  ),
});

test('over generated pools and requests, the real request goes where explain said', async () => {
  const origins: ConfigurableBackend[] = await startBackends(6);
  const spare = origins[5]!;
  let compared = 0;
  // A budget of 100 % lets as many retries through as there were requests, and ten at least.
  let sent = 0;
  let retried = 0;
  await fc.assert(
    fc.asyncProperty(scene, async (drawn) => {
      const backends = drawn.backends.map(({ fails, ...fields }, i) => {
        origins[i]!.status = fails ? 503 : 200;
        return { ...named(...origins)[i], ...fields };
      });
      const { policy, hashKey, affinity, maxLease, maxRetries, whenUnavailable } = drawn;
      const retry = { maxRetries, budgetPercent: 100 };
      // Ejection is put aside: whether its news has come in yet is a matter of milliseconds.
      const ejection = { failures: 1_000, failurePercent: 0 };
      const more = { policy, hashKey, maxLease, whenUnavailable, retry, ejection };
      await product.apiOk('PUT', '/config', {
        pools: [
          { id: 'drawn', backends, ...more },
          { id: 'spare', backends: [{ id: 'spare', url: spare.url }] },
        ],
        routes: [{ id: 'drawn', host: 'drawn.test', pool: 'drawn', affinity }],
      });
      const since = Date.now();
      let cookie = 'who=me';
      for (const { path, method, client, keepsCookie } of drawn.requests) {
        const clientIp = `198.51.100.${client}`;
        const headers = { cookie, 'x-key': `key ${client}` };
        const explained = await explain({ url: `http://drawn.test${path}`, method, headers, clientIp });
        const again = await explain({ url: `http://drawn.test${path}`, method, headers, clientIp });
        expect(again).toEqual(explained);
        const real = await product.get('drawn.test', path, {
          method,
          headers: { ...headers, ...from({ ip: clientIp }) },
        });
        // Slots that expire between the two go back, and come again behind what pinned clients have used since.
        if (Date.now() - since > LEASE_MS) return;
        const attempts = String(real.headers['x-backend-attempts'] ?? '');
        const asked = attempts === '' ? [] : attempts.split(', ').map((one) => one.split(';')[0]);
        expect(asked).toEqual(ids(explained).slice(0, asked.length));
        expect(asked.length).toBeLessThanOrEqual(explained.attempts.most);
        expect(asked.length === 0).toBe(explained.answer?.status === 503);
        sent++;
        const isInBudget = retried + explained.attempts.most <= Math.max(10, sent);
        if (asked.length > 0 && real.status === 503 && isInBudget)
          expect(asked.length).toBe(explained.attempts.most);
        retried += Math.max(0, asked.length - 1);
        const pinned = real.headers['set-cookie']?.[0]?.split(';')[0];
        cookie = keepsCookie && pinned ? `who=me; ${pinned}` : 'who=me';
        compared++;
      }
    }),
    { numRuns: 40 },
  );
  expect(compared).toBeGreaterThan(100);
});
