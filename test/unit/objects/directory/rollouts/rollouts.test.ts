/** Rollouts on SQLite itself and with a clock that the test moves. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Config, configSchema, type RouteConfig } from '../../../../../worker/config/schema.ts';
import { ROLLOUTS_OPEN, Rollouts } from '../../../../../worker/objects/directory/rollouts/rollouts.ts';
import { ENDED_KEPT } from '../../../../../worker/objects/directory/rollouts/store.ts';
import type { RolloutHistoryEvent } from '../../../../../worker/protocol/events.ts';
import type { SeenCounts } from '../../../../../worker/stats/rollout.ts';
import { openSql } from '../../../../support/sqlite.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;
const routeOf = (id: string) => ({
  id,
  host: `${id}.test`,
  split: {
    pools: [
      { pool: 'old', weight: 100 },
      { pool: 'new', weight: 0 },
    ],
  },
});
const configOf = (...routes: object[]): Config => {
  const pools = ['old', 'new'].map((id) => ({ id, backends: [{ id: 'a', url: 'https://a.example.net' }] }));
  return configSchema.parse({ pools, routes });
};

/** Rollouts over pools whose clients receive what `rates` says, each second; an alarm runs them as in the Directory. */
function open(config = configOf(routeOf('shop'))) {
  const { sql, count } = openSql();
  const bed = {
    config,
    /** Requests and failures a second, by pool. Null: the pool's object does not answer. */
    rates: { old: [100, 0], new: [10, 0] } as Record<string, [number, number] | null>,
    refusal: null as string | null,
    who: [] as string[],
    whats: [] as string[],
    events: [] as RolloutHistoryEvent[],
    alerts: [] as (string | null)[],
  };
  const sums: Record<string, SeenCounts> = {};
  const second = () => {
    for (const [pool, rate] of Object.entries(bed.rates)) {
      const sum = sums[pool] ?? { requests: 0, failed: 0, waited: {} };
      if (rate) sums[pool] = { ...sum, requests: sum.requests + rate[0], failed: sum.failed + rate[1] };
    }
  };
  let alarm: ReturnType<typeof setTimeout> | undefined;
  const host = {
    config: () => bed.config,
    async putRoute(route: RouteConfig, what: string, before: () => void) {
      if (bed.refusal !== null) return bed.refusal;
      before();
      bed.whats.push(what);
      const routes = bed.config.routes.map((other) => (other.id === route.id ? route : other));
      bed.config = { ...bed.config, routes };
      subject.afterCommit('rollout');
      return null;
    },
    counts: async (pool: string) =>
      bed.rates[pool] === null ? null : (sums[pool] ?? { requests: 0, failed: 0, waited: {} }),
    note: (events: readonly RolloutHistoryEvent[]) => void bed.events.push(...events),
    alert: (_: string, aborted: { why: string } | null) => void bed.alerts.push(aborted?.why ?? null),
    reschedule() {
      clearTimeout(alarm);
      const at = subject.nextAt();
      if (at !== null)
        alarm = setTimeout(
          async () => {
            await subject.run();
            host.reschedule();
          },
          Math.max(1, at - Date.now()),
        );
    },
  };
  let subject = new Rollouts(sql, host);
  const clock = setInterval(second, 1_000);
  return {
    bed,
    count,
    get rollouts() {
      return subject;
    },
    /** As after SIGKILL: nothing is left but the storage. */
    restart(afterMs: number) {
      clearTimeout(alarm);
      vi.setSystemTime(Date.now() + afterMs);
      subject = new Rollouts(sql, host);
      host.reschedule();
    },
    stop: () => clearInterval(clock),
    start: (more: object = {}) =>
      subject.start({
        route: 'shop',
        to: 'new',
        steps: [1, 50, 100],
        intervalMs: MINUTE,
        abortWhen: { failedPercent: 1, p95Ms: null, minRequests: 50 },
        who: 'ada',
        ...more,
      }),
    get weights() {
      return bed.config.routes[0]!.split!.pools.map(({ weight }) => weight).join(':');
    },
    kinds: () => bed.events.map(({ kind }) => kind),
  };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('a pool that does well gets all the traffic, step by step', async () => {
  const bench = open();
  expect(await bench.start()).toMatchObject({ ok: true, rollout: { state: 'running', step: 1, share: 1 } });
  expect(bench.weights).toBe('99:1');
  await pass(MINUTE - 5_000);
  expect(bench.rollouts.of('shop')).toMatchObject({
    step: 1,
    seen: { old: { failedPercent: 0 }, new: { failedPercent: 0 } },
  });
  await pass(6_000);
  expect(bench.weights).toBe('50:50');
  await pass(MINUTE + 1_000);
  expect(bench.weights).toBe('0:100');
  bench.bed.rates.old = [0, 0];
  await pass(MINUTE + 1_000);
  expect(bench.rollouts.of('shop')).toMatchObject({ state: 'done', step: 3, share: 100, nextAt: null });
  expect(bench.kinds()).toEqual(['rollout-started', 'rollout-step', 'rollout-step', 'rollout-done']);
  expect(bench.bed.whats[0]).toBe('step 1 of 3: 1 % of route shop to pool new');
  await pass(10 * MINUTE);
  expect(bench.rollouts.nextAt()).toBeNull();
});

test('a pool that fails gets nothing within one interval, and an alert is sent', async () => {
  const bench = open();
  await bench.start();
  await pass(MINUTE + 1_000);
  bench.bed.rates.new = [50, 3];
  await pass(5_000);
  expect(bench.rollouts.of('shop')).toMatchObject({ state: 'aborted', step: 2, share: 0 });
  expect(bench.rollouts.of('shop')!.why).toMatch(/^\d+(\.\d+)? % of \d+ requests failed, more than 1 %/);
  expect(bench.weights).toBe('100:0');
  expect(bench.bed.alerts).toEqual([null, expect.stringContaining('requests failed')]);
  await pass(10 * MINUTE);
  expect(bench.weights).toBe('100:0');
});

test('a pool that begins to fail after the first look is caught at the end of the interval', async () => {
  const bench = open();
  await bench.start();
  await pass(30_000);
  bench.bed.rates.new = [10, 1];
  await pass(31_000);
  expect(bench.rollouts.of('shop')).toMatchObject({ state: 'aborted', step: 1 });
});

test('failures that the other pool has too stop nothing', async () => {
  const bench = open();
  bench.bed.rates = { old: [100, 10], new: [10, 1] };
  await bench.start();
  await pass(3 * MINUTE + 5_000);
  expect(bench.rollouts.of('shop')).toMatchObject({ state: 'done' });
});

test('at 100 % the last known figures of the other pool count', async () => {
  const bench = open();
  bench.bed.rates = { old: [100, 10], new: [10, 1] };
  await bench.start();
  await pass(2 * MINUTE + 2_000);
  expect(bench.weights).toBe('0:100');
  bench.bed.rates = { old: [0, 0], new: [110, 15] };
  await pass(MINUTE + 2_000);
  expect(bench.rollouts.of('shop')).toMatchObject({ state: 'done' });
});

test('with too few requests a step waits, then it is judged by them', async () => {
  const bench = open();
  bench.bed.rates.new = [0, 0];
  await bench.start();
  await pass(5 * MINUTE);
  expect(bench.rollouts.of('shop')).toMatchObject({
    state: 'running',
    step: 1,
    nextAt: null,
    why: 'waits for 50 requests; 0 so far',
  });
  bench.bed.rates.new = [10, 0];
  await pass(12_000);
  expect(bench.rollouts.of('shop')).toMatchObject({ step: 2 });
});

test('it goes on after SIGKILL, also when the interval is over by then', async () => {
  const bench = open();
  await bench.start();
  await pass(20_000);
  bench.restart(10 * MINUTE);
  await pass(5_000);
  expect(bench.rollouts.of('shop')).toMatchObject({ state: 'running', step: 2 });
  bench.restart(0);
  bench.bed.rates.new = [50, 5];
  await pass(MINUTE);
  expect(bench.weights).toBe('100:0');
});

test('without the figures of a pool a step waits for them', async () => {
  const bench = open();
  bench.bed.rates.old = null;
  expect(await bench.start()).toMatchObject({ ok: false, reason: 'conflict' });
  bench.bed.rates.old = [100, 0];
  expect(await bench.start()).toMatchObject({ ok: true });
  bench.bed.rates.new = null;
  await pass(2 * MINUTE);
  expect(bench.rollouts.of('shop')).toMatchObject({ state: 'running', step: 1 });
  expect(bench.rollouts.of('shop')!.why).toContain('did not answer');
  bench.bed.rates.new = [10, 0];
  await pass(10_000);
  expect(bench.rollouts.of('shop')).toMatchObject({ step: 2 });
});

describe('operators', () => {
  test('pause it, and resume it with a new interval', async () => {
    const bench = open();
    await bench.start();
    await bench.rollouts.act('shop', 'pause', 'ada');
    bench.bed.rates.new = [10, 5];
    await pass(10 * MINUTE);
    expect(bench.rollouts.of('shop')).toMatchObject({ state: 'paused', step: 1, nextAt: null });
    expect(bench.weights).toBe('99:1');
    bench.bed.rates.new = [10, 0];
    await bench.rollouts.act('shop', 'resume', 'ada');
    await pass(MINUTE + 1_000);
    expect(bench.rollouts.of('shop')).toMatchObject({ state: 'running', step: 2 });
  });

  test('abort it: everything goes back at once, without an alert', async () => {
    const bench = open();
    await bench.start();
    const aborted = await bench.rollouts.act('shop', 'abort', 'ada');
    expect(aborted).toMatchObject({
      ok: true,
      rollout: { state: 'aborted', share: 0, why: 'aborted by ada' },
    });
    expect(bench.weights).toBe('100:0');
    expect(bench.bed.alerts).toEqual([null]);
    expect(await bench.rollouts.act('shop', 'pause', 'ada')).toMatchObject({ ok: false, reason: 'conflict' });
  });

  test.each<[string, (routes: readonly RouteConfig[]) => RouteConfig[], string]>([
    [
      'change the route',
      (routes) => routes.map((route) => ({ ...route, debugHeaders: false })),
      'ada changed the route',
    ],
    ['delete the route', () => [], 'ada deleted the route'],
  ])('%s: that ends it as it is, without an alert', async (_, change, why) => {
    const bench = open();
    await bench.start();
    bench.bed.config = { ...bench.bed.config, routes: change(bench.bed.config.routes) };
    bench.rollouts.afterCommit('ada');
    expect(bench.rollouts.of('shop')).toMatchObject({ state: 'aborted', why });
    expect(bench.bed.whats).toHaveLength(1);
    expect(bench.bed.alerts).toEqual([null]);
  });

  test.each<[string, object, string]>([
    ['a route that does not exist', { route: 'nope' }, 'There is no route nope.'],
    ['a pool that the split does not name', { to: 'other' }, 'names old, new, but not other'],
    ['a route that has one', {}, 'has a rollout already'],
  ])('cannot begin one for %s', async (_, more, detail) => {
    const bench = open();
    await bench.start();
    expect(await bench.start(more)).toMatchObject({ ok: false, detail: expect.stringContaining(detail) });
  });

  test('cannot begin two at once for one route', async () => {
    const bench = open();
    const results = await Promise.all([bench.start(), bench.start()]);
    expect(results.map(({ ok }) => ok).toSorted()).toEqual([false, true]);
  });
});

test('a step that the checks refuse ends it', async () => {
  const bench = open();
  await bench.start();
  bench.bed.refusal = 'pools[0] is wrong';
  await pass(MINUTE + 1_000);
  expect(bench.rollouts.of('shop')).toMatchObject({ state: 'aborted', why: 'pools[0] is wrong' });
});

describe('limits', () => {
  test('rollouts at once, and those that have ended', async () => {
    const ids = Array.from({ length: ENDED_KEPT + 5 }, (_, i) => `r${i}`);
    const bench = open(configOf(...ids.map(routeOf)));
    for (const route of ids.slice(0, ROLLOUTS_OPEN))
      expect(await bench.start({ route })).toMatchObject({ ok: true });
    expect(await bench.start({ route: ids[ROLLOUTS_OPEN] })).toMatchObject({ ok: false, reason: 'conflict' });
    for (const route of ids.slice(0, ROLLOUTS_OPEN)) await bench.rollouts.act(route, 'abort', 'ada');
    for (const route of ids.slice(ROLLOUTS_OPEN)) {
      await bench.start({ route });
      await bench.rollouts.act(route, 'abort', 'ada');
      await pass(1_000);
    }
    expect(bench.count('rollouts')).toBe(ENDED_KEPT);
    expect(bench.rollouts.of(ids.at(-1)!)).toMatchObject({ state: 'aborted' });
  });
});
