/** An operator changes a pool while traffic runs, and backends come and go: no client notices, and each change is done. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deadPort } from '../../support/origins.ts';
import {
  type Load,
  named,
  type ServedPool,
  servePool,
  startConfigurableBackend,
  startLoad,
} from '../../support/product/pools.ts';
import {
  eventually,
  type Json,
  many,
  type Product,
  startProduct,
  tally,
} from '../../support/product/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

/** Waits until requests that left more than `ms` after `since` have been answered. */
const passed = (load: Load, since: number, ms: number) =>
  eventually(
    () => load.answers.filter(({ sentAt }) => sentAt > since + ms).length,
    (count) => count > 50,
    20_000,
  );

test.each<[string, (pool: ServedPool) => Promise<Json>]>([
  ['draining', (pool) => pool.patch('a', { state: 'draining' })],
  ['disabled', (pool) => pool.patch('a', { state: 'disabled' })],
  ['of weight 0', (pool) => pool.patch('a', { weight: 0 })],
  ['removed', (pool) => product.apiOk('DELETE', `/pools/${pool.id}/backends/a`)],
])(
  'a backend that is made %s during load gets no new client a second later, and nothing fails',
  async (word, change) => {
    const backends = named(
      await startConfigurableBackend(),
      await startConfigurableBackend(),
      await startConfigurableBackend(),
    );
    const pool = await servePool(product, `out-${word.replaceAll(' ', '-')}`, backends);
    const load = startLoad(() => pool.get());
    await eventually(
      () => load.answers.filter(({ backend }) => backend === 'a').length,
      (count) => count > 20,
    );
    await change(pool);
    const answeredAt = performance.now();
    await passed(load, answeredAt, 1_000);
    const answers = await load.stop();
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: answers.length });
    const late = answers.filter(({ sentAt }) => sentAt > answeredAt + 1_000);
    expect(Object.keys(tally(late.map(({ backend }) => backend!))).toSorted()).toEqual(['b', 'c']);
  },
);

test('a backend that is added during load gets its share, and nothing fails', async () => {
  const [a, b, c] = named(
    await startConfigurableBackend(),
    await startConfigurableBackend(),
    await startConfigurableBackend(),
  );
  const pool = await servePool(product, 'added', [a, b]);
  const load = startLoad(() => pool.get());
  await eventually(
    () => load.answers.length,
    (count) => count > 50,
  );
  await product.apiOk('PUT', '/pools/added/backends/c', c);
  await eventually(
    () => load.answers.filter(({ backend }) => backend === 'c').length,
    (count) => count > 20,
  );
  const answers = await load.stop();
  expect(tally(answers.map(({ status }) => status))).toEqual({ 200: answers.length });
  expect(tally(await pool.sequence(30))).toEqual({ a: 10, b: 10, c: 10 });
});

test('a changed weight is in force from the next request', async () => {
  const pool = await servePool(
    product,
    'heavier',
    named(await startConfigurableBackend(), await startConfigurableBackend()),
  );
  expect(tally(await pool.sequence(10))).toEqual({ a: 5, b: 5 });
  await pool.patch('a', { weight: 3 });
  expect(tally(await pool.sequence(40))).toEqual({ a: 30, b: 10 });
});

test('a pool that a route names is not deleted: 409 names the route, and traffic goes on', async () => {
  const pool = await servePool(product, 'named', named(await startConfigurableBackend()));
  const refused = await product.api('DELETE', '/pools/named');
  expect(refused.status).toBe(409);
  expect(refused.body.detail).toContain('named');
  expect((await pool.get()).status).toBe(200);
  await product.apiOk('DELETE', '/routes/named');
  await product.apiOk('DELETE', '/pools/named');
  await eventually(
    async () => (await pool.get()).status,
    (status) => status === 404,
  );
});

test('a change that names an old revision is refused with 412 and changes nothing', async () => {
  const pool = await servePool(product, 'matched', named(await startConfigurableBackend()));
  const { revision } = await product.apiOk('GET', '/pools/matched');
  const patch = (weight: number, of: number | string) =>
    product.api('PATCH', '/pools/matched/backends/a', { weight }, { 'if-match': `"${of}"` });
  expect((await patch(2, revision)).status).toBe(200);
  expect((await patch(3, revision)).status).toBe(412);
  expect((await patch(3, 'no-revision')).status).toBe(412);
  expect((await pool.status('a')).weight).toBe(2);
});

