/** How often a Worker asks a Pool object before it answers: never for a pinned client, ever less under load. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { echo, type Origin, startOrigin } from '../../support/origins.ts';
import { named, servePool } from '../../support/product/pools.ts';
import { eventually, from, many, type Product, startProduct } from '../../support/product/product.ts';

const WRAPPER = fileURLToPath(new URL('../../support/product/counting-objects.js', import.meta.url));
let product: Product;
let origins: Origin[];

beforeAll(async () => {
  origins = await Promise.all(['a', 'b', 'c'].map((id) => startOrigin(echo(id))));
  product = await startProduct({ wrapper: WRAPPER });
});
afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

const REQUESTS = 400;
/** How many slots each call since the last look asked for, in order; 0 only asks how things stand. */
const takeAsked = async (): Promise<number[]> => JSON.parse((await product.get('asked.test', '/')).text);
/** From now on, until the next look, the object's answer is an error. */
const sendAway = () => product.get('asked.test', '/away');

test('with maxLease 1 and maxStaleMs 0 every request asks for its slot', async () => {
  const pool = await servePool(product, 'strict', named(...origins), { maxLease: 1, maxStaleMs: 0 });
  await takeAsked();
  await pool.sequence(REQUESTS);
  const asked = await takeAsked();
  expect(asked.filter((want) => want === 1).length).toBeGreaterThanOrEqual(REQUESTS);
});

test.each(['cookie', 'ip'])(
  'a client pinned by %s costs no call before its response, but one after a second of silence',
  async (affinity) => {
    const pool = await servePool(product, affinity, named(...origins));
    await product.apiOk('PUT', `/routes/${affinity}`, {
      id: affinity,
      host: pool.host,
      pool: affinity,
      affinity,
    });
    const first = await pool.get('/', { headers: from({ ip: '192.0.2.1' }) });
    const cookie = first.headers['set-cookie']?.[0]?.split(';')[0];
    const headers = { ...from({ ip: '192.0.2.1' }), ...(cookie ? { cookie } : {}) };
    await takeAsked();
    const startedAt = performance.now();
    const answers = await many(REQUESTS, 1, () => pool.get('/', { headers }));
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(new Set(answers.map(({ backend }) => backend))).toEqual(new Set([first.backend]));
    // The first visit's report brings a slot, and that one goes back.
    expect((await takeAsked()).length).toBeLessThanOrEqual(2 + seconds);
  },
);

test('an object that fails is asked again a few times a second, not by every request; they go on meanwhile', async () => {
  const pool = await servePool(product, 'away', named(...origins), { maxLease: 1 });
  await pool.get();
  await sendAway();
  const startedAt = performance.now();
  const used = await pool.sequence(REQUESTS);
  const seconds = (performance.now() - startedAt) / 1_000;
  const asked = await takeAsked();
  expect(new Set(used)).toEqual(new Set(['a', 'b', 'c']));
  // Four probes a second, and as many tries of batches.
  expect(asked.length).toBeLessThanOrEqual(8 * seconds + 8);
  expect(asked.length).toBeLessThan(REQUESTS / 2);
  // It answers again: soon its slots are used again.
  await eventually(
    async () => {
      await pool.get();
      return takeAsked();
    },
    (wants) => wants.includes(1),
  );
});

test('under load an isolate asks for more and more slots up to maxLease, and for 1 again when the load is gone', async () => {
  const pool = await servePool(product, 'busy', named(...origins));
  await takeAsked();
  await many(3_000, 16, () => pool.get());
  const busy = (await takeAsked()).filter((want) => want > 0);
  expect(busy[0]).toBe(1);
  expect(Math.max(...busy)).toBe(64);
  expect(busy.length).toBeLessThan(3_000 * 0.05);
  // The calls that bring requests bring slots back.
  expect(Number((await product.get('asked.test', '/carried')).text)).toBeGreaterThan(0);
  const again = async () => {
    await pool.get();
    return takeAsked();
  };
  // One request in more than a lease's life: each lease expires all but unused, and the next is half as large.
  const idle = await eventually(again, (asked) => asked.includes(1), 20_000, 1_050);
  // A slot that was left over may go back in a call of its own first.
  expect(idle.filter((want) => want > 0)).toEqual([1]);
});
