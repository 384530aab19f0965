/** Smooth weighted round robin: nginx’s order, exact shares, and steps that can be taken back in any order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  charge,
  giveBack,
  positionAfter,
  positionAfterTurn,
  rebase,
  take,
} from '../../../worker/balance/round-robin.ts';

const order = (weights: number[], count: number, position = weights.map(() => 0)) =>
  Array.from({ length: count }, () => 'abcdef'[take(position, weights)]).join('');

test.each([
  [[5, 1, 1], 'aabacaa'],
  [[3, 2, 1], 'abacba'],
  [[4, 2, 1], 'abacaba'],
  [[1, 1, 1], 'abc'],
  [[2, 1], 'aba'],
  [[1, 3], 'babb'],
  [[1, 0, 1], 'ac'],
])('weights %j give %s, again and again', (weights, expected) => {
  expect(order(weights, expected.length * 3)).toBe(expected.repeat(3));
});

const someWeights = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
const sum = (numbers: readonly number[]) => numbers.reduce((x, y) => x + y, 0);

test('over each whole cycle the counts are the weights, and every position is 0 again', () => {
  fc.assert(
    fc.property(someWeights, (weights) => {
      const position = weights.map(() => 0);
      for (let cycle = 0; cycle < 3; cycle++) {
        const counts = weights.map(() => 0);
        for (let n = 0; n < sum(weights); n++) counts[take(position, weights)]!++;
        expect(counts).toEqual(weights);
        expect(position).toEqual(weights.map(() => 0));
      }
    }),
  );
});

test('after any interleaving of takes, returns and charges C is n·W − T·count, and bounded', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('take', 'take', 'back', 'charge'), fc.nat()), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(someWeights, steps, (weights, script) => {
      const total = sum(weights);
      const position = weights.map(() => 0);
      const counts = weights.map(() => 0);
      const held: number[] = [];
      let steps = 0;
      for (const [step, n] of script) {
        if (step === 'take') {
          const index = take(position, weights);
          held.push(index);
          counts[index]!++;
          steps++;
        } else if (step === 'back' && held.length > 0) {
          const [index] = held.splice(n % held.length, 1);
          giveBack(position, weights, index!);
          counts[index!]!--;
          steps--;
        } else if (step === 'charge' && charge(position, weights, n % weights.length)) {
          counts[n % weights.length]!++;
          steps++;
        }
        expect(position).toEqual(weights.map((weight, j) => steps * weight - total * counts[j]!));
      }
      const bound = total * (weights.length + held.length + 2);
      for (const value of position) expect(Math.abs(value)).toBeLessThanOrEqual(bound);
    }),
  );
});

test('a backend left out for a while leaves the others their proportions and comes back without a burst', () => {
  const position = [0, 0, 0];
  for (let n = 0; n < 4; n++) take(position, [5, 1, 1]);
  const counts = [0, 0, 0];
  for (let n = 0; n < 600; n++) counts[take(position, [5, 1, 0])]!++;
  expect(Math.abs(counts[0]! - 500)).toBeLessThanOrEqual(1);
  expect(order([5, 1, 1], 7, position).split('c').length - 1).toBeLessThanOrEqual(2);
});

test('a weight that falls from 1000 to 1 does not give a long run', () => {
  const position = [0, 0];
  for (let n = 0; n < 600; n++) take(position, [1000, 999]);
  const rebased = rebase(position, 1999, 2);
  expect(sum(rebased)).toBe(0);
  const picked = order([1, 1], 20, rebased);
  expect(picked).not.toMatch(/aaa|bbb/);
});

test('a flood of pinned requests cannot keep a backend away from new ones', () => {
  const position = [0, 0];
  for (let n = 0; n < 10_000; n++) charge(position, [1, 1], 0);
  expect(order([1, 1], 6, position)).toContain('a');
});

test('shards begin at different places', () => {
  const first = Array.from({ length: 7 }, (_, shard) =>
    order([5, 1, 1], 1, positionAfter([5, 1, 1], shard)),
  ).join('');
  expect(first).toBe('aabacaa');
});

test('with every backend out, the one that went last is asked last', () => {
  const position = positionAfterTurn([1, 1, 1], 0);
  expect(order([1, 1, 1], 6, position)).toBe('bcabca');
});
