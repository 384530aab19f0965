/** Rates and failed shares, from counters that are read now and then. */
import { expect, test } from 'vitest';
import {
  failedShare,
  failedShares,
  noSamples,
  rate,
  recentRate,
  requestsSince,
  type Samples,
  withSample,
} from '../../../../dashboard/model/rates.ts';

const reading = (at: number, requests: number, failures = 0) => ({
  at,
  backends: [{ id: 'a', requests, failures }],
});
const samplesOf = (...readings: [number, number][]): Samples =>
  readings.reduce((samples, [at, requests]) => withSample(samples, reading(at, requests)), noSamples);

/** One reading per second from 0 to `seconds`, ten requests each. */
const steady = (seconds: number): Samples =>
  samplesOf(...Array.from({ length: seconds + 1 }, (_, i): [number, number] => [i * 1_000, i * 10]));

test.each([
  ['one reading is too little', samplesOf([0, 100]), 500, null],
  ['so are two within three seconds', samplesOf([0, 100], [1_000, 150]), 2_000, null],
  ['a short time is averaged as it is', samplesOf([0, 100], [5_000, 150]), 5_000, 10],
  ['steady traffic is its rate', steady(30), 30_000, 10],
  ['a clock that is behind the last reading gives the same', steady(30), 29_200, 10],
  ['a single reading after a while means no traffic', samplesOf([0, 100]), 4_000, 0],
  ['after a silence the rate is over ten seconds', samplesOf([0, 0], [60_000, 50], [61_000, 60]), 61_000, 6],
  ['it falls while there is no traffic', samplesOf([0, 0], [5_000, 100]), 10_000, 10],
  ['and is zero after ten seconds without traffic', samplesOf([0, 0], [5_000, 100]), 60_000, 0],
])('a rate: %s', (_, samples, now, expected) => {
  expect(rate(samples, now)).toBe(expected);
});

test('counters that go back start a new rate, and a late reading is ignored', () => {
  expect(samplesOf([0, 100], [1_000, 3])).toHaveLength(1);
  expect(samplesOf([1_000, 100], [500, 100])).toHaveLength(1);
});

test('a page that has just opened shows the rate of the last two completed steps', () => {
  expect(recentRate({ stepMs: 5_000, requests: [900, 40, 60, 3] })).toBe(10);
  expect(recentRate(undefined)).toBeNull();
});

test('the failed share covers the last minute', () => {
  const steps = (value: number) => [
    ...new Array<number>(48).fill(1_000),
    ...new Array<number>(12).fill(value),
  ];
  expect(failedShare({ requests: steps(10), failures: [...new Array<number>(59).fill(0), 12] })).toBe(0.1);
  expect(failedShare({ requests: [0], failures: [0] })).toBeNull();
});

test('requests are counted since the expected shares last changed', () => {
  const reading = (at: number, requests: number) => ({ at, backends: [{ id: 'a', requests, failures: 0 }] });
  const samples = [reading(0, 0), reading(1_000, 40), reading(2_000, 100)].reduce(withSample, noSamples);
  expect(requestsSince(samples, 0)).toBe(100);
  expect(requestsSince(samples, 500)).toBe(60);
  expect(requestsSince(samples, 5_000)).toBe(0);
  expect(requestsSince(noSamples, 0)).toBe(0);
});

test('a step without requests has no failed share', () => {
  expect(failedShares([10, 0], [1, 0])).toEqual([0.1, null]);
});
