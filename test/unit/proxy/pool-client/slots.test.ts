/** The slots that an isolate holds: their order, their return, and how many it asks for. */
import { expect, test } from 'vitest';
import { SLOTS_HELD, type SlotAction, Slots } from '../../../../worker/proxy/pool-client/slots.ts';
import { lease } from '../../../support/samples.ts';

const all = (): SlotAction => 'use';

/** Of a pool with backends a, b and c. */
function slotsOf(maxLease = 64): Slots {
  const slots = new Slots();
  slots.configure(['a', 'b', 'c'], [-1, -1, -1], maxLease);
  return slots;
}

test('slots are used in the sequence’s order, though the replies overtook each other', () => {
  const slots = slotsOf();
  slots.add(lease(2, [2, 2]), 0);
  slots.add(lease(0, [0, 1]), 0);
  expect([1, 2, 3, 4].map(() => slots.take(10, all)?.index)).toEqual([0, 1, 2, 2]);
  expect(slots.take(10, all)).toBeNull();
});

test('expired slots go back, counted by backend under their epoch', () => {
  const slots = slotsOf();
  slots.add(lease(0, [0, 0, 1, 2], 7), 0);
  expect(slots.take(10, all)?.index).toBe(0);
  expect(slots.take(1_000, all)).toBeNull();
  expect(slots.takePending().returned).toEqual([{ epoch: 7, counts: { a: 1, b: 1, c: 1 } }]);
  expect(slots.takePending().returned).toEqual([]);
});

test(`${SLOTS_HELD} slots are held; those granted past them go back, every one`, () => {
  const slots = slotsOf();
  const granted = Array.from({ length: 1_024 }, (_, i) => i % 3);
  const leases = SLOTS_HELD / granted.length + 3;
  for (let i = 0; i < leases; i++) slots.add(lease(i * granted.length, granted), 0);
  expect(slots.left).toBe(SLOTS_HELD);
  const count = (index: number) => 3 * granted.filter((slot) => slot === index).length;
  const counts = { a: count(0), b: count(1), c: count(2) };
  expect(slots.takePending().returned).toEqual([{ epoch: 1, counts }]);
});

test('a slot goes back, or its turn passes, as its fate is, and the next one is used', () => {
  const slots = slotsOf();
  slots.add(lease(0, [0, 1, 2]), 0);
  expect(slots.take(10, (index) => (['return', 'pass', 'use'] as const)[index]!)?.index).toBe(2);
  expect(slots.takePending().returned).toEqual([{ epoch: 1, counts: { a: 1 } }]);
});

test.each([
  ['as many as a lease’s life needed lately, and a quarter more', 20, 100, 2_000, 13],
  ['one when requests are rare', 3, 3_000, 9_000, 1],
  ['one after a single request', 1, 0, 250, 1],
  ['the pool’s largest lease in a burst', 64, 0, 10, 64],
  ['one when a burst is over', 64, 0, 3_000, 1],
])('asks for %s', (_, requests, gapMs, afterMs, want) => {
  const slots = slotsOf();
  for (let n = 0; n < requests; n++) {
    slots.add({ ...lease(n, [0]), ttlMs: 10_000 }, 10_000 + n * gapMs);
    slots.take(10_000 + n * gapMs, all);
  }
  expect(slots.want(10_000 + afterMs)).toBe(want);
});
