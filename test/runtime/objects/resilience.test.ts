/** The data plane outlives the control plane: objects that throw or hang do not stop traffic. */
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { deadPort } from '../../support/origins.ts';
import { named, servePool, startConfigurableBackend } from '../../support/product/pools.ts';
import {
  eventually,
  type Json,
  many,
  type Product,
  startProduct,
  tally,
} from '../../support/product/product.ts';

const WRAPPER = fileURLToPath(new URL('../../support/product/failing-objects.js', import.meta.url));
type Modes = Partial<Record<'Directory' | 'Pool', 'ok' | 'throw' | 'hang'>>;

/** The product with objects that begin in these modes; STATIC_CONFIG where given. */
async function start(modes: Modes = {}, declared?: Json): Promise<Product> {
  const vars = {
    MODES: JSON.stringify(modes),
    ...(declared ? { STATIC_CONFIG: JSON.stringify(declared) } : {}),
  };
  const product = await startProduct({ wrapper: WRAPPER, vars });
  onTestFinished(() => product.stop());
  return product;
}

const setModes = (product: Product, modes: Modes) =>
  product.get('modes.test', '/', { method: 'PUT', body: JSON.stringify(modes) });

test.each<[string, Modes]>([
  ['the Pool object throws', { Pool: 'throw' }],
  ['the Pool object hangs', { Pool: 'hang' }],
  ['the Directory throws', { Directory: 'throw' }],
  ['the Directory hangs', { Directory: 'hang' }],
  ['both throw', { Directory: 'throw', Pool: 'throw' }],
  ['both hang', { Directory: 'hang', Pool: 'hang' }],
])('while %s traffic goes on by weight, fails over, and all is as before afterwards', async (_, modes) => {
  const product = await start();
  const dead = { url: `http://127.0.0.1:${await deadPort()}` };
  const [a, b, c] = named(await startConfigurableBackend(), await startConfigurableBackend(), dead);
  const pool = await servePool(product, 'shop', [{ ...a, weight: 2 }, b]);
  const sick = await servePool(product, 'sick', [c, b]);
  expect((await pool.sequence(3)).join('')).toBe('aba');
  expect((await sick.get()).status).toBe(200);

  await setModes(product, modes);
  const answers = await many(150, 8, () => pool.get());
  expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 150 });
  const shares = tally(answers.map(({ backend }) => backend!));
  expect(Math.abs(shares.a! - 100)).toBeLessThanOrEqual(4);
  const other = await many(20, 4, () => sick.get());
  expect(tally(other.map(({ status, backend }) => `${status} ${backend}`))).toEqual({ '200 b': 20 });

  await setModes(product, { Directory: 'ok', Pool: 'ok' });
  await eventually(
    async () => {
      await pool.get();
      return (await product.api('GET', '/pools/shop/status')).status;
    },
    (status) => status === 200,
  );
  await pool.patch('a', { state: 'disabled' });
  await eventually(
    async () => tally(await pool.sequence(10)),
    ({ b: count }) => count === 10,
  );
});

test('while the Directory throws, the API answers with a problem document, and changes nothing', async () => {
  const product = await start();
  const [a] = named(await startConfigurableBackend());
  const pool = await servePool(product, 'shop', [a]);
  await setModes(product, { Directory: 'throw' });
  const answer = await product.api('PATCH', '/pools/shop/backends/a', { weight: 5 });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  await setModes(product, { Directory: 'ok' });
  expect((await pool.status('a')).weight).toBe(1);
});

test.each<[string, Modes]>([
  ['a Directory that throws', { Directory: 'throw' }],
  ['a Directory that hangs', { Directory: 'hang' }],
  ['no object that answers', { Directory: 'throw', Pool: 'throw' }],
])(
  'a cold start with %s falls back to the static configuration, and follows the live one later',
  async (_, modes) => {
    const [a, b] = named(await startConfigurableBackend(), await startConfigurableBackend());
    const product = await start(modes, {
      pools: [{ id: 'shop', backends: [a, b] }],
      routes: [{ id: 'shop', host: 'shop.test', pool: 'shop' }],
    });
    const answers = await many(20, 1, () => product.get('shop.test', '/'));
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 20 });
    expect(tally(answers.map(({ backend }) => backend!))).toEqual({ a: 10, b: 10 });
    expect((await product.get('unknown.test', '/')).status).toBe(404);

    await setModes(product, { Directory: 'ok', Pool: 'ok' });
    const change = () => product.api('PATCH', '/pools/shop/backends/a', { state: 'disabled' });
    await eventually(change, ({ status }) => status === 200);
    await eventually(
      async () =>
        (await many(6, 1, () => product.get('shop.test', '/'))).map(({ backend }) => backend).join(''),
      (order) => order === 'bbbbbb',
    );
  },
);

test.each(['throw', 'hang'] as const)(
  'a cold start without any configuration (the Directory: %s) answers 503, until it is there',
  async (mood) => {
    const product = await start({ Directory: mood });
    const answer = await product.get('shop.test', '/');
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '5' });
    await setModes(product, { Directory: 'ok' });
    const [a] = named(await startConfigurableBackend());
    await eventually(
      async () => (await product.api('PUT', '/pools/shop', { backends: [a] })).status,
      (status) => status < 300,
    );
    await product.apiOk('PUT', '/routes/shop', { host: 'shop.test', pool: 'shop' });
    await eventually(
      async () => (await product.get('shop.test', '/')).status,
      (status) => status === 200,
    );
  },
);
