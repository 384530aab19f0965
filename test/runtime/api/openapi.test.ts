/** What the API answers is what its OpenAPI document says. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Operation } from '../../../worker/api/http/operation.ts';
import { operations } from '../../../worker/api/index.ts';
import { documentJson } from '../../../worker/api/openapi/build.ts';
import { problemSchema } from '../../../worker/protocol/common-schemas.ts';
import { configAnswerSchema } from '../../../worker/protocol/config-schemas.ts';
import { type Origin, startOrigin } from '../../support/origins.ts';
import { named, servePool } from '../../support/product/pools.ts';
import { eventually, type Json, type Product, startProduct, TOKEN } from '../../support/product/product.ts';

let product: Product;
let origins: Origin[];
beforeAll(async () => {
  product = await startProduct();
  const answer = (status: number) => startOrigin((_, response) => response.writeHead(status).end());
  origins = [await answer(503), await answer(200)];
  const pool = await servePool(product, 'shop', named(...origins), {
    ejection: { failures: 1 },
    healthCheck: { intervalMs: 3_600_000 },
  });
  await pool.sequence(4);
  await pool.patch('b', { weight: 2 });
  const ejected = async () => (await product.apiOk('GET', '/events')).events;
  await eventually(ejected, (events) => events.some((event: Json) => event.kind === 'ejected'));
  await pool.patch('b', { state: 'draining' });
  await addAlert();
  await addRollout();
});
afterAll(async () => {
  await product.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

async function addRollout(): Promise<void> {
  await product.apiOk('PUT', '/pools/next', { backends: [{ id: 'a', url: 'http://127.0.0.1:9' }] });
  const pools = ['shop', 'next'].map((pool, i) => ({ pool, weight: 1 - i }));
  await product.apiOk('PUT', '/routes/both', { host: 'both.test', split: { pools } });
  await product.apiOk('POST', '/routes/both/rollout', body['POST /routes/both/rollout']);
}

async function addAlert(): Promise<void> {
  const { config } = await product.apiOk('GET', '/config');
  const alerts = [{ id: 'ops', url: 'http://127.0.0.1:9' }];
  await product.apiOk('PUT', '/config', { ...config, alerts });
}

const body: Record<string, Json> = {
  'PUT /pools/shop': {
    backends: [
      { id: 'a', url: 'http://127.0.0.1:9' },
      { id: 'b', url: 'http://127.0.0.1:9' },
    ],
  },
  'PUT /pools/shop/backends/b': { url: 'http://127.0.0.1:9' },
  'PUT /pools/shop/backends/b/drain': { disableAfterMs: 600_000 },
  'PATCH /pools/shop/backends/b': { state: 'draining' },
  'PUT /routes/shop': { host: 'shop.test', pool: 'shop' },
  'POST /config/rollback': { revision: 2 },
  'POST /routes/both/rollout': { to: 'next' },
  'POST /explain': { url: 'http://shop.test/' },
  'POST /session': { token: TOKEN },
};
const all: readonly Operation[] = operations;
const listed = all.flatMap(({ method, path, description: { answer } }) =>
  // The token, which this test has, cannot be named as a session can.
  answer === undefined || typeof answer === 'string' || `${method} ${path}` === 'PUT /session'
    ? []
    : [{ method, path, answer }],
);
// What only reads comes first, what deletes comes last.
const rank = { GET: 0, POST: 1, PUT: 2, PATCH: 3, DELETE: 4 };
const ordered = listed.toSorted((a, b) => rank[a.method] - rank[b.method] || b.path.length - a.path.length);

test.each(ordered.map((one) => [`${one.method} ${one.path}`, one] as const))(
  '%s',
  async (name, { method, path, answer }) => {
    const values: Record<string, string> = { pool: 'shop', route: 'shop', backend: 'b', n: '2', id: 'ops' };
    if (path.includes('rollout')) values.route = 'both';
    const real = path.replaceAll(/:(\w+)/g, (_, key) => values[key]!);
    const key = `${method} ${real}`;
    if (name === 'DELETE /pools/:pool')
      for (const route of ['shop', 'both']) await product.api('DELETE', `/routes/${route}`);
    // An earlier call has taken these away, or ended them.
    if (name === 'POST /alerts/:id/test') await addAlert();
    if (name === 'DELETE /routes/:route/rollout') await addRollout();
    if (name === 'POST /routes/:route/rollout') await product.apiOk('DELETE', '/routes/both/rollout');
    const sent = key === 'PUT /config' ? (await product.apiOk('GET', '/config')).config : body[key];
    const given = await product.apiOk(method, real, sent);
    const parsed = answer.safeParse(given);
    expect(parsed.error?.issues ?? []).toEqual([]);
    expect(parsed.data).toEqual(given);
  },
);

test.each([
  ['PUT', '/config', { pools: [{ ...body['PUT /pools/shop'], id: 'other' }] }],
  ['POST', '/config/rollback', { revision: 2 }],
])('%s %s as a dry run', async (method, path, sent) => {
  const given = await product.apiOk(method, `${path}?dryRun=true`, sent);
  expect(configAnswerSchema.parse(given)).toEqual(given);
  expect(given.changes.length).toBeGreaterThan(0);
});

test('the document is served as the operations describe it, and problems are what it says', async () => {
  const document = await product.api('GET', '/openapi.json');
  expect(document.headers.get('content-type')).toBe('application/json');
  expect(document.body).toEqual(JSON.parse(documentJson()));
  const problem = await product.api('PUT', '/config', { pools: [{ id: 'X' }] });
  expect(problem.status).toBe(400);
  expect(problemSchema.parse(problem.body)).toEqual(problem.body);
  expect(problem.body.errors.length).toBeGreaterThan(0);
});
