/** What a restart of the runtime leaves as it was. */
import { expect, onTestFinished, test } from 'vitest';
import { named, servePool, startConfigurableBackend } from '../../support/product/pools.ts';
import { eventually, startProduct, tally } from '../../support/product/product.ts';

test('configuration, counters, position and recent mappings survive a restart', async () => {
  const product = await startProduct();
  onTestFinished(() => product.stop());
  const pool = await servePool(
    product,
    'kept',
    named(
      await startConfigurableBackend(),
      await startConfigurableBackend(),
      await startConfigurableBackend(),
    ),
  );
  expect(tally(await pool.sequence(10))).toEqual({ a: 4, b: 3, c: 3 });
  const config = await product.apiOk('GET', '/config');
  const mappings = async () => (await product.apiOk('GET', '/requests?limit=1000')).requests;
  const before = await eventually(mappings, (all) => all.length === 10);
  // Counters and position are written behind, at most a second late: wait until nothing more is written.
  let rows = -1;
  const isSettled = async () => {
    const last = rows;
    rows = (await product.apiOk('GET', '/pools/kept/status')).shards[0].rowsWritten;
    return rows === last;
  };
  await eventually(isSettled, Boolean, 20_000, 1_200);
  await product.restart();
  expect(await product.apiOk('GET', '/config')).toEqual(config);
  expect(await mappings()).toEqual(before);
  expect((await pool.status('a')).requests).toBe(4);
  expect(await pool.sequence(3)).toEqual(['b', 'c', 'a']);
});
