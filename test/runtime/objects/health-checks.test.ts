/** Health checks: a backend goes out and comes back without a request, and the verdict outlives whatever ends. */

import type http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Origin, startOrigin } from '../../support/origins.ts';
import { type ConfigurableBackend, named, servePool } from '../../support/product/pools.ts';
import {
  eventually,
  from,
  type Json,
  many,
  type Product,
  startProduct,
  TOKEN,
} from '../../support/product/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
// The tests run at once, so a backend cannot be stopped with the test that is running.
const origins: Origin[] = [];
afterAll(async () => {
  await Promise.all([product.stop(), ...origins.map((origin) => origin.stop())]);
});

async function start(handler: http.RequestListener): Promise<Origin> {
  const origin = await startOrigin(handler);
  origins.push(origin);
  return origin;
}

/** A backend that answers with the status it is given. */
async function startConfigurable(status = 200): Promise<ConfigurableBackend> {
  const backend = { url: '', status, hits: 0 };
  const { url } = await start((_, response) => {
    backend.hits++;
    response.writeHead(backend.status).end();
  });
  return Object.assign(backend, { url });
}

const INTERVAL_MS = 5_000;
/** Two intervals and what a busy machine adds. */
const PATIENCE_MS = 20_000;
/** With this interval only the tests' own checks are made, after the first one. */
const HOUR_MS = 3_600_000;

const checksOf = async (pool: string, backend: string): Promise<Json[]> =>
  (await product.apiOk('GET', `/pools/${pool}/backends/${backend}/checks`)).checks;
const checkNow = (pool: string, backend = 'a'): Promise<Json> =>
  product.apiOk('POST', `/pools/${pool}/backends/${backend}/check`);
const eventsOf = async (pool: string): Promise<string[]> =>
  (await product.apiOk('GET', '/events')).events
    .filter((event: Json) => event.pool === pool)
    .map(({ kind, backend }: Json) => `${kind} ${backend}`)
    .toReversed();
const untilChecked = (pool: string, backend: string, count = 1, deadlineMs = 10_000) =>
  eventually(
    () => checksOf(pool, backend),
    (checks) => checks.length >= count,
    deadlineMs,
  );

/** A pool whose backends have been checked once and are checked by the test from then on. */
async function serveChecked(id: string, backends: Json[], healthCheck: Json = {}, more: Json = {}) {
  const pool = await servePool(product, id, backends, {
    healthCheck: { intervalMs: HOUR_MS, ...healthCheck },
    ...more,
  });
  for (const backend of backends) await untilChecked(id, backend.id);
  return pool;
}

/** A backend that notes the paths it is asked for. */
async function startNoting() {
  const asked: string[] = [];
  const { url } = await start((request, response) => {
    asked.push(request.url!);
    response.end();
  });
  return { url, checks: () => asked.filter((path) => path === '/up').length };
}

