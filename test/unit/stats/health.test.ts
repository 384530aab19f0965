/** The health of a pool: which state, why in words, and from which figures on. */
import { describe, expect, test } from 'vitest';
import type { Standing } from '../../../worker/balance/available.ts';
import { poolSchema } from '../../../worker/config/schema.ts';
import { type Counted, type HealthInput, poolHealth, RecentRequests } from '../../../worker/stats/health.ts';
import { bucketOf } from '../../../worker/stats/latency.ts';
import { noneReceived } from '../../../worker/stats/received.ts';

const counted = (requests = 0, failed = 0): Counted => ({ requests, failed, saved: 0 });

function input(
  more: Partial<HealthInput> = {},
  states: string[] = ['active', 'active', 'active'],
): HealthInput {
  const backends = states.map((state, i) => ({ id: 'abcdefghij'[i], url: 'https://x.example.net', state }));
  const { backends: configured } = poolSchema.parse({ id: 'shop', backends });
  return {
    backends: configured,
    standings: configured.map(({ state }): Standing => (state === 'active' ? 'available' : state)),
    mode: 'normal',
    latencies: configured.map(() => ({})),
    lately: counted(),
    minute: counted(),
    ...more,
  };
}

const out: Standing[] = ['ejected', 'available', 'available'];
const all: Standing[] = ['ejected', 'ejected', 'ejected'];
const answers = (...each: [ms: number, count: number][]) =>
  each.map(([ms, count]) => ({ [bucketOf(ms)]: count }));

test.each<[name: string, HealthInput, state: string, why: string]>([
  ['a pool without traffic', input(), 'ok', ''],
  [
    'no backend is left',
    input({ mode: 'fail-open', standings: all }),
    'down',
    'no backend is left: a, b and c are ejected',
  ],
  [
    'all are disabled',
    input({ mode: 'none' }, ['disabled', 'disabled']),
    'down',
    'no backend is left: a and b are disabled',
  ],
  ['two requests, both failed', input({ lately: counted(2, 2), minute: counted(2, 2) }), 'ok', ''],
  [
    'three requests, all failed',
    input({ lately: counted(3, 3), minute: counted(3, 3) }),
    'down',
    'all 3 requests of the last 10 s failed',
  ],
  ['one of them did not', input({ lately: counted(4, 3), minute: counted(4, 3) }), 'ok', ''],
  [
    'a twentieth failed',
    input({ minute: counted(100, 5) }),
    'failing',
    '5 % of the requests of the last minute failed: 5 of 100',
  ],
  ['less than a twentieth', input({ minute: counted(101, 5) }), 'ok', ''],
  ['a twentieth, but only four', input({ minute: counted(80, 4) }), 'ok', ''],
  [
    'a third of many',
    input({ minute: counted(3_000, 1_000) }),
    'failing',
    '33.3 % of the requests of the last minute failed: 1000 of 3000',
  ],
  ['one is ejected', input({ standings: out }), 'degraded', 'a is ejected'],
  ['one is failing', input({ standings: ['available', 'failing', 'available'] }), 'degraded', 'b is failing'],
  [
    'one is unhealthy',
    input({ standings: ['available', 'unhealthy', 'available'] }),
    'degraded',
    'b is unhealthy',
  ],
  [
    'one is ejected and requests fail',
    input({ standings: out, minute: counted(10, 5) }),
    'failing',
    '50 % of the requests of the last minute failed: 5 of 10',
  ],
  [
    'one is slow',
    input({ latencies: answers([10, 50], [10, 50], [3_000, 20]) }),
    'degraded',
    'c takes 3081 ms, the others 12 ms (medians of the last minute)',
  ],
  ['one is slow, by few answers', input({ latencies: answers([10, 50], [10, 50], [3_000, 19]) }), 'ok', ''],
  ['one is four times slower', input({ latencies: answers([100, 50], [100, 50], [400, 50]) }), 'ok', ''],
  ['all are fast, one more so', input({ latencies: answers([1, 50], [1, 50], [20, 50]) }), 'ok', ''],
  ['the only backend is slow', input({ latencies: answers([3_000, 50]) }, ['active']), 'ok', ''],
  ['one is draining', input({}, ['active', 'draining', 'active']), 'reduced', 'b is draining'],
  [
    'one is draining and one ejected',
    input({ standings: ['ejected', 'draining', 'available'] }, ['active', 'draining', 'active']),
    'degraded',
    'a is ejected',
  ],
  ['a higher tier stands by', input({ standings: ['available', 'standby', 'standby'] }), 'ok', ''],
])('%s', (_, given, state, why) => {
  expect(poolHealth(given)).toMatchObject({ state, why });
});

test('of many backends a few are named', () => {
  const states = Array.from({ length: 10 }, () => 'active');
  const standings = states.map((): Standing => 'ejected');
  expect(poolHealth(input({ mode: 'fail-open', standings }, states)).why).toBe(
    'no backend is left: a, b, c and 7 others are ejected',
  );
});

describe('recent requests', () => {
  const failed = (count: number) => ({ ...noneReceived(), responses: [0, 0, 0, 0, count] });

  test('what is ten seconds, and a minute, old no longer counts', () => {
    const recent = new RecentRequests();
    recent.add(failed(2), 100_000);
    recent.add(failed(3), 105_500);
    expect(recent.lately(109_999).failed).toBe(5);
    expect(recent.lately(111_000).failed).toBe(3);
    expect(recent.lately(116_000).failed).toBe(0);
    expect(recent.minute(159_000).failed).toBe(5);
    expect(recent.minute(161_000).failed).toBe(3);
    expect(recent.minute(1_000_000).failed).toBe(0);
  });

  test('a second takes the place of the one a minute before', () => {
    const recent = new RecentRequests();
    for (let second = 0; second < 300; second++) recent.add(failed(1), second * 1_000);
    expect(recent.minute(299_500).failed).toBe(60);
    expect(recent.lately(299_500).failed).toBe(10);
  });
});
