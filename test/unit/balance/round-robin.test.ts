/** The sequence: nginx's order, exact shares, and steps that can be taken back in any order. */
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
import { Sequence } from '../../../worker/objects/pool/sequence.ts';

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

test('many holders with leases of any size: no share is further off than backends and outstanding slots', () => {
  const script = fc.array(
    fc.record({ holder: fc.nat(4), lease: fc.integer({ min: 1, max: 64 }), use: fc.nat(64) }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(someWeights, script, (weights, events) => {
      const sequence = new Sequence(
        weights.map(() => 0),
        0,
      );
      sequence.weigh(weights);
      const hands: number[][] = Array.from({ length: 5 }, () => []);
      const used = weights.map(() => 0);
      for (const { holder, lease, use } of events) {
        const hand = hands[holder]!;
        hand.push(...sequence.lease(lease));
        for (const index of hand.splice(0, use)) used[index]!++;
        // What is left goes back, as at the end of a lease.
        if (use % 3 === 0) for (const index of hand.splice(0)) sequence.giveBack(sequence.epoch, index, 1);
      }
      const outstanding = sum(hands.map((hand) => hand.length));
      const all = sum(used);
      const off = weights.map((weight, j) => Math.abs(used[j]! - (all * weight) / sum(weights)));
      expect(Math.max(...off)).toBeLessThanOrEqual(weights.length + outstanding);
    }),
  );
});

test('one holder gets nginx’s order whatever the lease sizes', () => {
  fc.assert(
    fc.property(
      someWeights,
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 20 }),
      (weights, leases) => {
        const sequence = new Sequence(
          weights.map(() => 0),
          0,
        );
        sequence.weigh(weights);
        const leased = leases.flatMap((size) => sequence.lease(size));
        const position = weights.map(() => 0);
        expect(leased).toEqual(leased.map(() => take(position, weights)));
      },
    ),
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

test('a flood of pinned requests cannot push a backend away for ever', () => {
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

/** The longest run of `index` among the winners. */
function longestRunOf(index: number, winners: readonly number[]): number {
  let longest = 0;
  let run = 0;
  for (const winner of winners) {
    run = winner === index ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

test('a backend that returns is not owed the turns it missed: with equal weights no run is longer than 2', () => {
  const scene = fc.record({
    backends: fc.integer({ min: 2, max: 6 }),
    before: fc.nat(200),
    leases: fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 5 }),
    meanwhile: fc.nat(100),
    backWhileOut: fc.nat(3),
  });
  fc.assert(
    fc.property(scene, ({ backends, before, leases, meanwhile, backWhileOut }) => {
      const all = new Array<number>(backends).fill(1);
      const without = all.map((weight, i) => (i === 0 ? 0 : weight));
      const sequence = new Sequence(
        all.map(() => 0),
        0,
      );
      sequence.weigh(all);
      sequence.lease(before);
      const { epoch } = sequence;
      const held = leases.map((size) => sequence.lease(size));
      // The slots of the backends that stay in are used; those of the one that is out come back.
      const giveBack = (slots: readonly number[]) =>
        sequence.giveBack(epoch, 0, slots.filter((index) => index === 0).length);
      sequence.weigh(without);
      for (const slots of held.slice(0, backWhileOut)) giveBack(slots);
      sequence.lease(meanwhile);
      sequence.enter(without, 0);
      sequence.weigh(all);
      const after = sequence.lease(5);
      for (const slots of held.slice(backWhileOut)) giveBack(slots);
      after.push(...sequence.lease(60));
      expect(longestRunOf(0, after)).toBeLessThanOrEqual(2);
    }),
  );
});

test('with every backend out, the one that went last is asked last', () => {
  const position = positionAfterTurn([1, 1, 1], 0);
  expect(order([1, 1, 1], 6, position)).toBe('bcabca');
});
