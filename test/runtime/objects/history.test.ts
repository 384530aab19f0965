/** The history: who changed what, why a backend was ejected, and the way back to an earlier revision. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { named, servePool, startConfigurableBackend, startLoad } from '../../support/product/pools.ts';
import { eventually, type Json, type Product, startProduct } from '../../support/product/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const events = async (limit = 1_000): Promise<Json[]> =>
  (await product.apiOk('GET', `/events?limit=${limit}`)).events;
const eventsOf = async (pool: string): Promise<Json[]> =>
  (await events()).filter((event) => event.pool === pool).toReversed();

test('a change is an event with actor, path, from, to and revision, and a revision with a diff', async () => {
  const [a, b] = [await startConfigurableBackend(), await startConfigurableBackend()];
  const pool = await servePool(product, 'drained', named(a, b));
  const { revision } = await pool.patch('a', { state: 'draining' });
  const change = { path: 'pools[drained].backends[a].state', from: 'active', to: 'draining' };
  expect((await events(1))[0]).toMatchObject({ kind: 'config', revision, who: 'token', ...change });
  expect((await events(1))[0].what).toContain('backend a of pool drained');
  const details = await product.apiOk('GET', `/config/revisions/${revision}`);
  expect(details).toMatchObject({ revision, who: 'token', changes: [change] });
  expect(details.config).toEqual((await product.apiOk('GET', '/config')).config);
  const { revisions } = await product.apiOk('GET', '/config/revisions');
  expect(revisions[0]).toMatchObject({ revision, who: 'token', summary: details.summary });
  expect(revisions.map((row: Json) => row.revision)).toEqual(
    Array.from({ length: revision }, (_, i) => revision - i),
  );
});

test('an ejection, its probes and the return are events with why and an example request', async () => {
  const [a, b] = [await startConfigurableBackend(503), await startConfigurableBackend()];
  const ejection = { failures: 2, baseMs: 1_000 };
  const pool = await servePool(product, 'sick', named(a, b), { ejection, maxLease: 1 });
  const asked = async (count: number) => {
    for (let i = 0; i < count; i++) await pool.get('/', { headers: { 'x-request-id': `sick-${i}` } });
  };
  await asked(3);
  const [ejected] = await eventually(
    () => eventsOf('sick'),
    (all) => all.length > 0,
  );
  expect(ejected).toMatchObject({ kind: 'ejected', backend: 'a', outcome: 'response', status: 503 });
  expect(ejected.why).toBe('2 failures in a row, the last: status 503');
  expect(ejected.requestId).toMatch(/^sick-\d$/);
  expect(ejected.until).toBe(ejected.at + 1_000);
  a.status = 200;
  const all = await eventually(
    async () => {
      await asked(1);
      return eventsOf('sick');
    },
    (found) => found.some((event) => event.kind === 'returned'),
  );
  expect(all.map((event) => event.kind)).toEqual(['ejected', 'probe', 'returned']);
  expect(all[1].requestId).toBe('sick-0');
  expect(all[2]).toMatchObject({ backend: 'a', requestId: 'sick-0', until: null, status: 200 });
});

test('a rollback is a new revision with the old document; one that is not kept is 404', async () => {
  const a = await startConfigurableBackend();
  const pool = await servePool(product, 'back', named(a), { timeoutMs: 1_234 });
  const before = await product.apiOk('GET', '/config');
  await pool.patch('a', { weight: 7 });
  const answer = await product.apiOk('POST', '/config/rollback', { revision: before.revision });
  expect(answer).toEqual({ ...before, revision: before.revision + 2, warnings: answer.warnings });
  expect((await events(1))[0]).toMatchObject({
    what: `rolled back to revision ${before.revision}`,
    path: 'pools[back].backends[a].weight',
    from: 7,
    to: 1,
  });
  expect((await product.api('POST', '/config/rollback', { revision: 99_999 })).status).toBe(404);
  expect((await product.api('GET', '/config/revisions/99999')).status).toBe(404);
  const wrong = await product.api('POST', '/config/rollback', { revision: 'x', more: 1 });
  expect(wrong.status).toBe(400);
  expect(wrong.body.errors.map((error: Json) => error.path)).toEqual(['revision', 'more']);
  const stale = await product.api('POST', '/config/rollback', { revision: 1 }, { 'if-match': '"1"' });
  expect(stale.status).toBe(412);
});

test('a dry run of a rollback or a new document lists its changes, and makes none', async () => {
  const [a, b] = [await startConfigurableBackend(), await startConfigurableBackend()];
  const pool = await servePool(product, 'rehearsed', named(a, b));
  const before = await product.apiOk('GET', '/config');
  await pool.patch('b', { weight: 4 });
  const now = await product.apiOk('GET', '/config');
  const rehearsal = await product.apiOk('POST', '/config/rollback?dryRun=true', {
    revision: before.revision,
  });
  expect(rehearsal.changes).toEqual([{ path: 'pools[rehearsed].backends[b].weight', from: 4, to: 1 }]);
  expect(rehearsal).toMatchObject({ dryRun: true, revision: now.revision, config: before.config });
  const routes = now.config.routes.filter(({ id }: Json) => id !== 'rehearsed');
  const other = await product.apiOk('PUT', '/config?dryRun=true', { ...now.config, routes });
  expect(other.changes).toMatchObject([{ path: 'routes[rehearsed]', from: { host: pool.host }, to: null }]);
  expect((await product.apiOk('PUT', '/config?dryRun=true', now.config)).changes).toEqual([]);
  expect(await product.apiOk('GET', '/config')).toEqual(now);
  expect(await product.apiOk('PUT', '/config', now.config)).not.toHaveProperty('changes');
});

test('ten rollbacks while traffic runs: nothing fails, each revision is what it was', async () => {
  const [a, b] = [await startConfigurableBackend(), await startConfigurableBackend()];
  const pool = await servePool(product, 'busy', named(a, b));
  const documents = new Map<number, Json>();
  for (let weight = 1; weight <= 10; weight++) {
    const { revision } = await pool.patch('a', { weight });
    documents.set(revision, (await product.apiOk('GET', '/config')).config);
  }
  const load = startLoad(() => pool.get(), 4);
  for (const [revision, document] of documents) {
    const answer = await product.apiOk('POST', '/config/rollback', { revision });
    expect(answer.config).toEqual(document);
  }
  const answers = await load.stop();
  expect(answers.filter((answer) => answer.status !== 200)).toEqual([]);
  for (const [revision, document] of documents)
    expect((await product.apiOk('GET', `/config/revisions/${revision}`)).config).toEqual(document);
});

test('the history survives a restart', async () => {
  const before = await events();
  await product.restart();
  expect(await events()).toEqual(before);
});
