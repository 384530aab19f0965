/** Marks on the charts of a pool. */
import { expect, test } from 'vitest';
import type { HistoryEvent } from '../../../../../dashboard/api/events.ts';
import { MARKS, marksOf } from '../../../../../dashboard/pages/pool/marks.ts';

const config = (id: number, path: string) =>
  ({
    id,
    at: id,
    kind: 'config',
    revision: id,
    who: 'token',
    what: `change ${id}`,
    path,
    from: 1,
    to: 2,
  }) as HistoryEvent;
const event = (id: number, kind: string, pool = 'shop', backend: string | null = 'a') =>
  ({ id, at: id, kind, pool, backend, why: '' }) as unknown as HistoryEvent;

test('changes of the pool, ejections and returns are marks, oldest first', () => {
  const events = [
    event(7, 'pool-out', 'shop', null),
    event(6, 'returned'),
    event(5, 'ejected', 'other'),
    event(4, 'probe'),
    config(3, 'pools[other].policy'),
    config(2, 'pools[shop].policy'),
    event(1, 'ejected'),
  ];
  expect(marksOf(events, 'shop', 2)).toEqual([
    { at: 2, tone: 'off', words: 'revision 2: change 2' },
    { at: 6, tone: 'good', words: 'a returned' },
    { at: 7, tone: 'bad', words: 'no backend left' },
  ]);
});

test('the newest marks are kept past the limit', () => {
  const many = Array.from({ length: MARKS + 20 }, (_, i) => event(MARKS + 20 - i, 'ejected'));
  const marks = marksOf(many, 'shop', 0);
  expect(marks).toHaveLength(MARKS);
  expect(marks.at(-1)?.at).toBe(MARKS + 20);
});
