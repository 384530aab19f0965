/** Rollouts under traffic: one that goes through, one that the new pool spoils, and one through the end of the runtime. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startRuntimeProcess } from '../../chaos/runtime-process.ts';
import { type ConfigurableBackend, startConfigurableBackend } from '../../support/product/pools.ts';
import {
  eventually,
  type Json,
  type Product,
  send,
  startProduct,
  TOKEN,
} from '../../support/product/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

/** Two pools of one backend each, a route that gives the first all, and clients that keep coming. */
async function serve(
  id: string,
): Promise<{ old: ConfigurableBackend; next: ConfigurableBackend; statuses: number[] }> {
  const [old, next] = [await startConfigurableBackend(), await startConfigurableBackend()];
  for (const [name, backend] of [
    ['old', old],
    ['new', next],
  ] as const)
    await product.apiOk('PUT', `/pools/${id}-${name}`, {
      backends: [{ id: 'a', url: backend.url }],
      // Its failures are for the rollout to see, not for the pool.
      ejection: { failures: 1_000, failurePercent: 0, stallMs: 0 },
      retry: { maxRetries: 0 },
    });
  const pools = [
    { pool: `${id}-old`, weight: 100 },
    { pool: `${id}-new`, weight: 0 },
  ];
  await product.apiOk('PUT', `/routes/${id}`, { host: `${id}.test`, split: { pools } });
  const statuses: number[] = [];
  let isRunning = true;
  const work = async () => {
    while (isRunning) {
      await product
        .get(`${id}.test`, '/')
        .then(({ status }) => statuses.push(status))
        // The runtime is being restarted.
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const done = Promise.all([work(), work()]);
  onTestFinished(async () => {
    isRunning = false;
    await done;
  });
  return { old, next, statuses };
}

const plan = (id: string, steps: number[]) => ({
  to: `${id}-new`,
  steps,
  intervalMs: 3_000,
  abortWhen: { failedPercent: 5, minRequests: 20 },
});
const rollout = (id: string): Promise<Json> => product.apiOk('GET', `/routes/${id}/rollout`);
const weights = async (id: string): Promise<number[]> =>
  (await product.apiOk('GET', `/routes/${id}`)).route.split.pools.map(({ weight }: Json) => weight);

test('one that does well ends with all the traffic at the new pool, through an eviction and a restart', async () => {
  const { next, statuses } = await serve('well');
  const begun = await product.apiOk('POST', '/routes/well/rollout', plan('well', [50, 100]));
  expect(begun).toMatchObject({ state: 'running', step: 1, share: 50, to: 'well-new' });
  await product.evict('Directory', 'directory');
  await product.restart();
  const done = await eventually(
    () => rollout('well'),
    ({ state }) => state !== 'running',
    30_000,
    200,
  );
  expect(done).toMatchObject({ state: 'done', step: 2, share: 100, nextAt: null });
  expect(done.seen['well-new']).toMatchObject({ failedPercent: 0 });
  expect(await weights('well')).toEqual([0, 100]);
  expect(next.hits).toBeGreaterThan(20);
  expect(statuses.every((status) => status === 200)).toBe(true);
  const { events } = await product.apiOk('GET', '/events');
  const steps = events.filter(({ kind, who }: Json) => kind === 'config' && who === 'rollout');
  expect(steps.map(({ what }: Json) => what)).toEqual([
    'step 2 of 2: 100 % of route well to pool well-new',
    'step 1 of 2: 50 % of route well to pool well-new',
  ]);
}, 60_000);

test('one whose new pool fails puts everything back within an interval, and only that step’s clients saw it', async () => {
  const { next } = await serve('bad');
  await product.apiOk('POST', '/routes/bad/rollout', plan('bad', [20, 60, 100]));
  await eventually(
    () => rollout('bad'),
    ({ step }) => step === 2,
    20_000,
    100,
  );
  next.status = 500;
  const failedAt = performance.now();
  const aborted = await eventually(
    () => rollout('bad'),
    ({ state }) => state === 'aborted',
    20_000,
    50,
  );
  expect(performance.now() - failedAt).toBeLessThan(3_000 + 2_000);
  expect(aborted).toMatchObject({ step: 2, share: 0, why: expect.stringContaining('requests failed') });
  expect(await weights('bad')).toEqual([100, 0]);
  await eventually(
    async () => {
      const before = next.hits;
      await product.get('bad.test', '/');
      return next.hits - before;
    },
    (hits) => hits === 0,
  );
}, 60_000);

test('one goes on after SIGKILL of the runtime', async () => {
  const state = mkdtempSync(join(tmpdir(), 'evenkeel-rollout-'));
  const vars = { ADMIN_TOKEN: TOKEN, ALLOW_PRIVATE_BACKENDS: 'true' };
  let runtime = await startRuntimeProcess({ port: 0, state, vars });
  onTestFinished(() => runtime.kill());
  const { port } = runtime;
  const call = async (method: string, path: string, body?: Json): Promise<Json> => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return JSON.parse((await send(port, 'localhost', `/api${path}`, { method, headers, ...sent })).text);
  };
  const { url } = await startConfigurableBackend();
  const names = ['old', 'new'];
  await call('PUT', '/config', {
    pools: names.map((id) => ({ id, backends: [{ id: 'a', url }] })),
    routes: [
      { id: 'kill', host: 'kill.test', split: { pools: names.map((pool, i) => ({ pool, weight: 1 - i })) } },
    ],
  });
  await call('POST', '/routes/kill/rollout', {
    to: 'new',
    steps: [100],
    intervalMs: 3_000,
    abortWhen: { minRequests: 5 },
  });
  await runtime.kill();
  runtime = await startRuntimeProcess({ port, state, vars });
  const done = await eventually(
    async () => {
      await send(port, 'kill.test', '/');
      return call('GET', '/routes/kill/rollout');
    },
    (rollout) => rollout.state !== 'running',
    30_000,
    100,
  );
  expect(done).toMatchObject({ state: 'done', share: 100 });
}, 60_000);

test('operators pause, resume and abort it; a change of the route by hand ends it', async () => {
  await serve('hand');
  await product.apiOk('POST', '/routes/hand/rollout', plan('hand', [10, 100]));
  expect((await product.api('POST', '/routes/hand/rollout', plan('hand', [10]))).status).toBe(409);
  expect(await product.apiOk('POST', '/routes/hand/rollout/pause')).toMatchObject({ state: 'paused' });
  expect(await product.apiOk('POST', '/routes/hand/rollout/resume')).toMatchObject({ state: 'running' });
  expect(await product.apiOk('DELETE', '/routes/hand/rollout')).toMatchObject({ state: 'aborted', share: 0 });
  expect(await weights('hand')).toEqual([100, 0]);
  await product.apiOk('POST', '/routes/hand/rollout', plan('hand', [10, 100]));
  const { route } = await product.apiOk('GET', '/routes/hand');
  await product.apiOk('PUT', '/routes/hand', { ...route, debugHeaders: false });
  expect(await rollout('hand')).toMatchObject({ state: 'aborted', why: 'token changed the route' });
  expect(await weights('hand')).toEqual([90, 10]);
});

test.each<[string, string, Json, number]>([
  ['a route that does not exist', 'nope', { to: 'hand-new' }, 404],
  ['a pool that the split does not name', 'hand', { to: 'well-new' }, 409],
  ['steps that go down', 'hand', { to: 'hand-new', steps: [50, 5] }, 400],
  ['an interval that is too short', 'hand', { to: 'hand-new', intervalMs: 2_999 }, 400],
  ['an unknown key', 'hand', { to: 'hand-new', interval: 3 }, 400],
])('%s is refused', async (_, route, body, status) => {
  expect((await product.api('POST', `/routes/${route}/rollout`, body)).status).toBe(status);
});
