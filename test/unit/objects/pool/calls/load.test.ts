/** What a Pool object asks of its callers: the busier it is, the less. */
import { expect, test } from 'vitest';
import { Load } from '../../../../../worker/objects/pool/calls/load.ts';

/** After half a minute of so many calls a second, each with so many requests. */
function after(calls: number, requests: number) {
  const load = new Load();
  for (let ms = 0; ms < 30_000; ms += 1_000 / calls) load.add(requests, 1_000_000 + ms);
  return { pace: load.pace(1_030_000), sampling: load.sampling(1_030_000), load };
}

test.each([
  [1, 250],
  [10, 250],
  [25, 500],
  [40, 800],
  [50, 1_000],
  [1_000, 1_000],
])('%i calls a second: isolates collect for about %i ms', (calls, pace) => {
  expect(Math.abs(after(calls, 1).pace - pace)).toBeLessThanOrEqual(pace / 50);
});

test.each([
  [10, 1, 1],
  [10, 19, 1],
  [10, 39, 2],
  [100, 50, 25],
])('%i calls a second with %i requests each: one success of %i is recorded', (calls, requests, sampling) => {
  expect(Math.abs(after(calls, requests).sampling - sampling)).toBeLessThanOrEqual(sampling / 20);
});

test('an object that has been idle asks for everything again', () => {
  const { load } = after(1_000, 50);
  load.add(1, 1_060_000);
  expect([load.pace(1_060_000), load.sampling(1_060_000)]).toEqual([250, 1]);
});

test('a burst is recorded whole', () => {
  const load = new Load();
  for (let n = 0; n < 30; n++) load.add(64, 1_000_000 + n * 50);
  expect(load.sampling(1_001_500)).toBe(1);
});
