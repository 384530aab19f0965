/** The request log: what is logged, where it goes, and that nothing is lost or doubled on its way. */
import { expect, onTestFinished, test } from 'vitest';
import type { RuntimeOptions } from '../../../scripts/support/runtime.ts';
import { deadPort } from '../../support/origins.ts';
import { named, servePool, startConfigurableBackend } from '../../support/product/pools.ts';
import {
  eventually,
  type Json,
  many,
  type Product,
  startProduct,
  TOKEN,
  tally,
} from '../../support/product/product.ts';
import { parseMetrics } from '../../support/product/prometheus.ts';

/** The product with what it logs: every line as JSON, if it is. */
async function startLogged(options: Partial<RuntimeOptions> = {}) {
  const lines: Json[] = [];
  const logs = (line: string) => line.startsWith('{') && lines.push(readJson(line));
  const product = await startProduct({ logs, ...options });
  onTestFinished(() => product.stop());
  const mappings = () => lines.filter((line) => line?.message === 'mapping');
  return { product, lines, mappings };
}

function readJson(line: string): Json {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** For cases that a slow machine takes a minute for. */
const LONG_MS = 180_000;

const logAll = (product: Product, pool: string, logSampleRate: number, more: Json = {}) =>
  product.apiOk('PUT', `/routes/${pool}`, { host: `${pool}.test`, pool, logSampleRate, ...more });

const archived = async (product: Product): Promise<Json[]> =>
  [...(await product.bucket('LOG_BUCKET')).values()].flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );

