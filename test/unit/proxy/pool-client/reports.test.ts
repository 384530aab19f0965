/** What an isolate keeps for all its pools together while no object takes it. */
import { expect, test } from 'vitest';
import { LIMITS } from '../../../../worker/config/limits.ts';
import { poolSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import type { Mapping, Snapshot } from '../../../../worker/protocol/messages.ts';
import { refresh, viewOf } from '../../../../worker/proxy/pool-client/isolate.ts';
import { recordAttempt, recordMapping } from '../../../../worker/proxy/pool-client/outbox.ts';
import { CAPACITY, CAPACITY_IN_ALL, outboxOf } from '../../../../worker/proxy/pool-client/reports.ts';
import { takeReports } from '../../../support/sim/report-taker.ts';

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

test(`with the most pools, all objects away, ${CAPACITY_IN_ALL} entries are kept in all, and what is dropped is counted`, async () => {
  const views = await know(LIMITS.pools, 1);
  const object = takeReports();
  const { taken, env, ctx } = object;
  object.isAway = true;
  const outcome = { kind: 'response', status: 200, ms: 1 } as const;
  const seen = {
    backend: 'a',
    outcome,
    failed: false,
    isFirst: true,
    isUpgrade: false,
    sentAs: 'in',
    retryAfterMs: 0,
    change: 'none',
    example: null,
  } as const;
  for (const view of views) view.contact.missed(Date.now());
  const EACH = 40;
  const sum = (count: (outbox: ReturnType<typeof outboxOf>) => number) =>
    views.reduce((all, view) => all + count(outboxOf(view)), 0);
  for (let round = 0; round < 3; round++) {
    for (const view of views)
      for (let i = 0; i < EACH; i++) {
        recordAttempt(view, seen, Date.now(), env, ctx);
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
  view!.hear({ revision: 1, routesRevision: 0, ejected: [], ramping: [] }, Date.now());
  for (let i = 0; i < 64; i++) recordAttempt(view!, seen, Date.now(), env, ctx);
  await object.settled();
  const told = taken.reduce((all, { attempts, dropped }) => all + attempts.length + dropped, 0);
  expect(told).toBe(3 * EACH + 64);
});

test('with a few pools each keeps as much as one alone', async () => {
  const [view] = await know(3, 2);
  const object = takeReports();
  object.isAway = true;
  view!.contact.missed(Date.now());
  for (let i = 0; i < 3 * CAPACITY; i++)
    recordMapping(view!, { at: i } as Mapping, Date.now(), object.env, object.ctx);
  const { mappings, waiting } = outboxOf(view!);
  expect(mappings.length + waiting.reduce((n, { report }) => n + report.mappings.count, 0)).toBe(CAPACITY);
});
