/** Differences between two revisions in words. */
import { expect, test } from 'vitest';
import { kindOf, textOf, wordsOf } from '../../../../dashboard/model/difference.ts';

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
