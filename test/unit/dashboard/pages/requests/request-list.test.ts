/** The pure parts of the dashboard's requests, history and command palette. */
import { expect, test } from 'vitest';
import { kindOf, textOf, wordsOf } from '../../../../../dashboard/model/difference.ts';
import { bestFits, fitness } from '../../../../../dashboard/model/fuzzy.ts';
import {
  describeAttempt,
  describeMapping,
  explainReason,
  stretches,
} from '../../../../../dashboard/model/mapping.ts';
import {
  byDay,
  dayName,
  deletionOf,
  filtered,
  readShow,
  revisionsOf,
  timeline,
} from '../../../../../dashboard/model/timeline.ts';
import {
  filterOf,
  isStatus,
  withFilter,
  withoutFilters,
} from '../../../../../dashboard/pages/requests/filter.ts';
import { countNew, mergeRequests } from '../../../../../dashboard/pages/requests/request-list.ts';
import { type CommandGroup, commandsOf, findCommands } from '../../../../../dashboard/shell/commands.ts';
import { parse } from '../../../../../worker/config/check.ts';
import { configSchema } from '../../../../../worker/config/schema.ts';
import type { Mapping } from '../../../../../worker/protocol/messages.ts';
import { mappingSchema } from '../../../../../worker/protocol/traffic-schemas.ts';

const mapping = (more: Partial<Mapping>): Mapping => ({
  requestId: 'r1',
  at: 1_000,
  method: 'GET',
  host: 'shop.test',
  path: '/',
  route: 'shop',
  pool: 'shop',
  backend: 'a',
  reason: 'policy',
  attempts: [{ backend: 'a', outcome: 'ok', status: 200, ms: 5 }],
  status: 200,
  ms: 5,
  colo: null,
  ...more,
});

test('every reason of the API has words and an explanation', () => {
  for (const reason of mappingSchema.shape.reason.options) {
    const { words, why } = explainReason(reason);
    expect(words).not.toBe('');
    expect(why).toMatch(/^[A-Z].*\.$/);
  }
  expect(explainReason('later' as never)).toEqual({ words: 'later', why: 'later' });
});

test('attempts and requests are described in words', () => {
  const failed = { backend: 'b', outcome: 'timeout', status: null, ms: 1_000 } as const;
  expect(describeAttempt(failed)).toBe('timed out');
  expect(describeAttempt({ ...failed, outcome: 'failure-status', status: 503 })).toContain('answered 503');
  const retried = mapping({ attempts: [failed, ...mapping({}).attempts], ms: 1_010 });
  expect(describeMapping(retried)).toBe('200 from a after 2 attempts, in 1,010 ms.');
  expect(describeMapping(mapping({ backend: null, status: 502, attempts: [failed] }))).toContain(
    '502 from the balancer, because no backend answered',
  );
});

test('the attempts of a request follow each other on its timeline', () => {
  const attempts = [
    { backend: 'b', outcome: 'timeout', status: null, ms: 300 },
    { backend: 'a', outcome: 'ok', status: 200, ms: 100 },
  ] as const;
  expect(stretches({ attempts, ms: 400 })).toEqual([
    { from: 0, length: 0.75 },
    { from: 0.75, length: 0.25 },
  ]);
  expect(stretches({ attempts: [], ms: 0 })).toEqual([]);
});

test('a list of requests has no duplicates, the latest response first, and at most a thousand items', () => {
  const slow = mapping({ requestId: 'slow', at: 0, ms: 9_000 });
  const quick = mapping({ requestId: 'quick', at: 5_000, ms: 5 });
  const known = mergeRequests([], [quick]);
  expect(mergeRequests(known, [slow]).map(({ requestId }) => requestId)).toEqual(['slow', 'quick']);
  expect(mergeRequests(known, [{ ...quick }])).toBe(known);
  expect(mergeRequests(known, [{ ...quick, at: 6_000 }])).toHaveLength(2);
  const many = Array.from({ length: 1_200 }, (_, at) => mapping({ at, requestId: String(at) }));
  const held = mergeRequests([], many);
  expect(held).toHaveLength(1_000);
  expect(held[0]).toBe(many.at(-1));
  expect(countNew(held, mergeRequests(held, [mapping({ at: 5_000 }), mapping({ at: 6_000 })]))).toBe(2);
});

