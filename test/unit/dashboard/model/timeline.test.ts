/** The history as one timeline. */
import { expect, test } from 'vitest';
import {
  byDay,
  dayName,
  deletionOf,
  filtered,
  readShow,
  revisionsOf,
  timeline,
} from '../../../../dashboard/model/timeline.ts';

const config = (id: number, revision: number, path: string) =>
  ({
    id,
    kind: 'config',
    at: id,
    revision,
    who: 'token',
    what: `did ${path}`,
    path,
    from: 1,
    to: 2,
  }) as never;
const flip = (id: number, kind: string, pool: string) => ({ id, kind, at: id, pool, backend: 'a' }) as never;

test('events, and revisions whose events are gone, are one timeline', () => {
  const events = [
    config(40, 3, 'pools[shop].timeoutMs'),
    flip(30, 'ejected', 'shop'),
    config(20, 2, 'routes[x]'),
  ];
  const revisions = [3, 2, 1].map((revision) => ({ revision, at: revision, who: 'session', summary: 's' }));
  const all = timeline(events, revisions);
  expect(all.map(({ key }) => key)).toEqual(['revision 3', 'event 30', 'revision 2', 'revision 1']);
  expect(all[0]).toMatchObject({ kind: 'revision', revision: { summary: 'did pools[shop].timeoutMs' } });
  const shop = { id: 'shop', revisions: revisionsOf('shop', events) };
  expect(filtered(all, { show: null, pool: shop }).map(({ key }) => key)).toEqual(['revision 3', 'event 30']);
  expect(filtered(all, { show: 'changes', pool: null })).toHaveLength(3);
  expect(filtered(all, { show: 'probes', pool: null })).toEqual([]);
  expect(readShow('ejections')).toBe('ejections');
  expect(readShow('toString')).toBeNull();
});

test('a change of all pools may affect each of them, a change of another pool does not', () => {
  const events = ['', 'pools', 'pools[shop]', 'pools[shop-2].policy'].map((path, i) =>
    config(i, i + 1, path),
  );
  expect([...revisionsOf('shop', events)]).toEqual([1, 2, 3]);
});

const pools = (...ids: string[]) => ids.map((id) => ({ id }));

test.each<[string, [path: string, from: unknown, to: unknown][], number | null]>([
  ['the change that deleted it', [['pools[old]', { id: 'old' }, null]], 1],
  ['a change of the whole document without it', [['', { pools: pools('old', 'shop') }, { pools: [] }]], 1],
  ['a change of several pools without it', [['pools', pools('old', 'shop'), pools('shop')]], 1],
  ['the newest change, even if its values were too long to keep', [['pools[old]', null, null]], 1],
  [
    'nothing if a newer change may have restored it',
    [
      ['', null, null],
      ['pools[old]', null, null],
    ],
    null,
  ],
  [
    'nothing if the deleting change has no values',
    [
      ['', null, null],
      ['pools[old].policy', 1, 2],
    ],
    null,
  ],
  [
    'the last of two deletions',
    [
      ['pools[old]', { id: 'old' }, null],
      ['pools', pools('old', 'b'), []],
    ],
    2,
  ],
  [
    'nothing about other pools',
    [
      ['pools[shop]', { id: 'shop' }, null],
      ['pools', pools('a', 'b'), []],
    ],
    null,
  ],
])('for a deleted pool the history shows %s', (_, changes, expected) => {
  const events = changes.map(([path, from, to], i) => ({
    ...(config(0, changes.length - i, path) as object),
    from,
    to,
  }));
  expect(deletionOf('old', events as never)?.revision ?? null).toBe(expected);
});

test('entries are grouped by day', () => {
  const noon = new Date(2026, 10, 24, 12).getTime();
  const days = byDay(
    timeline(
      [
        { ...(flip(2, 'ejected', 'p') as object), at: noon },
        { ...(flip(1, 'probe', 'p') as object), at: noon - 86_400_000 },
      ] as never,
      [],
    ),
  );
  expect(days.map(({ start }) => dayName(start, noon))).toEqual(['Today', 'Yesterday']);
  expect(dayName(days[0]!.start, noon + 5 * 86_400_000)).toMatch(/^Tuesday,? 24 November 2026$/);
});
