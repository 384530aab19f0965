/** Which backends have a line of their own in the charts. */
import { expect, test } from 'vitest';
import { linesOf, noSlots, slotsFor, timesOf } from '../../../../../dashboard/pages/pool/lines.ts';

const steps = (id: string, requests: number, failures = 0) => ({
  id,
  requests: [requests, requests, 0],
  failures: [failures, 0, 0],
});
const many = (n: number) => Array.from({ length: n }, (_, i) => steps(`s${i}`, 100 - i));

test('up to eight backends have a line each, and keep their colours when another one goes', () => {
  const slots = slotsFor(noSlots, many(4));
  expect(slots.slice(0, 4)).toEqual(['s0', 's1', 's2', 's3']);
  const fewer = slotsFor(slots, [...many(4).slice(1), steps('new', 1)]);
  expect(fewer.slice(0, 4)).toEqual(['new', 's1', 's2', 's3']);
});

test('of more backends the busiest have a line, the others share one, and a failing one replaces one without failures', () => {
  const slots = slotsFor(noSlots, many(50));
  expect(slots).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6', null]);
  expect(slotsFor(slots, many(50).toReversed())).toEqual(slots);
  const failing = many(50).map((backend) => (backend.id === 's40' ? steps('s40', 1, 3) : backend));
  expect(slotsFor(slots, failing)).toContain('s40');
  const series = { pool: 'p', stepMs: 5_000, until: 15_000, requests: [0, 0, 0], failures: [], p95Ms: [] };
  const lines = linesOf({ ...series, backends: many(50) }, slots);
  expect(lines.map(({ name }) => name)).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6', '43 others']);
  expect(lines[0]!.requests).toEqual([20, 20]);
  expect(timesOf(series)).toEqual([0, 5]);
});
