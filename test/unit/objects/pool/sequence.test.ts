/** The sequence of a pool: leases of any size, returned slots, and weights that change. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { take } from '../../../../worker/balance/round-robin.ts';
import { EPOCHS_KEPT, Sequence } from '../../../../worker/objects/pool/sequence.ts';

test(`slots of an epoch older than the last ${EPOCHS_KEPT} are lost, and the sequence stays whole`, () => {
  const sequence = new Sequence([0, 0], 0);
  sequence.setWeights([1, 1]);
  const { epoch } = sequence;
  sequence.lease(1);
  for (let i = 2; i < EPOCHS_KEPT + 2; i++) sequence.setWeights([i, 1]);
  const before = [...sequence.position];
  sequence.giveBack(epoch, 0, 1);
  expect(sequence.position).toEqual(before);
  expect(before[0]! + before[1]!).toBe(0);
});

test('turns that isolates took before a restart count after it, those of an epoch forgotten since then do not', () => {
  const sequence = new Sequence([0, 0], 0, 1_000);
  sequence.setWeights([1, 1]);
  sequence.takeTurns(900, 0, 1);
  expect(sequence.position).toEqual([-1, 1]);
  const { epoch } = sequence;
  sequence.restart([0, 0]);
  sequence.setWeights([1, 1]);
  sequence.takeTurns(epoch, 0, 1);
  expect(sequence.position).toEqual([0, 0]);
});

const someWeights = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
const sum = (numbers: readonly number[]) => numbers.reduce((x, y) => x + y, 0);

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
      sequence.setWeights(weights);
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
        sequence.setWeights(weights);
        const leased = leases.flatMap((size) => sequence.lease(size));
        const position = weights.map(() => 0);
        expect(leased).toEqual(leased.map(() => take(position, weights)));
      },
    ),
  );
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
      sequence.setWeights(all);
      sequence.lease(before);
      const { epoch } = sequence;
      const held = leases.map((size) => sequence.lease(size));
      // The slots of the backends that stay in are used; those of the one that is out come back.
      const giveBack = (slots: readonly number[]) =>
        sequence.giveBack(epoch, 0, slots.filter((index) => index === 0).length);
      sequence.setWeights(without);
      for (const slots of held.slice(0, backWhileOut)) giveBack(slots);
      sequence.lease(meanwhile);
      sequence.enter(without, 0);
      sequence.setWeights(all);
      const after = sequence.lease(5);
      for (const slots of held.slice(backWhileOut)) giveBack(slots);
      after.push(...sequence.lease(60));
      expect(longestRunOf(0, after)).toBeLessThanOrEqual(2);
    }),
  );
});