test.each([
  ['POST', '/config', 'GET, PUT'],
  ['PATCH', '/pools/none', 'GET, PUT, DELETE'],
  ['POST', '/health', 'GET'],
])('%s %s is no operation: 405 says which are', async (method, path, allow) => {
  const refused = await product.api(method, path, {});
  expect([refused.status, refused.body.status, refused.headers.get('allow')]).toEqual([405, 405, allow]);
  expect((await product.api(method, '/nothing', {})).status).toBe(404);
});

test('a dry run answers as the change would, and changes nothing', async () => {
  const pool = await servePool(product, 'dry', named(await startConfigurableBackend()));
  const { revision, config } = await product.apiOk('GET', '/config');
  const without = { ...config, routes: [] };
  const tried = await product.api('PUT', '/config?dryRun=true', without);
  expect([tried.status, tried.body.config.routes]).toEqual([200, []]);
  const faulty = await product.api('PUT', '/config?dryRun=true', { pools: [{ id: 'x' }] });
  expect([faulty.status, faulty.body.errors[0].path]).toEqual([400, 'pools[0].backends']);
  expect(await product.apiOk('GET', '/config')).toMatchObject({ revision, config });
  expect((await pool.get()).status).toBe(200);
});

/** A pool whose one active backend is ejected: `a` has failed, `b` is disabled. `a` answers 200 again. */
async function withNobody(id: string, whenUnavailable: string) {
  const [a, b] = [await startConfigurableBackend(503), await startConfigurableBackend()];
  const ejection = { failures: 1, baseMs: 60_000 };
  const pool = await servePool(product, id, named(a, b), { ejection, whenUnavailable });
  await eventually(
    async () => {
      await pool.get();
      return pool.verdicts();
    },
    (verdicts) => verdicts === 'ejected, available',
  );
  await pool.patch('b', { state: 'disabled' });
  Object.assign(a, { status: 200, hits: 0 });
  return { pool, a };
}

test('whenUnavailable fail-open: the ejected are asked all the same', async () => {
  const { pool } = await withNobody('open', 'fail-open');
  const answer = await pool.get('/', { headers: { 'x-request-id': 'opened' } });
  expect([answer.status, answer.backend]).toEqual([200, 'a']);
  expect((await pool.mapping('opened')).reason).toBe('fail-open');
});

test('whenUnavailable reject: 503 with the time until the first of them is due, and no backend is asked', async () => {
  const { pool, a } = await withNobody('closed', 'reject');
  const answer = await pool.get();
  expect(answer.status).toBe(503);
  const seconds = Number(answer.headers['retry-after']);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(a.hits).toBe(0);
});

test('whenUnavailable pool:ID: the other pool takes over, and the record shows it', async () => {
  await servePool(product, 'spare', named(await startConfigurableBackend()));
  const { pool, a } = await withNobody('handed', 'pool:spare');
  const answer = await pool.get('/', { headers: { 'x-request-id': 'handed-over' } });
  expect(answer.status).toBe(200);
  const mapping = async () => (await product.apiOk('GET', '/requests?pool=spare')).requests;
  const rows = await eventually(mapping, (all) => all.length > 0);
  expect(rows[0]).toMatchObject({ requestId: 'handed-over', pool: 'spare', reason: 'fallback' });
  expect(a.hits).toBe(0);
});

test('a higher tier stands by until every lower one is unavailable, and steps back afterwards', async () => {
  const backends = [
    await startConfigurableBackend(),
    await startConfigurableBackend(),
    await startConfigurableBackend(),
  ];
  const [a, b, c] = named(...backends);
  const ejection = { failures: 2, baseMs: 300 };
  const pool = await servePool(product, 'tiers', [a, b, { ...c, tier: 1 }], { ejection });
  expect(tally(await pool.sequence(10))).toEqual({ a: 5, b: 5 });
  expect(await pool.verdicts()).toBe('available, available, standby');
  backends[0]!.status = backends[1]!.status = 503;
  const load = startLoad(() => pool.get(), 4);
  await eventually(
    () => pool.verdicts(),
    (verdicts) => verdicts === 'ejected, ejected, available',
  );
  await eventually(() => load.answers.slice(-20).every(({ backend }) => backend === 'c'), Boolean);
  backends[0]!.status = backends[1]!.status = 200;
  await eventually(
    () => pool.verdicts(),
    (verdicts) => verdicts === 'available, available, standby',
  );
  await eventually(() => load.answers.slice(-20).every(({ backend }) => backend !== 'c'), Boolean);
  const statuses = tally((await load.stop()).map(({ status }) => status));
  expect(Object.keys(statuses)).toEqual(['200']);
});

