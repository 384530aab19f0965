/** Draining with a finish line: who still comes, when it is safe, and the deadline that ends it. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { named, servePool, spawnOrigins, startConfigurableBackend } from '../../support/product/pools.ts';
import { eventually, from, type Json, type Product, startProduct } from '../../support/product/product.ts';
import { watch } from '../../support/product/watcher.ts';

const WINDOW_MS = 3_000;
const LIFE_MS = 4_000;

let product: Product;
beforeAll(async () => {
  product = await startProduct({
    vars: { DRAIN_WINDOW_MS: String(WINDOW_MS), WEBSOCKET_LIFE_MS: String(LIFE_MS) },
  });
});
afterAll(() => product.stop());

/** A pool whose clients stick by cookie. */
async function serveSticky(id: string, backends: Json[]) {
  const pool = await servePool(product, id, backends);
  await product.apiOk('PUT', `/routes/${id}`, { host: pool.host, pool: id, affinity: 'cookie' });
  const visit = (headers: Record<string, string>) => pool.get('/', { headers });
  /** A new client from an address of its own; returns who answered and what the client sends from now on. */
  const arrive = async (n: number) => {
    const address = from({ ip: `198.51.100.${n}` });
    const answer = await visit(address);
    const cookie = answer.headers['set-cookie']![0]!.split(';')[0]!;
    return { backend: answer.backend!, headers: { ...address, cookie } };
  };
  return { ...pool, visit, arrive };
}

const drainPath = (pool: string, backend: string) => `/pools/${pool}/backends/${backend}/drain`;

test('clients and a WebSocket hold a drain up; once they have gone it is safe, and not before', async () => {
  const pool = await serveSticky('line', named(...(await spawnOrigins('a', 'b'))));
  const clients = [await pool.arrive(1), await pool.arrive(2), await pool.arrive(3), await pool.arrive(4)];
  const pinned = clients.filter(({ backend }) => backend === 'a');
  expect(pinned.length).toBe(2);
  const socket = new WebSocket(`ws://127.0.0.1:${product.port}/ws`, {
    headers: { host: pool.host, ...pinned[0]!.headers },
  });
  await once(socket, 'open');
  onTestFinished(() => socket.terminate());

  const watcher = await watch(product);
  const begun = await product.apiOk('PUT', drainPath('line', 'a'), {});
  expect(begun.drain).toMatchObject({ pool: 'line', backend: 'a', disableAt: null });
  const { since } = begun.drain;
  const counts = await eventually(
    () => pool.status('a'),
    (row) => row.openWebSockets === 1 && row.affinityClients === 2,
  );
  expect(counts.drain).toMatchObject({ since, disableAt: null, safeToRemove: false });
  expect(counts.drain.why).toMatch(
    /^2 clients in the last 3 seconds; 1 WebSocket was opened in the last 4 s/,
  );
  expect(await pool.status('b')).toMatchObject({ affinityClients: 2, openWebSockets: 0, drain: null });

  while (Date.now() < since + WINDOW_MS + 1_000) {
    const answers = await Promise.all(pinned.map(({ headers }) => pool.visit(headers)));
    expect(answers.map(({ backend }) => backend)).toEqual(['a', 'a']);
    expect((await pool.status('a')).drain.safeToRemove).toBe(false);
  }
  const lastAt = Date.now();
  socket.close();
  const safe = await eventually(
    () => pool.status('a'),
    ({ drain }) => drain.safeToRemove,
    30_000,
    100,
  );
  expect(Date.now()).toBeGreaterThanOrEqual(lastAt + WINDOW_MS - 1_000);
  expect(safe).toMatchObject({ affinityClients: 0, openWebSockets: 0, state: 'draining' });
  expect(safe.drain.why).toBe(
    'no client for 3 seconds, and no WebSocket was opened through it for 4 seconds',
  );
  await eventually(
    () => watcher.backend('line', 'a'),
    ({ drain }) => drain.safeToRemove,
    15_000,
  );
  expect(safe.drain.safeAt).toBeLessThanOrEqual(Date.now());
});

