import { afterAll, beforeAll, expect, test } from 'vitest';
import { deadPort } from '../../support/origins.ts';
import { named, servePool, startConfigurableBackend } from '../../support/product/pools.ts';
import { eventually, many, type Product, startProduct } from '../../support/product/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

test('the ring keeps the newest 1,000 mappings however long they are, and all that is stored with them', async () => {
  const a = await startConfigurableBackend();
  await product.apiOk('PUT', '/config', {
    pools: [{ id: 'ring', backends: named(a) }],
    routes: [{ id: 'ring', host: '*.ring.test', pool: 'ring' }],
  });
  const host = `${'long.'.repeat(1_200)}ring.test`;
  await many(1_200, 16, (i) => product.get(host, `/${i}/${'p'.repeat(4_000)}`));
  const rows = async () => (await product.apiOk('GET', '/pools/ring/status')).backends[0].requests;
  await eventually(rows, (requests) => requests === 1_200);
  let written = -1;
  const isSettled = async () => {
    const last = written;
    written = (await product.apiOk('GET', '/pools/ring/status')).shards[0].rowsWritten;
    return written === last;
  };
  await eventually(isSettled, Boolean, 20_000, 1_200);
  await product.restart();
  expect(await rows()).toBe(1_200);
  const { requests, sampled } = await product.apiOk('GET', '/requests?pool=ring&limit=1000');
  // A burst is recorded whole.
  expect(sampled).toBe(1);
  expect(requests).toHaveLength(1_000);
  expect(requests[0].host.length + requests[0].path.length).toBeLessThan(800);
  expect((await product.api('GET', '/requests?limit=1001')).status).toBe(400);
});

test('ten retries fit in one short header', async () => {
  const sick = await startConfigurableBackend(503);
  const ids = times(11, (i) => `${String.fromCharCode(97 + i)}${'x'.repeat(62)}`);
  const pool = await servePool(
    product,
    'retries',
    ids.map((id) => ({ id, url: sick.url })),
    {
      retry: { maxRetries: 10 },
    },
  );
  const { status, headers } = await pool.get();
  expect(status).toBe(503);
  const attempts = String(headers['x-backend-attempts']);
  expect(attempts.split(', ')).toEqual(ids.map((id) => `${id};503`));
});

test('a body of bodyLimitBytes is kept and sent again; a byte more goes out once', async () => {
  const dead = { url: `http://127.0.0.1:${await deadPort()}` };
  const pool = await servePool(product, 'bodies', named(dead, await startConfigurableBackend()), {
    retry: { bodyLimitBytes: 1_000 },
    ejection: { failures: 1_000, failurePercent: 0 },
    maxLease: 1,
  });
  const put = async (length: number) => {
    const answers = await many(2, 1, () => pool.get('/', { method: 'PUT', body: 'x'.repeat(length) }));
    return answers.map(({ status }) => status).toSorted();
  };
  expect(await put(1_000)).toEqual([200, 200]);
  expect(await put(1_001)).toEqual([200, 502]);
});

test('a genuine affinity cookie counts only as it was written, not in a longer spelling', async () => {
  const pool = await servePool(
    product,
    'spelt',
    named(await startConfigurableBackend(), await startConfigurableBackend()),
  );
  await product.apiOk('PUT', '/routes/spelt', { host: pool.host, pool: 'spelt', affinity: 'cookie' });
  const first = await pool.get();
  const cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
  const [name, value] = cookie.split('=') as [string, string];
  const [tag, time, mac] = value.split('.');
  expect((await pool.get('/', { headers: { cookie } })).headers['set-cookie']).toBeUndefined();
  for (const other of [
    `${value}.more`,
    `${tag}.${time}!!.${mac}`,
    `${tag}.${time!.toUpperCase()}.${mac}`,
    `${tag}.0${time}.${mac}`,
  ])
    expect(
      (await pool.get('/', { headers: { cookie: `${name}=${other}` } })).headers['set-cookie'],
      other,
    ).toBeDefined();
});
