/** When checks begin: at their interval, at most six at once, whatever some of the backends do. The clock is simulated. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CheckRunner, LONGEST_RUN_MS } from '../../../../../worker/objects/pool/health/check-runner.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const INTERVAL_MS = 5_000;
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Runs the checks of `count` backends for a time, as alarms do; each takes what `msOf` says. */
async function simulate(count: number, msOf: (index: number) => number, forMs: number, needless = '') {
  const begun = new Map<string, number[]>();
  let underWay = 0;
  let most = 0;
  let alarms = 0;
  const runner = new CheckRunner({
    isNeedless: (id) => id === needless,
    async check(id: string) {
      begun.set(id, [...(begun.get(id) ?? []), Date.now()]);
      most = Math.max(most, ++underWay);
      const ms = msOf(Number(id));
      await sleep(ms);
      underWay--;
      return { ms };
    },
  });
  const ids = Array.from({ length: count }, (_, i) => String(i));
  runner.schedule({ intervalMs: INTERVAL_MS, phase: 0.3 }, new Map(ids.map((id) => [id, null])), Date.now());
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      const next = runner.nextAt();
      if (next === null) return;
      await sleep(Math.max(0, next - Date.now()));
      alarms++;
      await runner.run();
    }
  })();
  await vi.advanceTimersByTimeAsync(forMs);
  isOver = true;
  await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS);
  await loop;
  const gaps = (id: string) => {
    const times = begun.get(id) ?? [];
    return times.slice(1).map((at, i) => at - times[i]!);
  };
  return { begun, gaps, most: () => most, alarms: () => alarms, ids };
}

test('200 backends at 5 s: six at once, each at its interval, with one alarm for all of them', async () => {
  const { gaps, most, alarms, ids } = await simulate(200, (i) => 20 + (i % 7) * 15, 60_000);
  expect(most()).toBe(6);
  // After the first check, which comes at once, each backend keeps to the pool's moments.
  for (const id of ids)
    for (const gap of gaps(id).slice(1)) expect(Math.abs(gap - INTERVAL_MS)).toBeLessThanOrEqual(250);
  for (const id of ids) expect(gaps(id).length).toBeGreaterThanOrEqual(11);
  expect(alarms()).toBeLessThanOrEqual(15);
});

test('backends that hang until their timeout do not hold up the others', async () => {
  const { gaps, most, ids } = await simulate(200, (i) => (i % 20 === 0 ? 5_000 : 40), 120_000);
  expect(most()).toBe(6);
  const quick = ids.filter((id) => Number(id) % 20 !== 0);
  // The first round knows of no slow ones yet.
  for (const id of quick)
    for (const gap of gaps(id).slice(4)) expect(Math.abs(gap - INTERVAL_MS)).toBeLessThanOrEqual(1_000);
});

test('a run ends in time for the next alarm while checks are always under way', async () => {
  const { alarms } = await simulate(12, () => 5_000, 3 * LONGEST_RUN_MS);
  expect(alarms()).toBeGreaterThanOrEqual(3);
});

test('a backend that needs no check gets none, and is looked at again at the next moment', async () => {
  const { begun } = await simulate(3, () => 10, 30_000, '1');
  expect([begun.get('0')!.length > 5, begun.has('1')]).toEqual([true, false]);
});

test('a check for the operator is the one under way, or waits for a lane', async () => {
  let begun = 0;
  const runner = new CheckRunner({
    isNeedless: () => false,
    async check() {
      begun++;
      await sleep(100);
      return { ms: 100 };
    },
  });
  runner.schedule(
    { intervalMs: INTERVAL_MS, phase: 0 },
    new Map('abcdefgh'.split('').map((id) => [id, null])),
    Date.now(),
  );
  const run = runner.run();
  const [a, same, h] = [runner.runNow('a'), runner.runNow('a'), runner.runNow('x')];
  expect([begun, runner.underWay]).toEqual([6, 6]);
  await vi.advanceTimersByTimeAsync(100);
  expect(await a).toBe(await same);
  await vi.advanceTimersByTimeAsync(300);
  expect((await h).ms).toBe(100);
  await run;
  expect(begun).toBe(9);
});
