/** Which backends have a line of their own in the charts. */
import { expect, test } from 'vitest';
import type { Columns } from '../../../../../dashboard/model/series.ts';
import {
  backendLines,
  classLines,
  noSlots,
  slotsFor,
  timesOf,
  withoutNewest,
} from '../../../../../dashboard/pages/pool/lines.ts';

const steps = (id: string, attempts: number, failures = 0) => ({
  id,
  attempts: [attempts, attempts, null],
  failures: [failures, 0, null],
  '5xx': [0, 0, null],
  p95Ms: [5, null, null],
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
  const { attempts, p95 } = backendLines(many(50), slots, 5_000);
  expect(attempts.map(({ name }) => name)).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6', '43 others']);
  expect(attempts[0]!.values).toEqual([20, 20, null]);
  // A p95 of several backends cannot be summed.
  expect(p95.map(({ name }) => name)).not.toContain('43 others');
});

test('a class that never came has no line, except 2xx and 5xx', () => {
  const columns = {
    from: 10_000,
    stepMs: 5_000,
    requests: [1, null],
    '2xx': [0, null],
    '3xx': [0, null],
    '4xx': [5, null],
    '5xx': [0, null],
  } as unknown as Columns;
  const lines = classLines(columns);
  expect(lines.map(({ name }) => name)).toEqual(['2xx', '4xx', '5xx']);
  expect(lines[1]!.values).toEqual([1, null]);
  expect(withoutNewest(lines[1]!).values).toEqual([1]);
  expect(timesOf(columns)).toEqual([10, 15]);
});
