/** The weights of a split as they are dragged and typed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asPercent, moveBorder, setShare, sharesOf } from '../../../../dashboard/model/split.ts';

const sum = (weights: readonly number[]) => weights.reduce((a, b) => a + b, 0);

test.each([
  [
    [95, 5],
    [95, 5],
  ],
  [
    [1, 1, 1],
    [33.3, 33.3, 33.3],
  ],
  [
    [999, 1],
    [99.9, 0.1],
  ],
  [
    [0, 0],
    [0, 0],
  ],
])('weights %o are the shares %o', (weights, shares) => {
  expect(sharesOf(weights)).toEqual(shares);
});

test.each<[string, number[], number, number, number[]]>([
  ['a border to the left', [95, 5], 0, 80, [80, 20]],
  ['a border to the end', [95, 5], 0, 120, [100, 0]],
  ['the second border, which leaves the first pool alone', [50, 30, 20], 1, 60, [50, 10, 40]],
  ['a border no further than its neighbour', [50, 30, 20], 1, 10, [50, 0, 50]],
  ['weights that are no per cents', [1, 1], 0, 75, [75, 25]],
])('%s is dragged', (_, weights, index, percent, expected) => {
  expect(moveBorder(weights, index, percent)).toEqual(expected);
});

test.each<[string, number[], number, number, number[]]>([
  ['the rest goes to the other', [95, 5], 1, 20, [80, 20]],
  ['the others divide the rest as they did', [60, 20, 20], 2, 60, [30, 10, 60]],
  ['others without a share divide it equally', [100, 0, 0], 0, 80, [80, 10, 10]],
  ['one pool has all', [3], 0, 10, [100]],
])('a share is typed: %s', (_, weights, index, percent, expected) => {
  expect(setShare(weights, index, percent)).toEqual(expected);
});

test('what was dragged or typed sums to 100 per cent, and no share is below 0', () => {
  const weights = fc.array(fc.nat(1_000), { minLength: 2, maxLength: 6 }).filter((list) => sum(list) > 0);
  fc.assert(
    fc.property(weights, fc.nat(4), fc.integer({ min: -20, max: 120 }), (list, n, percent) => {
      const index = n % (list.length - 1);
      for (const next of [
        asPercent(list),
        moveBorder(list, index, percent),
        setShare(list, index, percent),
      ]) {
        expect(sum(next)).toBe(100);
        expect(Math.min(...next)).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
