/** Durations, shares and rates as text. */
import { expect, test } from 'vitest';
import { ago, countdown, duration, percent, perSecond } from '../../../../dashboard/model/format.ts';

test.each([
  [duration(null), '–'],
  [duration(84), '84 ms'],
  [duration(1_240), '1.2 s'],
  [duration(12_400), '12 s'],
  [duration(190_000), '3 min'],
  [percent(0.714), '71.4 %'],
  [percent(0.0002), '0.02 %'],
  [percent(0), '0.0 %'],
  [percent(null), '–'],
  [perSecond(1_204.4), '1,204'],
  [perSecond(0.42), '0.4'],
  [perSecond(0), '0'],
  [ago(1_000, 2_000), 'just now'],
  [ago(1_000, 8_800), '7 s ago'],
  [ago(1_000, 13_000), '12 s ago'],
  [countdown(12_000, 500), '12 s'],
  [countdown(125_000, 0), '2 min 05 s'],
  [countdown(0, 5_000), '0 s'],
])('%s is written %s', (given, expected) => {
  expect(given).toBe(expected);
});
