/** What is wrong with a pasted configuration is told with its line: JSON's faults and the API's messages. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonFault, linesOf } from '../../dashboard/model/json-places.ts';
import { placed, readDocument } from '../../dashboard/pages/settings/import-text.ts';

test.each([
  ['', 1, 1, 'the text ends before the document does'],
  ['{\n  "pools": [,]\n}', 2, 13, 'a value is missing before «,»'],
  ['{\n  "pools": []\n  "routes": []\n}', 3, 3, 'a comma or } is missing before «"»'],
  ['{\n  "pools": [],\n}', 3, 1, 'the comma before } is one too many'],
  ["{\n  'pools': []\n}", 2, 3, 'a key in double quotes is missing'],
  ['{"pools" []}', 1, 10, 'a colon is missing after "pools"'],
  ['{"a": "one\ntwo"}', 1, 7, 'this string has no end on its line, or holds what JSON does not allow'],
  ['{"a": [1, 2', 1, 12, '] is missing'],
  ['{}\n{}', 2, 1, 'the document has ended here; nothing may follow'],
  ['{"a": 1} // why', 1, 10, 'the document has ended here; nothing may follow'],
  ["[1, 'a']", 1, 5, 'a value is missing before this single quote'],
])('in %j line %i, column %i: %s', (text, line, column, message) => {
  expect(jsonFault(text)).toEqual({ line, column, message });
});

test('a text has a fault if and only if JSON.parse refuses it', () => {
  const parses = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', ']', '0', '-', '\n', '\\'))
    .map(([text, at, put]) => {
      const i = at % (text.length + 1);
      return text.slice(0, i) + put + text.slice(i + 1);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
      expect(jsonFault(text) === null).toBe(parses(text));
    }),
    { numRuns: 2_000 },
  );
});

const TEXT = `{
  "pools": [
    {
      "id": "shop",
      "backends": [
        { "id": "a", "url": "ftp://a" }
      ]
    }
  ]
}`;

test('each part of a document is found on its line', () => {
  const lines = linesOf(TEXT, ['', 'pools[0]', 'pools[0].backends[0].url', 'routes']);
  expect([...lines]).toEqual([
    ['', 1],
    ['pools[0]', 3],
    ['pools[0].backends[0].url', 6],
  ]);
});

test('a message stands at the line of its part, or of what should hold it', () => {
  const problems = [
    { path: 'pools[0].backends[0].url', message: 'is wrong' },
    { path: 'pools[0].policy', message: 'is missing' },
    { path: '', message: 'is too long' },
  ];
  expect(placed(TEXT, problems, '').map(({ line }) => line)).toEqual([6, 3, 1]);
});

test('what GET /api/config answers is taken as well, and its lines are found', () => {
  const text = `{\n"revision": 3,\n"config":\n{"pools":\n7}}`;
  expect(readDocument(text)).toEqual({ ok: true, document: { pools: 7 }, at: 'config' });
  expect(placed(text, [{ path: 'pools', message: 'must be a list' }], 'config')[0]!.line).toBe(5);
});