describe.concurrent('while the product runs', () => {
  test('checks take a backend out and bring it back without a single request', async () => {
    const [a, b] = [await startConfigurable(), await startConfigurable()];
    const healthCheck = { intervalMs: INTERVAL_MS, unhealthyAfter: 2, healthyAfter: 1 };
    const pool = await servePool(product, 'idle', named(a, b), { healthCheck });
    await untilChecked('idle', 'b');
    const rows = async () => (await product.apiOk('GET', '/pools/idle/status')).shards[0].rowsWritten;
    let [before, made] = [-1, 0];
    const isSettled = async () => {
      const last = [before, made].join();
      [before, made] = [await rows(), (await checksOf('idle', 'b')).length];
      return [before, made].join() === last;
    };
    await eventually(isSettled, Boolean, 10_000, 500);
    a.status = 503;
    await untilChecked('idle', 'b', made + 1);
    // What a round costs, for all backends together: its results and the next alarm. The rows that the object writes once a
    // minute, an hour and a day, and that of the incident, may come between.
    const cost = await eventually(
      async () => (await rows()) - before,
      (count) => count >= 2,
      PATIENCE_MS,
    );
    expect(cost).toBeLessThanOrEqual(6);
    await eventually(pool.verdicts, (verdicts) => verdicts === 'unhealthy, available', PATIENCE_MS);
    const { health } = await pool.status('a');
    expect(health).toMatchObject({ state: 'unhealthy', lastResult: 'failure-status', consecutive: 2 });
    expect(await pool.sequence(4)).toEqual(['b', 'b', 'b', 'b']);
    a.status = 204;
    await eventually(pool.verdicts, (verdicts) => verdicts === 'available, available', PATIENCE_MS);
    expect(await pool.status('a')).toMatchObject({ requests: 0, health: { state: 'healthy' } });
    expect(await eventsOf('idle')).toEqual(['unhealthy a', 'healthy a']);
    const begun = (await checksOf('idle', 'a')).map(({ at }) => at).toReversed();
    const gaps = begun.slice(1).map((at, i) => at - begun[i]);
    // The second check comes at the pool's own moment, which is at least half an interval after the first.
    for (const gap of gaps.slice(1)) expect(Math.abs(gap - INTERVAL_MS)).toBeLessThan(1_500);
  });

  test('a backend with traffic is not checked unless always is set, a draining one is, a disabled one is not', async () => {
    const [a, b, c] = [await startNoting(), await startNoting(), await startNoting()];
    const [first, second, third] = named(a, b, c);
    const backends = [first, { ...second, state: 'draining' }, { ...third, state: 'disabled' }];
    const healthCheck = { intervalMs: INTERVAL_MS, path: '/up' };
    const busy = await servePool(product, 'busy', [first], {});
    const always = await startNoting();
    await servePool(product, 'always', named(always), { healthCheck: { ...healthCheck, always: true } });
    const eager = { id: 'always', get: () => product.get('always.test', '/') };
    await eventually(busy.get, ({ status }) => status === 200);
    // The object has heard of an answer before it begins to check.
    await eventually(
      () => busy.status('a'),
      ({ requests }) => requests > 0,
    );
    await product.apiOk('PUT', '/pools/busy', { id: 'busy', backends, healthCheck });
    await eventually(
      async () => {
        await Promise.all([busy.get(), eager.get()]);
        return b.checks();
      },
      (checks) => checks >= 3,
      2 * PATIENCE_MS,
      250,
    );
    expect([a.checks(), c.checks()]).toEqual([0, 0]);
    expect(always.checks()).toBeGreaterThanOrEqual(2);
    expect((await busy.status('a')).health).toMatchObject({ state: 'unknown', lastCheckAt: null });
  });

  test('exactly so many results in a row change the verdict, across evictions', async () => {
    const [a, b] = [await startConfigurable(), await startConfigurable()];
    const pool = await serveChecked('exact', named(a, b), { unhealthyAfter: 3, healthyAfter: 2 });
    const verdicts: string[] = [];
    for (const status of [500, 500, 200, 500, 404, 503, 200, 500, 200, 200]) {
      a.status = status;
      expect(await checkNow('exact')).toMatchObject({ status, ok: status === 200 });
      await product.evict('Pool', 'exact/0');
      verdicts.push((await pool.status('a')).status);
    }
    const [i, o] = ['available', 'unhealthy'];
    expect(verdicts).toEqual([i, i, i, i, i, o, o, o, o, i]);
    expect((await checksOf('exact', 'a')).map(({ status }) => status)).toEqual(
      [200, 500, 500, 200, 500, 404, 503, 200, 500, 200, 200].toReversed(),
    );
    await eventually(
      () => eventsOf('exact'),
      (events) => events.join() === 'unhealthy a,healthy a',
    );
  });

  test('a check sends what the configuration says, and says what was wrong with the response', async () => {
    const asked: Json[] = [];
    const { url } = await start(({ method, url: path, headers }, response) => {
      asked.push({ method, path, host: headers['x-forwarded-host'], probe: headers['x-probe'] });
      if (path!.endsWith('/hangs')) return;
      if (path!.endsWith('/away')) response.writeHead(302, { location: '/base/well' });
      if (path!.endsWith('/late')) response.write('-'.repeat(10_240));
      response.end('All is WELL here');
    });
    await serveChecked('asks', [{ id: 'a', url: `${url}/base/` }]);
    const results: string[] = [];
    for (const healthCheck of [
      { path: '/well?full=1', expectedBody: 'is well', host: 'shop.test', headers: { 'X-Probe': '1' } },
      { path: '/well', expectedBody: 'is ill' },
      { path: '/late', expectedBody: 'is well' },
      { path: '/away' },
      { path: '/away', expectedStatuses: ['204', '3xx'] },
      { path: '/well', expectedStatuses: ['204'] },
      { path: '/well', method: 'HEAD' },
      { path: '/hangs', timeoutMs: 300 },
    ]) {
      await product.apiOk('PUT', '/pools/asks', {
        id: 'asks',
        backends: [{ id: 'a', url: `${url}/base/` }],
        healthCheck: { intervalMs: HOUR_MS, ...healthCheck },
      });
      const { status, result } = await checkNow('asks');
      results.push(`${status} ${result}`);
    }
    expect(results).toEqual([
      '200 ok',
      '200 wrong-body',
      '200 wrong-body',
      '302 failure-status',
      '302 ok',
      '200 failure-status',
      '200 ok',
      'null timeout',
    ]);
    expect(asked).toContainEqual({
      method: 'GET',
      path: '/base/well?full=1',
      host: 'shop.test',
      probe: '1',
    });
    expect(asked.at(-1)).toMatchObject({ method: 'GET', path: '/base/hangs' });
    expect(asked.some(({ method }) => method === 'HEAD')).toBe(true);
  });

  test('with all backends unhealthy whenUnavailable acts, and explain and metrics say why', async () => {
    const a = await startConfigurable(500);
    const closed = await serveChecked(
      'closed',
      named(a),
      { unhealthyAfter: 1 },
      { whenUnavailable: 'reject' },
    );
    const open = await serveChecked('open', named(a), { unhealthyAfter: 1 });
    expect((await closed.get()).status).toBe(503);
    expect((await open.get()).status).toBe(500);
    const { leftOut, answer } = await product.apiOk('POST', '/explain', { url: 'http://closed.test/' });
    expect(leftOut).toMatchObject([
      { backend: 'a', status: 'unhealthy', why: 'unhealthy: its health checks fail' },
    ]);
    expect(answer.status).toBe(503);
    const metrics = await fetch(`${product.url}/api/metrics`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(await metrics.text()).toContain(
      'evenkeel_backend_health{pool="closed",backend="a",state="unhealthy"} 1',
    );
    expect(await eventsOf('closed')).toEqual(['unhealthy a', 'pool-out a']);
    await product.apiOk('PUT', '/pools/closed', {
      id: 'closed',
      backends: named(a),
      whenUnavailable: 'reject',
    });
    expect((await closed.get()).status).toBe(500);
  });

  test('a successful check ends an ejection, and so does the operator', async () => {
    const [a, b] = [await startConfigurable(), await startConfigurable()];
    const ejection = { failures: 2, baseMs: 60_000 };
    const pool = await serveChecked('eject', named(a, b), {}, { ejection });
    const eject = async (backend: ConfigurableBackend) => {
      backend.status = 503;
      await many(8, 1, () => pool.get());
      await eventually(pool.verdicts, (verdicts) => verdicts === 'ejected, available');
      backend.status = 200;
    };
    await eject(a);
    await checkNow('eject');
    expect(await pool.verdicts()).toBe('available, available');
    // The isolate hears of it with its next call.
    await eventually(
      async () => (await pool.sequence(4)).includes('a'),
      (back) => back,
    );
    await eject(a);
    const returnNow = () => product.apiOk('POST', '/pools/eject/backends/a/return');
    expect([await returnNow(), await returnNow()]).toEqual([{ returned: true }, { returned: false }]);
    expect(await pool.verdicts()).toBe('available, available');
    await eventually(
      () => eventsOf('eject'),
      (events) => events.join() === 'ejected a,returned a,ejected a,returned a',
    );
  });

  test('the first of several shards checks for all, and each region for itself', async () => {
    const [a, b] = [await startConfigurable(500), await startConfigurable()];
    const many = await serveChecked('shards', named(a, b), { unhealthyAfter: 1 }, { sharding: 8 });
    await eventually(
      async () => (await many.sequence(6)).every((id) => id === 'b'),
      (all) => all,
    );
    expect(a.hits).toBe(1 + (await many.status('a')).requests);
    const healthCheck = { intervalMs: HOUR_MS, unhealthyAfter: 1 };
    const regions = await servePool(product, 'regions', named(a, b), { sharding: 'region', healthCheck });
    await untilChecked('regions', 'b');
    const hits = b.hits;
    await checkNow('regions', 'b');
    expect(b.hits).toBe(hits + 1);
    expect(await regions.verdicts()).toBe('unhealthy, available');
  });

  test('a pool without health checks says so', async () => {
    const pool = await servePool(product, 'none', named(await startConfigurable()));
    const check = await product.api('POST', '/pools/none/backends/a/check');
    expect(check.status).toBe(409);
    expect(await checksOf('none', 'a')).toEqual([]);
    expect((await pool.status('a')).health).toEqual({
      ...{ state: 'unknown', since: null, consecutive: 0 },
      ...{ lastCheckAt: null, lastMs: null, lastResult: null },
    });
    expect((await product.api('GET', '/pools/none/backends/x/checks')).status).toBe(404);
  });
});

test('verdict and checks survive a restart, and the checks go on without a request', async () => {
  const a = await startConfigurable(500);
  const healthCheck = { intervalMs: INTERVAL_MS, unhealthyAfter: 1, healthyAfter: 1 };
  const pool = await servePool(product, 'kept', named(a, await startConfigurable()), { healthCheck });
  await eventually(pool.verdicts, (verdicts) => verdicts === 'unhealthy, available');
  const before = await checksOf('kept', 'a');
  await product.restart();
  const hits = a.hits;
  await eventually(
    () => a.hits,
    (count) => count > hits,
    PATIENCE_MS,
  );
  expect(await pool.verdicts()).toBe('unhealthy, available');
  expect(await checksOf('kept', 'a')).toEqual(expect.arrayContaining(before));
  a.status = 200;
  await eventually(pool.verdicts, (verdicts) => verdicts === 'available, available', PATIENCE_MS);

  // The first request to a proxied host says where the new isolate runs: its region's object checks for itself.
  const regional = { healthCheck: { intervalMs: HOUR_MS }, sharding: 'region' };
  const eu = await servePool(product, 'eu', named(a), regional);
  await untilChecked('eu', 'a');
  await eu.get('/', { headers: from({ ip: '192.0.2.1', continent: 'EU' }) });
  await untilChecked('eu', 'a', 2);
});
