/** A deployment with nothing optional: no queue, bucket or dataset, no affinity secret, no static configuration. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { named, servePool, startConfigurableBackend } from '../../support/product/pools.ts';
import { eventually, type Product, startProduct } from '../../support/product/product.ts';

let product: Product;
let logged = '';
beforeAll(async () => {
  const log = (line: string) => {
    logged += `${line}\n`;
  };
  product = await startProduct({ bare: true, vars: { AFFINITY_SECRET: '', STATIC_CONFIG: '' }, logs: log });
});
afterAll(() => product.stop());

test('it proxies, counts, keeps its request log and complains of nothing', async () => {
  const pool = await servePool(
    product,
    'bare',
    named(await startConfigurableBackend(), await startConfigurableBackend()),
  );
  await product.apiOk('PUT', '/routes/bare', { host: 'bare.test', pool: 'bare', logSampleRate: 1 });
  expect((await pool.sequence(20)).toSorted().join('')).toBe('a'.repeat(10) + 'b'.repeat(10));
  const requests = async () => (await product.apiOk('GET', '/requests?pool=bare&limit=100')).requests.length;
  await eventually(requests, (count) => count === 20);
  expect(await pool.status('a')).toMatchObject({ requests: 10, failures: 0 });
  await eventually(
    () => logged,
    (lines) => lines.includes('/19'),
  );
  expect(logged).not.toMatch(/error|undefined/i);
});

test('a feature whose binding is missing is refused, and the message names the binding', async () => {
  const answer = await product.api('PUT', '/routes/bare', {
    host: 'bare.test',
    pool: 'bare',
    affinity: 'cookie',
  });
  expect(answer.status).toBe(400);
  expect(answer.body.detail).toContain('AFFINITY_SECRET');
});
