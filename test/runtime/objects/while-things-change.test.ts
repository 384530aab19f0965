/** What the chaos runs found, each as a case of its own: changes and lost replies in the middle of a request. */
import { once } from 'node:events';
import http from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ORDERS_HOST, orderOf, writeWrappedWorker } from '../../chaos/object-faults.ts';
import { named, servePool, startConfigurableBackend, startForTest } from '../../support/product/pools.ts';
import {
  eventually,
  type Json,
  type Product,
  send,
  startProduct,
  TOKEN,
} from '../../support/product/product.ts';
import { parseMetrics } from '../../support/product/prometheus.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct({ script: writeWrappedWorker() });
});
afterAll(() => product.stop());

/** Attempts counted, by backend id. */
async function counted(pool: string): Promise<Record<string, number>> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const text = await (await fetch(`${product.url}/api/metrics`, { headers })).text();
  const samples = parseMetrics(text).get('evenkeel_requests_total')?.samples ?? [];
  const own = samples.filter(({ labels }) => labels.pool === pool);
  return Object.fromEntries(own.map(({ labels, value }) => [labels.backend!, value]));
}

test('a report whose reply is lost is sent again and counts once', async () => {
  const pool = await servePool(
    product,
    'lost',
    named(await startConfigurableBackend(), await startConfigurableBackend()),
  );
  await pool.sequence(4);
  expect((await send(product.port, ORDERS_HOST, orderOf('throw late', 'Pool', 1_500))).text).toBe('noted');
  const end = performance.now() + 2_000;
  let sent = 4;
  while (performance.now() < end) {
    await pool.sequence(20);
    sent += 20;
  }
  const sum = async () => Object.values(await counted('lost')).reduce((a, b) => a + b, 0);
  await eventually(sum, (n) => n >= sent);
  await pool.sequence(2);
  await eventually(sum, (n) => n >= sent + 2);
  expect(await sum()).toBe(sent + 2);
});

test('requests of a backend just before it was removed still count', async () => {
  const [a, b] = named(await startConfigurableBackend(), await startConfigurableBackend());
  const pool = await servePool(product, 'late', [a, b]);
  await pool.sequence(6);
  await product.apiOk('DELETE', '/pools/late/backends/a');
  await eventually(
    () => counted('late'),
    (all) => all.b === 3,
  );
  await product.apiOk('PUT', '/pools/late/backends/a', a);
  expect(await counted('late')).toEqual({ a: 3, b: 3 });
});

test('a list of backends that becomes shorter while a body is on its way costs no request', async () => {
  const backends = named(
    await startConfigurableBackend(),
    await startConfigurableBackend(),
    await startConfigurableBackend(),
  );
  const pool = await servePool(product, 'shrinks', backends);
  expect(await pool.sequence(2)).toEqual(['a', 'b']);
  const request = http.request({
    ...{ host: '127.0.0.1', port: product.port, path: '/', method: 'PUT' },
    headers: { host: pool.host, 'content-length': 10 },
  });
  request.write('first');
  await eventually(
    async () => (await product.apiOk('GET', '/pools/shrinks/status')).shards[0].objectCalls,
    (calls) => calls >= 3,
  );
  for (const id of ['a', 'b']) await product.apiOk('DELETE', `/pools/shrinks/backends/${id}`);
  request.end('second'.slice(0, 5));
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  expect(response.statusCode).toBe(200);
  expect(response.headers['x-backend-used']).toBe('c');
});

test('an order that changes while a backend is asked does not send the retry there again', async () => {
  let release: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    release = resolve;
  });
  let arrived = 0;
  const slow = await startForTest(async (_, response) => {
    arrived++;
    await asked;
    response.writeHead(503).end();
  });
  const backends: Json[] = named(slow, await startConfigurableBackend());
  const pool = await servePool(product, 'turned', backends);
  const answer = pool.get();
  await eventually(
    () => arrived,
    (n) => n === 1,
  );
  await product.apiOk('PUT', '/pools/turned', { backends: backends.toReversed() });
  release();
  expect((await answer).headers['x-backend-attempts']).toBe('a;503, b;200');
});

test('a pinned client whose request carries a probe that fails is answered by its own backend', async () => {
  const [a, b, c] = [
    await startConfigurableBackend(),
    await startConfigurableBackend(),
    await startConfigurableBackend(),
  ];
  const ejection = { failures: 1, baseMs: 100, maxMs: 100 };
  const pool = await servePool(product, 'pinned', named(a, b, c), { ejection, maxLease: 1 });
  await product.apiOk('PUT', '/routes/pinned', { host: pool.host, pool: 'pinned', affinity: 'cookie' });
  const cookie = (await pool.get()).headers['set-cookie']![0]!.split(';')[0]!;
  const own = (await pool.get('/', { headers: { cookie } })).backend!;
  const others = { a, b, c };
  // In the list, the next after the sick one is not the client's own.
  const sick = ({ a: 'b', b: 'c', c: 'a' } as const)[own as 'a' | 'b' | 'c'];
  others[sick].status = 503;
  await eventually(
    async () => {
      await pool.get();
      return pool.status(sick);
    },
    ({ status }) => status === 'ejected',
  );
  const used = new Set<string | undefined>();
  // Until one of its requests did carry a probe.
  const attempts = async () => {
    const { backend, headers } = await pool.get('/', { headers: { cookie } });
    used.add(backend);
    return headers['x-backend-attempts'];
  };
  await eventually(attempts, (tried) => String(tried).startsWith(`${sick};503, `));
  expect([...used]).toEqual([own]);
});

test('Expect: 100-continue is not passed on: the backend’s 100 would be taken for its answer', async () => {
  const a = await startConfigurableBackend();
  const pool = await servePool(product, 'expects', named(a));
  const headers = { expect: '100-continue', 'content-length': 0 };
  const answers = [await pool.get('/', { headers }), await pool.get(), await pool.get('/', { headers })];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
});