test('with slow start a backend that comes back gets little at first and its whole share in the end', async () => {
  const pool = await servePool(
    product,
    'ramped',
    named(await startConfigurableBackend(), await startConfigurableBackend()),
    {
      slowStartMs: 8_000,
      maxLease: 1,
    },
  );
  expect(tally(await pool.sequence(10))).toEqual({ a: 5, b: 5 });
  await pool.patch('b', { state: 'disabled' });
  await pool.patch('b', { state: 'active' });
  const first = tally(await pool.sequence(18));
  expect(first.b ?? 0).toBeLessThanOrEqual(6);
  await eventually(
    async () => tally(await pool.sequence(20)),
    ({ b: count }) => count === 10,
    30_000,
  );
});

test('under steady load: each ejection in a row is longer, one request probes, success brings it back', async () => {
  const [a, b] = [await startConfigurableBackend(503), await startConfigurableBackend()];
  const baseMs = 1_500;
  const pool = await servePool(product, 'steady', named(a, b), { ejection: { failures: 3, baseMs } });
  const load = startLoad(() => pool.get(), 4);
  const events = async (): Promise<Json[]> =>
    (await product.apiOk('GET', '/events?limit=1000')).events
      .filter((event: Json) => event.pool === 'steady' && event.kind !== 'config')
      .toReversed();
  const isOut = ({ kind }: Json) => kind === 'ejected' || kind === 'probe-failed';
  const ejections = async () => (await events()).filter(isOut);
  await eventually(ejections, (all) => all.length >= 1, 30_000);
  a.hits = 0;
  await eventually(ejections, (all) => all.length >= 3, 30_000);
  // Two probes have failed; of those that were under way at the first ejection a few may have come after it.
  expect(a.hits).toBeLessThanOrEqual(2 + 4);
  a.status = 200;
  const all = await eventually(events, (seen) => seen.at(-1)?.kind === 'returned', 30_000);
  expect(all.map(({ kind }) => kind)).toEqual([
    'ejected',
    'probe',
    'probe-failed',
    'probe',
    'probe-failed',
    'probe',
    'returned',
  ]);
  const lengths = all.filter(isOut).map(({ at, until }) => until - at);
  expect(lengths).toEqual([baseMs, 2 * baseMs, 3 * baseMs]);
  await eventually(() => load.answers.slice(-20).some(({ backend }) => backend === 'a'), Boolean);
  const answers = await load.stop();
  expect(tally(answers.map(({ status }) => status))).toEqual({ 200: answers.length });
});

test.each([
  [2, 50, 1],
  [2, 100, 2],
  [3, 50, 1],
  [3, 100, 3],
])('when all %i backends fail and %i per cent may be ejected, %i are', async (size, percent, expected) => {
  const dead = { url: `http://127.0.0.1:${await deadPort()}` };
  const ejection = { failures: 2, baseMs: 60_000, maxEjectedPercent: percent };
  const pool = await servePool(product, `cap-${size}-${percent}`, named(...Array(size).fill(dead)), {
    ejection,
  });
  const ejected = async () => (await pool.verdicts()).split('ejected').length - 1;
  await eventually(
    async () => {
      await pool.get();
      return ejected();
    },
    (count) => count === expected,
  );
  await many(20, 4, () => pool.get());
  // All that are counted by now have been judged: the rest stays.
  const requests = async () =>
    (await product.apiOk('GET', `/pools/${pool.id}/status`)).backends.reduce(
      (sum: number, row: Json) => sum + row.requests,
      0,
    );
  const before = await requests();
  await eventually(
    async () => {
      await pool.get();
      return requests();
    },
    (count) => count > before,
  );
  expect(await ejected()).toBe(expected);
});
