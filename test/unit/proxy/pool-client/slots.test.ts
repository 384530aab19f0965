/** The slots that an isolate holds: their order, their return, and how many it asks for. */
import { expect, test } from 'vitest';
import { SLOTS_HELD, type SlotAction, Slots } from '../../../../worker/proxy/pool-client/slots.ts';
import { lease } from '../../../support/samples.ts';

const all = (): SlotAction => 'use';
const id = (index: number) => 'abc'[index]!;

test('slots are used in the sequence’s order, though the replies overtook each other', () => {
  const slots = new Slots();
  slots.add(lease(2, [2, 2]), 0, id);
  slots.add(lease(0, [0, 1]), 0, id);
  expect([1, 2, 3, 4].map(() => slots.take(10, all, id)?.index)).toEqual([0, 1, 2, 2]);
  expect(slots.take(10, all, id)).toBeNull();
});

test('expired slots go back, counted by backend under their epoch', () => {
  const slots = new Slots();
  slots.add(lease(0, [0, 0, 1, 2], 7), 0, id);
  expect(slots.take(10, all, id)?.index).toBe(0);
  expect(slots.take(1_000, all, id)).toBeNull();
  expect(slots.takeReturned()).toEqual([{ epoch: 7, counts: { a: 1, b: 1, c: 1 } }]);
  expect(slots.takeReturned()).toEqual([]);
});

test(`${SLOTS_HELD} slots are held; those granted past them go back, every one`, () => {
  const slots = new Slots();
  const granted = Array.from({ length: 1_024 }, (_, i) => i % 3);
  const leases = SLOTS_HELD / granted.length + 3;
  for (let i = 0; i < leases; i++) slots.add(lease(i * granted.length, granted), 0, id);
  expect(slots.left).toBe(SLOTS_HELD);
  const count = (index: number) => 3 * granted.filter((slot) => slot === index).length;
  const counts = { a: count(0), b: count(1), c: count(2) };
  expect(slots.takeReturned()).toEqual([{ epoch: 1, counts }]);
});

test('a slot goes back, or its turn passes, as its fate is, and the next one is used', () => {
  const slots = new Slots();
  slots.add(lease(0, [0, 1, 2]), 0, id);
  expect(slots.take(10, (index) => (['return', 'pass', 'use'] as const)[index]!, id)?.index).toBe(2);
  expect(slots.takeReturned()).toEqual([{ epoch: 1, counts: { a: 1 } }]);
});

test('grants in quick succession double what is asked for, an unused lease halves it', () => {
  const slots = new Slots();
  slots.add(lease(0, [0]), 10_000, id);
  slots.add(lease(1, [0]), 10_100, id);
  slots.add(lease(2, [0]), 10_200, id);
  expect(slots.want).toBe(4);
  slots.take(20_000, all, id);
  expect(slots.want).toBe(1);
});
