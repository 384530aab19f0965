/** Figures over time. */
import { expect, test } from 'vitest';
import {
  type Columns,
  lastMinute,
  lately,
  perSecondOf,
  RANGES,
  rangeOf,
  recentRate,
  sharesOf,
  summed,
  total,
} from '../../../../dashboard/model/series.ts';

const STEP = 15_000;
const columns = (requests: Columns['requests'], failed: Columns['5xx']) =>
  ({ from: 0, stepMs: STEP, requests, '5xx': failed }) as unknown as Columns;

test('a step in which nothing was recorded is a gap, not zero', () => {
  expect(perSecondOf([30, null, 0], STEP)).toEqual([2, null, 0]);
  expect(sharesOf([1, null, 0, 0], [4, null, 2, 0])).toEqual([0.25, null, 0, null]);
  expect(summed([[1, null], [2, null], [3]])).toEqual([6, null]);
  expect(total([1, null, 2])).toBe(3);
});

test('the last minute is the newest steps', () => {
  const all = columns([100, 100, 10, 10, 10, 10], [50, 50, 1, 1, 0, null]);
  expect(lately(all, all.requests, 60_000)).toEqual([10, 10, 10, 10]);
  expect(lastMinute(all)).toEqual({ requests: 40, failed: 2, share: 0.05 });
  expect(lastMinute(columns([0], [0])).share).toBeNull();
  expect(lastMinute(undefined)).toEqual({ requests: 0, failed: 0, share: null });
});

test('the recent rate is that of the newest completed step', () => {
  expect(recentRate(columns([10, 30, 7], []))).toBe(2);
  expect(recentRate(columns([7], []))).toBeNull();
  expect(recentRate(undefined)).toBeNull();
});

test('an unknown range is the shortest, and no range has more steps than a chart can show', () => {
  expect(rangeOf('7d').words).toBe('7 d');
  expect(rangeOf('x')).toBe(RANGES[0]);
  for (const { ms, stepMs } of RANGES) expect(ms / stepMs).toBeLessThanOrEqual(200);
});
