/** One conformance suite, run over every policy there is. */
import { describe, expect, test } from 'vitest';
import { hash32 } from '../../../worker/balance/hash.ts';
import { policies, type View } from '../../../worker/balance/policies.ts';
import { seeded } from '../../support/random.ts';

const PICKS = 20_000;

function picks(name: keyof typeof policies, weights: number[], count: number): number[] {
  const random = seeded(7);
  const view: Omit<View, 'keyHash'> = {
    weights,
    position: weights.map(() => 0),
    inFlight: () => 0,
    time: () => 0,
    idHashes: weights.map((_, i) => hash32(`backend-${i}`)),
    random,
  };
  return Array.from({ length: count }, (_, n) =>
    policies[name].pick({ ...view, keyHash: hash32(`client ${n}`) }),
  );
}

const names = Object.keys(policies) as (keyof typeof policies)[];

test.each(names)('%s: without an eligible backend the pick is -1', (name) => {
  expect(picks(name, [0, 0, 0], 5)).toEqual([-1, -1, -1, -1, -1]);
  expect(picks(name, [], 1)).toEqual([-1]);
});

test.each(names)('%s: weight 0 is never picked', (name) => {
  expect(new Set(picks(name, [0, 3, 0, 1], 2_000))).toEqual(new Set([1, 3]));
});

test.each(names)('%s: a single backend gets everything', (name) => {
  expect(new Set(picks(name, [0, 2], 200))).toEqual(new Set([1]));
});

test.each(names.filter((name) => !name.startsWith('least-')))('%s: shares follow the weights', (name) => {
  const weights = [5, 1, 1, 3];
  const counts = [0, 0, 0, 0];
  for (const index of picks(name, weights, PICKS)) counts[index]!++;
  const off = weights.map((weight, i) => Math.abs(counts[i]! / PICKS - weight / 10));
  expect(Math.max(...off)).toBeLessThan(0.015);
});

test.each(names)('%s: fractions of weights, as slow start makes them, work', (name) => {
  const counts = [0, 0];
  for (const index of picks(name, [1, 0.125], 9_000)) counts[index]!++;
  expect(counts[1]).toBeGreaterThan(0);
  expect(counts[1]! / counts[0]!).toBeLessThan(0.35);
});

test('least-request takes the emptier of two by weight', () => {
  const view = { weights: [1, 1], position: [0, 0], keyHash: 0, idHashes: [1, 2], random: seeded(1) };
  const time = () => 0;
  const busy = [9, 0];
  for (let n = 0; n < 50; n++)
    expect(policies['least-request'].pick({ ...view, time, inFlight: (i) => busy[i]! })).toBe(1);
});

describe('least-time', () => {
  const view = { weights: [1, 1], position: [0, 0], keyHash: 0, idHashes: [1, 2], random: seeded(1) };
  const pickOf = (times: number[], busy: number[], weights = [1, 1]) => {
    const seen = { ...view, weights, inFlight: (i: number) => busy[i]!, time: (i: number) => times[i]! };
    return new Set(Array.from({ length: 50 }, () => policies['least-time'].pick(seen)));
  };

  test.each([
    ['the faster of two', [50, 40], [0, 0], [1, 1], [1]],
    ['the slower one when the faster has more under way', [50, 40], [0, 1], [1, 1], [0]],
    ['the heavier of two that are equally fast', [50, 50], [0, 0], [1, 2], [1]],
    ['one that nothing is known of', [50, 0], [0, 0], [1, 1], [1]],
    ['the emptier of two that nothing is known of', [0, 0], [2, 1], [1, 1], [1]],
    ['either of two idle ones that nothing is known of', [0, 0.4], [0, 0], [1, 1], [0, 1]],
  ])('takes %s', (_, times, busy, weights, expected) => {
    expect(pickOf(times, busy, weights)).toEqual(new Set(expected));
  });
});

test('hash gives one key one backend', () => {
  const again = picks('hash', [1, 1, 1], 500);
  expect(picks('hash', [1, 1, 1], 500)).toEqual(again);
});
