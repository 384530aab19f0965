/** The estimate of how long a backend takes: it rises at once, falls with time, and a failure never makes it attractive. */
import { expect, test } from 'vitest';
import {
  adoptTime,
  newResponseTime,
  observeFailure,
  observeTime,
  timeAt,
} from '../../../worker/balance/response-time.ts';

/** An estimate after answers of `[ms, at]`. */
function after(...answers: readonly (readonly [ms: number, at: number])[]) {
  const time = newResponseTime();
  for (const [ms, at] of answers) observeTime(time, ms, at);
  return time;
}

test('nothing is known of a backend that has not answered', () => {
  expect(timeAt(newResponseTime(), 1_000)).toBe(0);
});

test('a few longer times raise the estimate, however close together; shorter ones draw it down over time', () => {
  const slower = Array.from({ length: 5 }, (_, i): [number, number] => [500, i]);
  expect(timeAt(after([20, 0], ...slower), 4)).toBeGreaterThan(400);
  const soon = timeAt(after([500, 0], [20, 100]), 100);
  const later = timeAt(after([500, 0], [20, 2_000]), 2_000);
  const much = timeAt(after([500, 0], [20, 20_000]), 20_000);
  expect(soon).toBeGreaterThan(460);
  expect(later).toBeLessThan(160);
  expect(much).toBeCloseTo(20, 0);
});

test('the first answer, and one after a long pause, counts in full', () => {
  expect(timeAt(after([80, 1_000_000]), 1_000_000)).toBe(80);
  expect(timeAt(after([500, 1_000_000], [80, 1_060_000]), 1_060_000)).toBeCloseTo(80, 5);
});

test('without answers the estimate falls, so that a slow backend is tried again', () => {
  const time = after([500, 0]);
  expect([timeAt(time, 2_000) < 200, timeAt(time, 20_000) < 1]).toEqual([true, true]);
});

test.each([
  ['that was fast counts as the slowest of the pool', 2, [30, 400, 50], 400],
  ['that took longer than any answer counts as long as it took', 900, [30, 400, 50], 900],
  ['counts as no more than a request may take', 2, [30, 90_000, 50], 30_000],
])('a failure %s', (_, ms, costs, expected) => {
  const time = after([10, 0]);
  observeFailure(time, ms, costs, 30_000, 1);
  expect(timeAt(time, 1)).toBe(expected);
});

test("the object's estimate is adopted unless the isolate's own is higher", () => {
  const time = after([300, 0]);
  adoptTime(time, 40, 0);
  expect(timeAt(time, 0)).toBe(300);
  adoptTime(time, 40, 20_000);
  expect(timeAt(time, 20_000)).toBe(40);
});

test('a clock that goes back does not raise the estimate', () => {
  expect(timeAt(after([100, 1_000]), 0)).toBe(100);
});
