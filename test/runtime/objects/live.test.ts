/** The live view: who may watch, what comes and how often, and that it goes on after the objects have been evicted. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAPPINGS_PER_MESSAGE } from '../../../worker/objects/directory/live.ts';
import { LARGEST_BATCH } from '../../../worker/proxy/pool-client/outbox.ts';
import { named, servePool, startConfigurableBackend, startLoad } from '../../support/product/pools.ts';
import { eventually, type Product, startProduct, TOKEN } from '../../support/product/product.ts';
import { refusal, watch } from '../../support/product/watcher.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const yes = Boolean as unknown as (value: unknown) => boolean;

test('the live view needs a session, and takes one only from the dashboard itself', async () => {
  expect(await refusal(product, {})).toBe(401);
  const login = await fetch(`${product.url}/api/session`, {
    method: 'POST',
    body: JSON.stringify({ token: TOKEN }),
  });
  const cookie = login.headers.get('set-cookie')!.split(';')[0]!;
  expect(await refusal(product, { cookie })).toBe(403);
  expect(await refusal(product, { cookie, origin: 'https://elsewhere.test' })).toBe(403);
  const watcher = await watch(product, { cookie, origin: product.url });
  await eventually(() => watcher.messages.length > 0, yes);
  expect((await product.api('GET', '/live')).status).toBe(426);
});

test('a viewer gets the revision, traffic, changes and events; ping is answered', async () => {
  const [a, b] = [await startConfigurableBackend(), await startConfigurableBackend()];
  const pool = await servePool(product, 'seen', named(a, b), { ejection: { failures: 2 } });
  const watcher = await watch(product);
  const { revision } = await product.apiOk('GET', '/config');
  await eventually(() => watcher.messages[0], yes);
  expect(watcher.messages[0]).toMatchObject({ type: 'revision', revision });
  await eventually(() => watcher.backend('seen', 'a')?.requests === 0, yes);

  await pool.sequence(6);
  await eventually(() => watcher.backend('seen', 'b')?.requests === 3, yes);
  const paths = () => {
    const mappings = watcher.items('mappings', 'mappings').filter((mapping) => mapping.pool === 'seen');
    return mappings.map((mapping) => mapping.path);
  };
  expect(await eventually(paths, (all) => all.length >= 6)).toEqual(['/0', '/1', '/2', '/3', '/4', '/5']);

  await pool.patch('b', { weight: 3 });
  await eventually(() => watcher.backend('seen', 'b').weight === 3, yes);
  const change = () => watcher.items('events', 'events').find((event) => event.revision === revision + 1);
  expect(await eventually(change, Boolean)).toMatchObject({
    kind: 'config',
    path: 'pools[seen].backends[b].weight',
    from: 1,
    to: 3,
  });

  a.status = 503;
  await pool.sequence(20);
  await eventually(() => watcher.backend('seen', 'a').status === 'ejected', yes);
  await eventually(() => watcher.items('events', 'events').some((event) => event.kind === 'ejected'), yes);
  // Reports may still be on their way: what is pushed and what can be asked agree once they have arrived.
  const agree = async () =>
    (await pool.status('b')).requests === watcher.backend('seen', 'b').requests &&
    (await pool.status('a')).status === watcher.backend('seen', 'a').status;
  await eventually(agree, yes);

  const heard: string[] = [];
  watcher.socket.on('message', (data) => heard.push(String(data)));
  watcher.socket.send('ping');
  await eventually(() => heard.includes('pong'), yes);
});

test('at most one message of each type in a second, however much traffic there is', async () => {
  const pool = await servePool(
    product,
    'much',
    named(await startConfigurableBackend(), await startConfigurableBackend()),
  );
  const startedAt = performance.now();
  const watcher = await watch(product);
  const load = startLoad(() => pool.get(), 4);
  await eventually(() => watcher.messages.filter((message) => message.type === 'mappings').length >= 5, yes);
  await load.stop();
  for (const type of ['status', 'mappings']) {
    const times = watcher.messages.filter((message) => message.type === type).map((one) => one.arrivedAt);
    // A message may come late, so that the next one is close behind it; but none comes before its second.
    for (const [i, time] of times.entries()) expect(time - startedAt).toBeGreaterThan((i - 1) * 1_000);
  }
  const longest = Math.max(...watcher.messages.map((message) => (message.mappings ?? []).length));
  // The batch that reaches the limit goes whole.
  expect(longest).toBeLessThan(MAPPINGS_PER_MESSAGE + LARGEST_BATCH);
});

test('a pool of several shards is shown as one sum', async () => {
  const pool = await servePool(product, 'many', named(await startConfigurableBackend()), { sharding: 3 });
  const watcher = await watch(product);
  await pool.sequence(5);
  await eventually(() => watcher.backend('many', 'a')?.requests === 5, yes);
});

test('evicted objects go on reporting, and the sums are whole', async () => {
  const pool = await servePool(
    product,
    'evicted',
    named(await startConfigurableBackend(), await startConfigurableBackend()),
  );
  const watcher = await watch(product);
  await pool.sequence(4);
  await eventually(() => watcher.backend('evicted', 'a')?.requests === 2, yes);
  // What is written behind has been written once the figures stay.
  let rows = -1;
  const settled = async () => {
    const last = rows;
    rows = (await product.apiOk('GET', '/pools/evicted/status')).shards[0].rowsWritten;
    return rows === last;
  };
  await eventually(settled, yes, 20_000, 1_200);
  await product.evict('Directory', 'directory');
  await product.evict('Pool', 'evicted/0');
  await pool.sequence(4);
  await eventually(() => watcher.backend('evicted', 'a')?.requests === 4, yes);
  const later = await watch(product);
  await eventually(() => later.backend('evicted', 'a')?.requests === 4, yes);
});

test('when the last watcher has gone, Pool objects push nothing more', async () => {
  const pool = await servePool(product, 'quiet', named(await startConfigurableBackend()));
  const watcher = await watch(product);
  await pool.get();
  await eventually(() => watcher.backend('quiet', 'a')?.requests === 1, yes);
  await watcher.close();
  let last = -1;
  const isSilent = async () => {
    await pool.sequence(3);
    const pushes = (await product.apiOk('GET', '/pools/quiet/status')).shards[0].livePushes;
    const same = pushes === last;
    last = pushes;
    return same;
  };
  await eventually(isSilent, yes, 20_000, 1_500);
});
