/** Rates, from counters that are read now and then. */
import { expect, test } from 'vitest';
import {
  noSamples,
  rate,
  requestsSince,
  type Samples,
  withSample,
} from '../../../../dashboard/model/rates.ts';

/** Each request had two attempts at backend a. */
const reading = (at: number, requests: number) => ({
  at,
  responses: { '2xx': requests },
  clientClosed: 0,
  backends: [{ id: 'a', requests: 2 * requests }],
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

test('the rate of a pool is of requests, that of a backend of attempts', () => {
  expect(rate(steady(30), 30_000)).toBe(10);
  expect(rate(steady(30), 30_000, 'a')).toBe(20);
  const left = { ...reading(10_000, 50), clientClosed: 50 };
  expect(rate(withSample(samplesOf([0, 0]), left), 10_000)).toBe(10);
});

test('attempts are counted since the expected shares last changed', () => {
  const samples = [reading(0, 0), reading(1_000, 20), reading(2_000, 50)].reduce(withSample, noSamples);
  expect(requestsSince(samples, 0)).toBe(100);
  expect(requestsSince(samples, 500)).toBe(60);
  expect(requestsSince(samples, 5_000)).toBe(0);
  expect(requestsSince(noSamples, 0)).toBe(0);
});
