/** Tables as CSV and JSON. */
import { expect, test } from 'vitest';
import { toCsv, toJson } from '../../../../dashboard/model/export.ts';

const lines = [
  { id: 'a', note: 'one, "two"', p95Ms: null, ok: true },
  { id: '=SUM(A1)', note: 'two\nlines', p95Ms: -3, ok: false },
];

test('CSV quotes what needs it, leaves unknown values empty, and holds no formulas', () => {
  expect(toCsv(lines)).toBe(
    'id,note,p95Ms,ok\r\na,"one, ""two""",,true\r\n\'=SUM(A1),"two\nlines",-3,false\r\n',
  );
  expect(toCsv([])).toBe('\r\n');
});

test('JSON is the lines as they are', () => {
  expect(JSON.parse(toJson(lines))).toEqual(lines);
});
