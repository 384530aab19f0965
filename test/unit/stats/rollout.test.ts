/** The rules of a rollout. */
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../worker/config/limits.ts';
import { bucketOf } from '../../../worker/stats/latency.ts';
import {
  failureOf,
  type Seen,
  seenOf,
  sharesBack,
  sharesOf,
  sumSeen,
} from '../../../worker/stats/rollout.ts';

const pools = (...weights: number[]) => weights.map((weight, i) => ({ pool: 'abc'[i]!, weight }));

describe('the weights of a step', () => {
  test.each<[string, number[], number, number[]]>([
    ['one of a hundred', [100, 0], 1, [99, 1]],
    ['a quarter', [100, 0], 25, [75, 25]],
    ['all', [100, 0], 100, [0, 100]],
    ['none', [7, 3], 0, [100, 0]],
    ['the rest as it was shared before', [30, 0, 10], 20, [60, 20, 20]],
    ['the rest where it is no whole number of per cent', [2, 0, 1], 1, [66, 1, 33]],
    ['the rest in smaller parts', [2, 0, 1], 50, [2, 3, 1]],
  ])('%s', (_, before, share, after) => {
    const shares = sharesOf(pools(...before), 'b', share)!;
    expect(shares.map(({ weight }) => weight)).toEqual(after);
  });

  test('stay within the limit of a weight, and keep their proportions', () => {
    const [a, b] = sharesOf(pools(999_983, 0), 'b', 33)!;
    expect(Math.max(a!.weight, b!.weight)).toBeLessThanOrEqual(LIMITS.splitWeight);
    expect(b!.weight / (a!.weight + b!.weight)).toBeCloseTo(0.33, 4);
  });

  test('do not exist where the others have none', () => {
    expect(sharesOf(pools(0, 5), 'b', 50)).toBeNull();
  });

  test('are those of before after an abort, but nothing for the new pool', () => {
    expect(sharesBack(pools(30, 5, 10), 'b')).toEqual(pools(30, 0, 10));
  });
});

describe('a step has failed', () => {
  const when = { failedPercent: 1, p95Ms: null, minRequests: 50 };
  const seen = (failedPercent: number | null, p95Ms: number | null = null): Seen => ({
    requests: 100,
    failedPercent,
    p95Ms,
  });
  test.each<[string, Seen, Seen, boolean]>([
    ['with more failures than allowed', seen(5), seen(0), true],
    ['not with as many as allowed', seen(1), seen(0), false],
    ['not when the other pool is nearly as bad', seen(5), seen(4), false],
    ['not at one and a half times the other pool’s', seen(6), seen(4), false],
    ['above one and a half times', seen(6.01), seen(4), true],
    ['also when nothing is known of the other pool', seen(5), seen(null), true],
    ['not without requests', seen(null), seen(0), false],
  ])('%s', (_, next, other, failed) => {
    expect(failureOf(next, other, when) !== null).toBe(failed);
  });

  test('by time only where that is asked for', () => {
    expect(failureOf(seen(0, 900), seen(0, 100), when)).toBeNull();
    const timed = { ...when, p95Ms: 500 };
    expect(failureOf(seen(0, 900), seen(0, 100), timed)).toContain('900 ms, more than 500 ms, beside 100 ms');
    expect(failureOf(seen(0, 900), seen(0, 700), timed)).toBeNull();
    expect(failureOf(seen(0, null), seen(0, 100), timed)).toBeNull();
  });
});

test('figures are made of counts, also of several pools', () => {
  const counts = (requests: number, failed: number, ms: number) => ({
    requests,
    failed,
    waited: { [bucketOf(ms)]: requests },
  });
  expect(seenOf(counts(0, 0, 1))).toEqual({ requests: 0, failedPercent: null, p95Ms: null });
  expect(seenOf(counts(300, 1, 1))).toMatchObject({ requests: 300, failedPercent: 0.33 });
  const sum = seenOf(sumSeen([counts(90, 0, 10), counts(10, 10, 1_000)]));
  expect(sum).toMatchObject({ requests: 100, failedPercent: 10 });
  expect(sum.p95Ms).toBeGreaterThan(800);
});
