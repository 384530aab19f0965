/** One pool on many objects: where they begin, what they sum up to, and that their number can change under load. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { echo, type Origin, startOrigin } from '../../support/origins.ts';
import { named, servePool, startConfigurableBackend, startLoad } from '../../support/product/pools.ts';
import {
  eventually,
  from,
  type Json,
  many,
  type Product,
  startProduct,
  TOKEN,
  tally,
} from '../../support/product/product.ts';
import { parseMetrics } from '../../support/product/prometheus.ts';

/** Calls Pool objects as isolates do, as often as a test says. */
const WRAPPER = fileURLToPath(new URL('../../support/product/two-builds.js', import.meta.url));
let product: Product;
let origins: Origin[];

beforeAll(async () => {
  origins = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => startOrigin(echo(id))));
  product = await startProduct({ wrapper: WRAPPER });
});
afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

const reshard = async (pool: string, sharding: unknown, of = product) => {
  const { pool: config } = await of.apiOk('GET', `/pools/${pool}`);
  await of.apiOk('PUT', `/pools/${pool}`, { ...config, sharding });
};
const total = (rows: Json[], key: string) => rows.reduce((sum: number, row) => sum + row[key], 0);

test('status, metrics and recent requests are the sums over all objects that the pool has had', async () => {
  const pool = await servePool(product, 'sums', named(...origins));
  let sent = 0;
  for (const sharding of ['none', 64, 63, 62, 61]) {
    await reshard('sums', sharding);
    await many(10, 2, () => pool.get());
    sent += 10;
    // The object that is in use now hears of them before the next one takes over.
    await eventually(
      () => product.apiOk('GET', '/pools/sums/status'),
      ({ backends }) => total(backends, 'requests') === sent,
    );
  }
  const status = await eventually(
    () => product.apiOk('GET', '/pools/sums/status'),
    ({ backends }) => total(backends, 'requests') === sent,
  );
  expect(status.shards.length).toBeGreaterThan(2);
  const { requests } = await product.apiOk('GET', '/requests?pool=sums&limit=1000');
  expect(requests.length).toBe(sent);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const metrics = await fetch(`${product.url}/api/metrics`, { headers }).then((answer) => answer.text());
  const samples = parseMetrics(metrics).get('evenkeel_requests_total')!.samples;
  const ours = samples.filter(({ labels }) => labels.pool === 'sums');
  expect(total(ours, 'value')).toBe(sent);
});

test('the number of objects changes under load without a lost request or a lost setting', async () => {
  const pool = await servePool(product, 'live', named(...origins), { timeoutMs: 7_000, slowStartMs: 0 });
  const before = (await product.apiOk('GET', '/pools/live')).pool;
  const load = startLoad(() => pool.get());
  for (const sharding of [16, 'region', 3, 'none', 64, 'auto']) {
    const seen = load.answers.length;
    await reshard('live', sharding);
    await eventually(
      () => load.answers.length,
      (count) => count >= seen + 100,
    );
  }
  const answers = await load.stop();
  expect(tally(answers.map(({ status }) => status))).toEqual({ 200: answers.length });
  expect((await product.apiOk('GET', '/pools/live')).pool).toEqual(before);
  const counted = await eventually(
    async () => total((await product.apiOk('GET', '/pools/live/status')).backends, 'requests'),
    (count) => count >= answers.length,
  );
  expect(counted).toBe(answers.length);
});

test('an ejection that only an unused object knows of ends with a success elsewhere', async () => {
  const own = await startProduct();
  onTestFinished(() => own.stop());
  const [a, b] = [await startConfigurableBackend(), await startConfigurableBackend(503)];
  const ejection = { failures: 1, baseMs: 100, maxMs: 100 };
  const pool = await servePool(own, 'left', named(a, b), { ejection });
  // The isolate takes its place from its first request: its objects are `0` and, with one a region, `eu`.
  await pool.get('/', { headers: from({ ip: '192.0.2.1', continent: 'EU' }) });
  await pool.get();
  await eventually(pool.verdicts, (verdicts) => verdicts === 'available, ejected');
  // The isolate asks the first object once more: it is handed the probe, and the configuration that leads it elsewhere.
  await eventually(
    () => pool.status('b'),
    ({ ejectedUntil }) => Date.now() > ejectedUntil,
  );
  b.status = 200;
  await reshard('left', 'region', own);
  await eventually(
    async () => {
      await pool.get();
      return pool.verdicts();
    },
    (verdicts) => verdicts === 'available, available',
  );
  const { shards } = await own.apiOk('GET', '/pools/left/status');
  expect(shards.map(({ shard }: Json) => shard)).toContain('eu');
});

test('isolates on different objects do not all begin at the first backend', async () => {
  const pool = await servePool(product, 'offset', named(...origins), { sharding: 64 });
  const firsts: (string | undefined)[] = [];
  // A new start is a new isolate, which keeps to another of the 64 objects.
  for (let i = 0; i < 8 && new Set(firsts).size < 2; i++) {
    await product.restart();
    firsts.push((await pool.get()).backend);
  }
  expect(new Set(firsts).size).toBeGreaterThan(1);
});

test('a pool that shards by itself has twice the objects once one gets 300 calls a second, and traffic goes on', async () => {
  const pool = await servePool(product, 'auto', named(...origins));
  expect((await product.apiOk('GET', '/pools/auto')).pool.sharding).toBe('auto');
  const load = startLoad(() => pool.get(), 2);
  const { revision } = await product.apiOk('GET', '/config');
  const ask = { isolate: 'busy', sequence: 0, revision, want: 0, batch: null };
  const body = JSON.stringify({ object: 'auto/0', method: 'sync', args: [ask], times: 40 });
  const status = await eventually(
    async () => {
      await product.get('builds.test', '/call', { method: 'POST', body });
      return product.apiOk('GET', '/pools/auto/status');
    },
    ({ shardsInUse }) => shardsInUse > 1,
    30_000,
  );
  expect(status.shardsInUse).toBe(2);
  // Isolates hear of it with their next replies; what they have counted is summed over both objects.
  const answers = await load.stop();
  expect(answers.filter((answer) => answer.status !== 200)).toEqual([]);
  expect((await product.apiOk('GET', '/config')).revision).toBe(revision);
  await eventually(
    () => product.apiOk('GET', '/pools/auto/status'),
    ({ backends }) => total(backends, 'requests') === answers.length,
  );
});
