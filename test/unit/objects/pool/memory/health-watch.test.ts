/** What an incident holds at most, and what waits for the Directory. */
import { expect, test } from 'vitest';
import {
  BACKENDS_NAMED,
  HealthWatch,
  PARTS_WAITING,
} from '../../../../../worker/objects/pool/memory/health-watch.ts';
import type { PoolVerdict } from '../../../../../worker/stats/health.ts';

const NONE = { requests: 0, failed: 0, saved: 0 };
const verdict = (state: PoolVerdict['state'], backends: string[] = []): PoolVerdict => ({
  ...{ state, why: state, backends, isPassing: false },
});

test(`an incident names ${BACKENDS_NAMED} backends at most`, () => {
  const watch = new HealthWatch({ pool: 'p', shard: '0' }, undefined, 0);
  for (let i = 0; i < BACKENDS_NAMED + 10; i++) watch.judge(verdict('degraded', [`b${i}`]), NONE, i);
  expect(watch.unsent).toHaveLength(1);
  expect(watch.unsent[0]!.backends).toHaveLength(BACKENDS_NAMED);
});

test(`${PARTS_WAITING} incidents wait for the Directory, the newest; what came after a report stays`, () => {
  const watch = new HealthWatch({ pool: 'p', shard: '0' }, undefined, 0);
  for (let i = 0; i < PARTS_WAITING + 5; i++) {
    const at = i * 1_000_000;
    watch.judge(verdict('down'), NONE, at);
    watch.judge(verdict('ok'), NONE, at + 100_000);
    watch.judge(verdict('ok'), NONE, at + 200_000);
  }
  expect(watch.unsent).toHaveLength(PARTS_WAITING);
  const taken = watch.unsent;
  watch.judge(verdict('failing'), NONE, 1e9);
  watch.sent(taken);
  expect(watch.unsent).toMatchObject([{ state: 'failing', from: 1e9 }]);
});

test('an incident goes on when the pool is well for less than a minute', () => {
  const watch = new HealthWatch({ pool: 'p', shard: '0' }, undefined, 0);
  watch.judge(verdict('failing'), { ...NONE, failed: 3 }, 0);
  watch.judge(verdict('ok'), NONE, 10_000);
  watch.judge(verdict('reduced'), NONE, 60_000);
  watch.judge(verdict('down'), NONE, 69_000);
  watch.count({ failed: 2, saved: 1 });
  expect(watch.since).toBe(69_000);
  expect(watch.unsent).toMatchObject([
    { state: 'down', from: 0, to: null, cause: 'down', requestsFailed: 5, savedByRetry: 1 },
  ]);
});
