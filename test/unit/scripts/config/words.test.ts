/** What `npm run config` prints. */
import { expect, test } from 'vitest';
import { planLines, planSummary, problemLines } from '../../../../scripts/config/words.ts';

const changes = [
  { path: 'pools[shop].backends[a].weight', from: 1, to: 3 },
  { path: 'pools[shop].backends[a].binding', from: null, to: 'INNER' },
  { path: 'pools[old]', from: { id: 'old' }, to: null },
  { path: 'routes[new]', from: null, to: { id: 'new' } },
];

test('a plan marks what is added, removed and changed', () => {
  expect(planLines(changes)).toEqual([
    '~ pools[shop].backends[a].weight: 1 -> 3',
    '~ pools[shop].backends[a].binding: null -> "INNER"',
    '- pools[old]: {"id":"old"}',
    '+ routes[new]: {"id":"new"}',
  ]);
  expect(planSummary(changes)).toBe('4 changes: 1 added, 2 changed, 1 removed');
});

test('a long value is cut', () => {
  const [line] = planLines([{ path: 'pools[shop]', from: null, to: { id: 'x'.repeat(1_000) } }]);
  expect(line!.length).toBeLessThan(250);
  expect(line).toMatch(/…$/);
});

test('a problem names the line of its part, or of the part around it', () => {
  const text = '{\n  "pools": [\n    {\n      "id": "Shop"\n    }\n  ]\n}';
  const problems = [
    { path: 'pools[0].id', message: 'is wrong' },
    { path: 'pools[0].backends', message: 'is missing' },
    { path: 'pools[0].retry.on[3]', message: 'is unknown' },
    { path: '', message: 'is too long' },
  ];
  expect(problemLines('lb.json', text, problems)).toEqual([
    'lb.json:4: pools[0].id is wrong',
    'lb.json:3: pools[0].backends is missing',
    'lb.json: pools[0].retry.on[3] is unknown',
    'lb.json:1: the document is too long',
  ]);
});