test('filters go to the URL and back', () => {
  const search = withFilter({ id: 'r1' }, 'pool', 'shop');
  expect(filterOf(withFilter(search, 'backend', 'a'))).toEqual({ pool: 'shop', backend: 'a' });
  expect(filterOf(withFilter({ pool: 'shop', backend: 'a' }, 'pool', 'api'))).toEqual({ pool: 'api' });
  expect(filterOf(withFilter({ status: '502' }, 'status', ''))).toEqual({});
  expect(withoutFilters({ id: 'r1', pool: 'shop', path: '/x' })).toEqual({ id: 'r1' });
  expect(['', '502', '5', '50x', '999'].map(isStatus)).toEqual([true, true, false, false, false]);
});

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

test.each([
  ['pools[shop].backends[a].weight', 5, 1, 'changed', 'pool shop, backend a, weight'],
  ['pools[shop].retry.on', [502], [502, 503], 'changed', 'pool shop, retry, on'],
  ['pools[shop].backends', ['a', 'b'], ['b', 'a'], 'reordered', 'pool shop, backends'],
  ['routes[x]', null, { id: 'x' }, 'added', 'route x'],
  ['routes[x]', { id: 'x' }, null, 'removed', 'route x'],
  ['routes[x].timeoutMs', null, 300, 'set', 'route x, timeoutMs'],
  ['routes[x].timeoutMs', 300, null, 'unset', 'route x, timeoutMs'],
  ['', 1, 2, 'changed', 'the whole document'],
])('a difference at %s from %j to %j is %s', (path, from, to, kind, words) => {
  expect(kindOf({ path, from, to })).toBe(kind);
  expect(wordsOf(path).join(', ')).toBe(words);
});

test('values are on one line, or indented if they have parts', () => {
  expect([textOf(null), textOf('x'), textOf(''), textOf(false)]).toEqual(['none', 'x', '""', 'false']);
  expect(textOf([502, 'timeout'])).toBe('502, timeout');
  expect(textOf({ id: 'a' })).toBe('{\n  "id": "a"\n}');
});

test('a few letters find a title, and whole words rank before parts of words', () => {
  expect(fitness('drain', 'Go to History')).toBeNull();
  expect(fitness('drn shop', 'Drain b of shop')).not.toBeNull();
  expect(fitness('dr', 'Disable x of other')).toBeNull();
  expect(fitness('his', 'Go to History')).toBeGreaterThan(fitness('his', 'Requests of this')!);
  const titles = ['Disable b of shop', 'Drain bb of shop', 'Drain b of shop', 'Drain a of shop'];
  expect(bestFits('drain b shop', titles, (title) => title, 2)).toEqual([
    'Drain b of shop',
    'Drain bb of shop',
  ]);
  expect(bestFits(' ', titles, (title) => title, 9)).toEqual(titles);
});

test('the palette offers the actions that a backend allows, and few while nothing is typed', () => {
  const backends = ['a', 'b', 'c'].map((id) => ({ id, url: `http://${id}.test` }));
  const pools = [
    {
      id: 'shop',
      backends: [backends[0], { ...backends[1], state: 'draining' }, { ...backends[2], state: 'disabled' }],
    },
  ];
  const parsed = parse(configSchema, { pools });
  if (!parsed.ok) throw new Error('wrong');
  const commands = commandsOf(parsed.value);
  const titles = commands.map(({ title }) => title);
  expect(titles.filter((title) => /^(Drain|Enable|Disable)/.test(title))).toEqual([
    'Drain a of shop',
    'Disable a of shop',
    'Enable b of shop',
    'Disable b of shop',
    'Enable c of shop',
  ]);
  expect(new Set(titles).size).toBe(titles.length);
  const first = ([group]: CommandGroup[]) => group?.items[0]?.title;
  expect(first(findCommands('drain a', commands))).toBe('Drain a of shop');
  expect(first(findCommands('theme dark', commands))).toBe('Set theme: dark');
  expect(findCommands('', commands).map(({ label }) => label)).toEqual([
    'Pages',
    'Pools',
    'Backends',
    'This browser',
  ]);
  expect(findCommands('nothing like it', commands)).toEqual([]);
});
