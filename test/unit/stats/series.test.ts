/** The last five minutes in steps: what falls into which, what is forgotten, how shards add up. */
import { describe, expect, test } from 'vitest';
import { poolSeries, Series, STEP_MS, STEPS } from '../../../worker/stats/series.ts';

const NOW = 1_700_000_000_000;

test('attempts of one step are one figure, the newest step is the last', () => {
  const series = new Series();
  series.add('a', false, 10, NOW - STEP_MS);
  series.add('a', true, null, NOW - STEP_MS + 1);
  series.add('b', false, 20, NOW);
  const { requests, failures, until, backends } = poolSeries('p', [series.dump(NOW)], NOW, ['a', 'b']);
  expect(requests.slice(-2)).toEqual([2, 1]);
  expect(failures.slice(-2)).toEqual([1, 0]);
  expect(requests).toHaveLength(STEPS);
  expect(until - NOW).toBeGreaterThan(0);
  expect(until - NOW).toBeLessThanOrEqual(STEP_MS);
  expect(backends!.map(({ id, requests: own }) => [id, own.slice(-2)])).toEqual([
    ['a', [2, 0]],
    ['b', [0, 1]],
  ]);
});

test('figures older than five minutes are forgotten', () => {
  const series = new Series();
  for (let i = 0; i < 100; i++) series.add('a', false, 1, NOW + i * STEP_MS);
  expect(series.dump(NOW + 99 * STEP_MS).steps).toHaveLength(STEPS);
  expect(series.dump(NOW + 120 * STEP_MS).steps).toHaveLength(STEPS - 21);
});

test('shards add up, and p95 is that of all their responses', () => {
  const [one, two] = [new Series(), new Series()];
  for (let i = 0; i < 90; i++) one.add('a', false, 10, NOW);
  for (let i = 0; i < 10; i++) two.add('a', false, 1_000, NOW);
  const { requests, p95Ms } = poolSeries('p', [one.dump(NOW), two.dump(NOW)], NOW, null);
  expect(requests.at(-1)).toBe(100);
  expect(p95Ms.at(-1)).toBeGreaterThan(800);
  expect(p95Ms.at(-2)).toBeNull();
});

describe('limits', () => {
  test(`the series keeps ${STEPS} steps`, () => {
    const series = new Series();
    for (let i = 0; i < 3 * STEPS; i++) series.add('a', false, 1, i * STEP_MS);
    expect(series.dump(3 * STEPS * STEP_MS).steps.length).toBeLessThanOrEqual(STEPS);
  });
});
