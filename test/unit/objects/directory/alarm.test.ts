/** One alarm for several tasks. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FAILED_AGAIN_MS, SharedAlarm } from '../../../../worker/objects/directory/alarm.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000 }));
afterEach(() => void vi.useRealTimers());

function open() {
  const bed = { at: null as number | null, a: null as number | null, b: null as number | null, ran: '' };
  const storage = {
    setAlarm: async (at: number | Date) => {
      bed.at = Number(at);
    },
    getAlarm: async () => bed.at,
    deleteAlarm: async () => {
      bed.at = null;
    },
  };
  const task = (name: 'a' | 'b', run: () => void) => ({ name, nextAt: () => bed[name], run });
  const runs = {
    a: () => {
      bed.ran += 'a';
      bed.a = null;
    },
    b: () => {
      bed.ran += 'b';
      bed.b = null;
    },
  };
  const alarm = new SharedAlarm(storage, [task('a', () => runs.a()), task('b', () => runs.b())]);
  /** As the runtime does: it takes the alarm out of storage. */
  const fire = () => {
    bed.at = null;
    return alarm.run();
  };
  return { bed, runs, alarm, fire };
}

test('it is set for the task that is due first, and runs only what is due', async () => {
  const { bed, alarm, fire } = open();
  Object.assign(bed, { a: 5_000, b: 2_000 });
  await alarm.set();
  expect(bed.at).toBe(2_000);
  vi.setSystemTime(2_000);
  await fire();
  expect([bed.ran, bed.at]).toEqual(['b', 5_000]);
  vi.setSystemTime(5_000);
  await fire();
  expect([bed.ran, bed.at]).toEqual(['ba', null]);
});

test('a task that throws keeps no other from running, and runs again after a while', async () => {
  const { bed, fire, runs } = open();
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  Object.assign(bed, { a: 1_000, b: 1_000 });
  const runA = runs.a;
  runs.a = () => {
    throw new Error('broken');
  };
  await fire();
  expect([bed.ran, bed.at]).toEqual(['b', 1_000 + FAILED_AGAIN_MS]);
  runs.a = runA;
  vi.setSystemTime(1_000 + FAILED_AGAIN_MS);
  await fire();
  expect([bed.ran, bed.at]).toEqual(['ba', null]);
});

test('a call with nothing to do does not delete what another one has set meanwhile', async () => {
  const { bed, alarm } = open();
  bed.at = 9_000;
  const first = alarm.set();
  bed.a = 3_000;
  await alarm.set();
  await first;
  expect(bed.at).toBe(3_000);
});
