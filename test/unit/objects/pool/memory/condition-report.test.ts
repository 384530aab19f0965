/** What a Pool object tells the Directory of what is wrong. */
import { beforeEach, expect, test, vi } from 'vitest';
import {
  ConditionReport,
  type PoolFacts,
} from '../../../../../worker/objects/pool/memory/condition-report.ts';
import type { Condition } from '../../../../../worker/protocol/conditions.ts';

const fine: PoolFacts = {
  state: 'ok',
  since: 1_000,
  why: '',
  minute: { requests: 20, failed: 0, saved: 0 },
  out: [],
};
const down: PoolFacts = {
  ...fine,
  state: 'down',
  why: 'no backend is left',
  out: [{ id: 'a', standing: 'ejected' }],
};

let received: (readonly Condition[])[];
let isAway: boolean;
beforeEach(() => {
  received = [];
  isAway = false;
});
const noteConditions = vi.fn(async (_name: unknown, conditions: readonly Condition[]) => {
  if (isAway) throw new Error('away');
  received.push(conditions);
});
const env = { DIRECTORY: { getByName: () => ({ noteConditions }) } } as unknown as Parameters<
  ConditionReport['deliver']
>[0];

const open = () => new ConditionReport({ pool: 'shop', shard: '0' });

test('it reports all that is wrong, with the time since which it is', async () => {
  const report = open();
  report.update(down, 5_000);
  report.update(down, 9_000);
  await report.deliver(env);
  expect(received).toEqual([
    [
      {
        event: 'pool-down',
        pool: 'shop',
        backend: null,
        since: 1_000,
        cause: 'no backend is left',
        figures: { requests: 20, failed: 0 },
      },
      { event: 'backend-out', pool: 'shop', backend: 'a', since: 5_000, cause: 'it is ejected', figures: {} },
    ],
  ]);
});

test('it reports only news: figures that change are none', async () => {
  const report = open();
  report.update(down, 5_000);
  await report.deliver(env);
  report.update({ ...down, minute: { requests: 99, failed: 9, saved: 0 } }, 6_000);
  expect(report.isDue).toBe(false);
  report.update(fine, 7_000);
  await report.deliver(env);
  expect(received.at(-1)).toEqual([]);
});

test('a new object reports once that nothing is wrong: the one before it may have reported otherwise', async () => {
  const report = open();
  report.update(fine, 1_000);
  expect(report.isDue).toBe(true);
  await report.deliver(env);
  expect([received, report.isDue, report.nextAt]).toEqual([[[]], false, null]);
});

test('what the Directory did not take is sent again', async () => {
  const report = open();
  isAway = true;
  report.update(down, 1_000);
  await report.deliver(env);
  expect(report.nextAt).toBeGreaterThan(Date.now());
  isAway = false;
  await report.deliver(env);
  expect(received).toHaveLength(1);
});
