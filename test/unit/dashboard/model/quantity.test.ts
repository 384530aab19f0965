/** Durations and sizes as operators write them. */
import { expect, test } from 'vitest';
import { exactDuration, exactSize, parseDuration, parseSize } from '../../../../dashboard/model/quantity.ts';

test.each<[string, number | null]>([
  ['15 s', 15_000],
  ['15s', 15_000],
  ['250 ms', 250],
  ['1.5 h', 5_400_000],
  ['1 h 30 min', 5_400_000],
  ['2 days', 172_800_000],
  ['0', 0],
  ['10', null],
  ['abc', null],
  ['-3 min', null],
  ['10 parsecs', null],
  ['1 h soon', null],
  ['', null],
])('%j is %j ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test('a number alone has a unit only where there is a usual one', () => {
  expect(parseDuration('10', 'min')).toBe(600_000);
  expect(parseDuration('10 s', 'min')).toBe(10_000);
  expect(parseSize('65536')).toBe(65_536);
  expect(parseSize('64 KB')).toBe(65_536);
  expect(parseSize('big')).toBeNull();
});

test.each([0, 100, 999, 1_000, 1_500, 1_234, 10_000, 90_000, 300_000, 3_600_000, 5_400_000, 86_400_000])(
  '%d ms are written exactly',
  (ms) => {
    expect(parseDuration(exactDuration(ms))).toBe(ms);
  },
);

test('the largest unit that is exact', () => {
  expect([1_500, 15_000, 300_000, 82_800_000].map(exactDuration)).toEqual(['1.5 s', '15 s', '5 min', '23 h']);
  expect([65_536, 1_000, 0].map(exactSize)).toEqual(['64 KiB', '1000 bytes', '0 bytes']);
});