test('10,000 requests: status, metrics, log lines and R2 objects count the same per backend', {
  timeout: LONG_MS,
}, async () => {
  const { product, mappings } = await startLogged({ buckets: ['LOG_BUCKET'] });
  const origins = [
    await startConfigurableBackend(),
    await startConfigurableBackend(),
    await startConfigurableBackend(),
  ];
  const [a, b, c] = named(...origins);
  const pool = await servePool(product, 'counted', [{ ...a, weight: 5 }, b, c]);
  await logAll(product, 'counted', 1);
  const answers = await many(10_000, 32, (i) => pool.get(`/${i}?secret=${i}`));
  const counts = tally(answers.map(({ backend }) => backend!));
  const hits = { a: origins[0]!.hits, b: origins[1]!.hits, c: origins[2]!.hits };
  expect(hits).toEqual(counts);
  const total = (read: Json) => Object.values(read as Record<string, number>).reduce((x, y) => x + y, 0);
  const all = async (read: () => Promise<Json> | Json) =>
    expect(await eventually(read, (found) => total(found) >= 10_000, 20_000, 200)).toEqual(counts);

  await all(() => tally(mappings().map(({ backend }) => backend)));
  await all(async () => {
    const { backends } = await product.apiOk('GET', '/pools/counted/status');
    return Object.fromEntries(backends.map((row: Json) => [row.id, row.requests]));
  });
  await all(async () => {
    const text = await (
      await fetch(`${product.url}/api/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
    ).text();
    const { samples } = parseMetrics(text).get('evenkeel_requests_total')!;
    return Object.fromEntries(samples.map(({ labels, value }) => [labels.backend, value]));
  });
  await all(async () => tally((await archived(product)).map(({ backend }) => backend)));

  const ids = new Set((await archived(product)).map(({ requestId }) => requestId));
  expect(ids.size).toBe(10_000);
  const objects = await product.bucket('LOG_BUCKET');
  expect(objects.size).toBeLessThan(1_000);
  for (const key of objects.keys())
    expect(key).toMatch(/^\d{4}\/\d\d\/\d\d\/\d\d\/[0-9a-f]{16}-\d+\.ndjson$/);
  expect([...objects.values(), JSON.stringify(mappings())].join('')).not.toMatch(/secret|127\.0\.0\.1/);
});

/** A bucket that fails the first two writes of every key, and shows what it holds under any path. */
const FORGETFUL_BUCKET = `import { WorkerEntrypoint } from 'cloudflare:workers';
const tries = {}, objects = {};
export default class extends WorkerEntrypoint {
  put(key, text) {
    tries[key] = (tries[key] ?? 0) + 1;
    if (tries[key] <= 2) throw new Error('the bucket is away');
    objects[key] = text;
  }
  fetch() {
    return Response.json({ tries, objects });
  }
}`;

test('a consumer that fails twice loses no mapping and writes none twice', { timeout: LONG_MS }, async () => {
  const { product } = await startLogged({ services: { LOG_BUCKET: FORGETFUL_BUCKET } });
  const pool = await servePool(
    product,
    'failing',
    named(await startConfigurableBackend(), await startConfigurableBackend()),
  );
  await logAll(product, 'failing', 1);
  await servePool(product, 'bucket', [{ id: 'bucket', binding: 'LOG_BUCKET' }]);
  const sent = await many(200, 8, () => pool.get());
  const read = async (): Promise<Json> => JSON.parse((await product.get('bucket.test', '/')).text);
  const kept = ({ objects }: Json): string[] =>
    (Object.values(objects) as string[]).flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).requestId),
    );
  const { tries, objects } = await eventually(read, (bucket) => kept(bucket).length >= sent.length, 40_000);
  const ids = sent.map(({ headers }) => headers['x-request-id']);
  expect(kept({ objects }).toSorted()).toEqual(ids.toSorted());
  expect(new Set(Object.values(tries))).toEqual(new Set([3]));
});

test('without a rate only failures and retries are logged, each with all fields to look for it', async () => {
  const { product, mappings } = await startLogged({ buckets: ['LOG_BUCKET'] });
  const dead = { url: `http://127.0.0.1:${await deadPort()}` };
  const pool = await servePool(product, 'rare', named(dead, await startConfigurableBackend()), {
    ejection: { failures: 100 },
  });
  await pool.sequence(6);
  const lines = await eventually(mappings, (all) => all.length >= 3);
  expect(
    lines.map(({ path, tried, retries, backend, status }) => [path, tried, retries, backend, status]),
  ).toEqual(['/0', '/2', '/4'].map((path) => [path, 'a;connect-failure, b;200', 1, 'b', 200]));
  const failing = await servePool(product, 'failing', named(dead));
  expect((await failing.get('/x')).status).toBe(502);
  const own = await eventually(mappings, (all) => all.length >= 4);
  expect(own.at(-1)).toMatchObject({
    pool: 'failing',
    backend: null,
    status: 502,
    tried: 'a;connect-failure',
  });
  const rows = await eventually(
    () => archived(product),
    (all) => all.length >= 4,
    20_000,
    200,
  );
  const { message, tried, retries, ...mapping } = own.at(-1);
  expect(rows.find(({ requestId }) => requestId === mapping.requestId)).toEqual(mapping);
});

test('where Analytics Engine is bound, each logged mapping is one data point', async () => {
  const dataset = `import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  writeDataPoint(point) {
    console.log(JSON.stringify({ point }));
  }
}`;
  const { product, lines } = await startLogged({ services: { ANALYTICS: dataset } });
  const pool = await servePool(product, 'points', named(await startConfigurableBackend()));
  await logAll(product, 'points', 1);
  const { headers } = await pool.get('/cart?secret=1');
  const { point } = await eventually(
    () => lines.find((line) => line?.point),
    (line) => line !== undefined,
  );
  expect(point.indexes).toEqual(['points']);
  const columns = [
    'points',
    'points',
    'a',
    'policy',
    'GET',
    'points.test',
    '/cart',
    'a;200',
    expect.any(String),
  ];
  expect(point.blobs).toEqual([...columns, headers['x-request-id']]);
  expect(point.doubles).toEqual([200, expect.any(Number), 1, 1]);
});

test('a sampled route logs about its share, and the object’s ring takes all', async () => {
  const { product, mappings } = await startLogged();
  const pool = await servePool(product, 'sampled', named(await startConfigurableBackend()));
  await logAll(product, 'sampled', 0.2);
  const end = await servePool(product, 'end', named({ url: `http://127.0.0.1:${await deadPort()}` }));
  await many(1_000, 16, () => pool.get());
  const ring = async () => (await product.apiOk('GET', '/requests?pool=sampled&limit=1000')).requests;
  await eventually(ring, (all) => all.length === 1_000);
  // Failures are always logged, after what was logged before.
  await end.get();
  await eventually(mappings, (all) => all.some((line) => line.pool === 'end'));
  // Five standard deviations to either side; that each draw decides is a case of test/unit/log/sinks.test.ts.
  expect(Math.abs(mappings().filter((line) => line.pool === 'sampled').length - 200)).toBeLessThan(64);
});