test('clients seen outlive the object: a restart makes no drain look safe', async () => {
  const pool = await serveSticky('evicted', named(await startConfigurableBackend()));
  await pool.arrive(1);
  await pool.patch('a', { state: 'draining' });
  await eventually(
    () => pool.status('a'),
    (row) => row.affinityClients === 1,
  );
  let rows = -1;
  const isSettled = async () => {
    const last = rows;
    rows = (await product.apiOk('GET', '/pools/evicted/status')).shards[0].rowsWritten;
    return rows === last;
  };
  await eventually(isSettled, Boolean, 5_000, 1_100);
  const before = await pool.status('a');
  await product.evict('Pool', 'evicted/0');
  const after = await pool.status('a');
  expect(after.drain.safeAt).toBe(before.drain.safeAt);
});

test('a deadline disables the backend, as a revision by the drain deadline, and survives a restart', async () => {
  const own = await startProduct();
  onTestFinished(() => own.stop());
  const [a, b] = [await startConfigurableBackend(), await startConfigurableBackend()];
  const pool = await servePool(own, 'ends', named(a, b, await startConfigurableBackend()));
  const hour = await own.apiOk('PUT', drainPath('ends', 'c'), { disableAfterMs: 3_600_000 });
  await pool.patch('c', { weight: 7 });
  const { drain } = await own.apiOk('PUT', drainPath('ends', 'a'), { disableAfterMs: 2_000 });
  expect(Math.abs(drain.disableAt - drain.since - 2_000)).toBeLessThan(1_000);
  await pool.patch('a', { weight: 7 });
  await own.restart();
  const { since, disableAt } = hour.drain;
  expect(await pool.status('c')).toMatchObject({ weight: 7, drain: { since, disableAt } });
  const ended = await eventually(
    () => pool.status('a'),
    ({ state }) => state === 'disabled',
    40_000,
    100,
  );
  expect(Date.now()).toBeGreaterThanOrEqual(drain.disableAt);
  expect(ended).toMatchObject({ drain: null, status: 'disabled', weight: 7 });
  const { revision, events } = await own.apiOk('GET', '/events');
  expect(events[0]).toMatchObject({
    kind: 'config',
    revision,
    who: 'drain deadline',
    path: 'pools[ends].backends[a].state',
    from: 'draining',
    to: 'disabled',
  });
  expect(new Set(await pool.sequence(6))).toEqual(new Set(['b']));
});

test('a change by hand cancels the deadline, and so does the end of the drain', async () => {
  const pool = await servePool(
    product,
    'cancelled',
    named(
      await startConfigurableBackend(),
      await startConfigurableBackend(),
      await startConfigurableBackend(),
      await startConfigurableBackend(),
    ),
  );
  const within = { disableAfterMs: 3_000 };
  await product.apiOk('PUT', drainPath('cancelled', 'a'), within);
  await product.apiOk('PUT', drainPath('cancelled', 'b'), within);
  await product.apiOk('PUT', drainPath('cancelled', 'c'), within);
  await product.apiOk('PUT', drainPath('cancelled', 'd'), { disableAfterMs: 3_500 });
  await pool.patch('a', { state: 'active' });
  await product.apiOk('DELETE', drainPath('cancelled', 'b'));
  await product.apiOk('PUT', drainPath('cancelled', 'c'), {});
  await eventually(
    () => pool.status('d'),
    ({ state }) => state === 'disabled',
  );
  const states = (await product.apiOk('GET', '/pools/cancelled/status')).backends.map(
    (row: Json) => row.state,
  );
  expect(states).toEqual(['active', 'active', 'draining', 'disabled']);
  expect((await pool.status('c')).drain.disableAt).toBeNull();
});

test('a wrong drain is refused with its fault', async () => {
  await servePool(product, 'wrong', named(await startConfigurableBackend()));
  const path = drainPath('wrong', 'a');
  expect((await product.api('GET', path)).status).toBe(404);
  expect((await product.api('DELETE', path)).status).toBe(404);
  expect((await product.api('PUT', drainPath('wrong', 'z'), {})).status).toBe(404);
  const { status, body } = await product.api('PUT', path, { disableAfterMs: 0.5 });
  expect(status).toBe(400);
  expect(body.errors[0].path).toBe('disableAfterMs');
  await product.apiOk('PUT', path, { disableAfterMs: null });
  expect((await product.apiOk('GET', path)).drain).toMatchObject({
    pool: 'wrong',
    backend: 'a',
    disableAt: null,
  });
});
