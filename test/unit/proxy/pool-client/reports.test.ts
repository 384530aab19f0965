/** What an isolate keeps for its pools while their objects are away, and that what is dropped is counted. */
import { expect, test } from 'vitest';
import { LIMITS } from '../../../../worker/config/limits.ts';
import { poolSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import type { Mapping, Snapshot } from '../../../../worker/protocol/messages.ts';
import { refresh, viewOf } from '../../../../worker/proxy/pool-client/isolate.ts';
import {
  countFinished,
  recordAttempt,
  recordMapping,
  sendFullBatch,
} from '../../../../worker/proxy/pool-client/outbox.ts';
import { PoolView } from '../../../../worker/proxy/pool-client/pool-view.ts';
import {
  BATCHES_WAITING,
  CAPACITY,
  CAPACITY_IN_ALL,
  outboxOf,
} from '../../../../worker/proxy/pool-client/reports.ts';
import { mergeReceived, noneReceived } from '../../../../worker/stats/received.ts';
import { ANSWERED, mapping } from '../../../support/samples.ts';
import { takeReports } from '../../../support/sim/report-taker.ts';

const POOL = poolSchema.parse({ id: 'p', backends: [{ id: 'a', url: 'http://a.test' }] });

/** This isolate comes to know so many pools. Returns their views. */
async function know(count: number, revision: number) {
  const pools = Array.from({ length: count }, (_, i) => ({
    revision,
    pool: poolSchema.parse({ id: `p${i}`, backends: [{ id: 'a', url: 'http://a.test' }] }),
  }));
  const snapshot: Snapshot = { revision, routesRevision: revision, instance: 'x', pools, routes: [] };
  const directory = { snapshot: async () => snapshot };
  await refresh({ DIRECTORY: { getByName: () => directory } } as unknown as Env);
  return pools.map(({ pool }) => viewOf(pool.id)!);
}

test(`with the most pools, all objects away, ${CAPACITY_IN_ALL} entries are kept in all, and dropped ones are counted`, async () => {
  const views = await know(LIMITS.pools, 1);
  const object = takeReports();
  const { taken, env, ctx } = object;
  object.isAway = true;
  for (const view of views) view.breaker.onFailure(Date.now());
  const EACH = 40;
  const sum = (count: (outbox: ReturnType<typeof outboxOf>) => number) =>
    views.reduce((all, view) => all + count(outboxOf(view)), 0);
  for (let round = 0; round < 3; round++) {
    for (const view of views)
      for (let i = 0; i < EACH; i++) {
        recordAttempt(view, ANSWERED, Date.now(), env, ctx);
        recordMapping(view, { at: i } as Mapping, Date.now(), env, ctx);
      }
    await object.settled();
    const attempts = sum(({ waiting }) => waiting.reduce((n, { report }) => n + report.attempts.length, 0));
    const mappings = sum(({ waiting }) => waiting.reduce((n, { report }) => n + report.mappings.count, 0));
    expect([attempts, mappings]).toEqual([LIMITS.pools * EACH, LIMITS.pools * EACH]);
    expect(attempts).toBeLessThanOrEqual(CAPACITY_IN_ALL);
  }
  object.isAway = false;
  const [view] = views;
  view!.applyUpdate({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
  for (let i = 0; i < 64; i++) recordAttempt(view!, ANSWERED, Date.now(), env, ctx);
  await object.settled();
  const reported = taken.reduce((all, { attempts, dropped }) => all + attempts.length + dropped, 0);
  expect(reported).toBe(3 * EACH + 64);
});

test('with a few pools each keeps as much as one alone', async () => {
  const [view] = await know(3, 2);
  const object = takeReports();
  object.isAway = true;
  view!.breaker.onFailure(Date.now());
  for (let i = 0; i < 3 * CAPACITY; i++)
    recordMapping(view!, { at: i } as Mapping, Date.now(), object.env, object.ctx);
  const { mappings, waiting } = outboxOf(view!);
  expect(mappings.length + waiting.reduce((n, { report }) => n + report.mappings.count, 0)).toBe(CAPACITY);
});

test(`requests without an attempt wait as mappings, ${CAPACITY} in a batch and ${CAPACITY} in those not taken`, async () => {
  const view = new PoolView(POOL, 1);
  const object = takeReports();
  const { taken, env, ctx } = object;
  object.isAway = true;
  const record = async (count: number) => {
    for (let i = 0; i < count; i++) recordMapping(view, { at: i } as Mapping, Date.now(), env, ctx);
    await object.settled();
  };
  for (let round = 0; round < 8; round++) {
    // Each time the object is thought to be back, and is not.
    view.applyUpdate({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
    await record(600);
  }
  object.isAway = false;
  view!.applyUpdate({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
  await record(10);
  const reported = taken.flatMap(({ mappings }) => JSON.parse(mappings.json) as Mapping[]);
  expect(reported.length).toBeGreaterThan(600);
  expect(reported.length).toBeLessThanOrEqual(2 * CAPACITY);
  expect(reported.at(-1)!.at).toBe(9);
});

test(`an outbox whose object is away keeps ${CAPACITY} attempts in ${BATCHES_WAITING} batches and counts those it drops`, async () => {
  const view = new PoolView(POOL, 1);
  const object = takeReports();
  const { taken, env, ctx } = object;
  object.isAway = true;
  const SENT = 3 * CAPACITY;
  for (let i = 0; i < SENT; i++) {
    recordAttempt(view, ANSWERED, Date.now(), env, ctx);
    recordMapping(view, mapping(), Date.now(), env, ctx);
    if (i % 600 === 0) await object.settled();
  }
  await object.settled();
  object.isAway = false;
  view!.applyUpdate({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
  for (let i = 0; i < 64; i++) {
    recordAttempt(view, ANSWERED, Date.now(), env, ctx);
    recordMapping(view, mapping(), Date.now(), env, ctx);
  }
  await object.settled();
  const counted = taken.reduce((sum, batch) => sum + batch.attempts.length, 0);
  const dropped = taken.reduce((sum, batch) => sum + batch.dropped, 0);
  expect(counted + dropped).toBe(SENT + 64);
  expect(counted).toBeLessThanOrEqual(2 * CAPACITY + 64);
  expect(taken.length).toBeLessThanOrEqual(BATCHES_WAITING + 1);
  expect(new Set(taken.map((batch) => batch.sequence)).size).toBe(taken.length);
});

test('what clients received goes with the mappings of the same requests, once', async () => {
  const view = new PoolView(POOL, 1);
  const object = takeReports();
  const { taken, env, ctx } = object;
  const FINISHED = 150;
  for (let i = 0; i < FINISHED; i++) {
    countFinished(view, mapping({ status: i % 3 === 0 ? 404 : 200 }), { bytesIn: 1, bytesOut: 10 });
    recordMapping(view, mapping(), Date.now(), env, ctx);
    sendFullBatch(view, env, ctx, Date.now());
    if (i % 70 === 0) await object.settled();
  }
  await object.settled();
  const cells = taken.flatMap(({ received = [] }) => received);
  expect(new Set(cells.map(([route, backend]) => `${route} ${backend}`))).toEqual(new Set(['shop a']));
  const all = noneReceived();
  for (const [, , received] of cells) mergeReceived(all, received);
  const sent = taken.reduce((sum, { mappings }) => sum + mappings.count, 0);
  expect(all.responses.reduce((a, b) => a + b)).toBe(sent);
  expect([all.bytesIn, all.bytesOut]).toEqual([sent, 10 * sent]);
  expect(sent).toBeGreaterThan(64);
});
