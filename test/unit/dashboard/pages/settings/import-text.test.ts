/** The faults of a pasted configuration have their lines: invalid JSON, and the API's messages. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placed, readDocument } from '../../../../../dashboard/pages/settings/import-text.ts';

test.each([
  ['', 1, 1, 'expected a value'],
  ['{\n  "pools": [,]\n}', 2, 13, 'expected a value'],
  ['{\n  "pools": []\n  "routes": []\n}', 3, 3, 'expected a comma'],
  ['{\n  "pools": [],\n}', 3, 1, 'expected a key in double quotes'],
  ["{\n  'pools': []\n}", 2, 3, 'unexpected text; strings and keys need double quotes'],
  ['{"pools" []}', 1, 10, 'expected a colon'],
  ['{"a": "one\ntwo"}', 1, 7, 'the string has no end on this line'],
  ['{"a": [1, 2', 1, 12, 'expected ]'],
  ['{}\n{}', 2, 1, 'expected the end of the text'],
  ['{"a": 1} // why', 1, 10, 'comments are not allowed'],
  ["[1, 'a']", 1, 5, 'unexpected text; strings and keys need double quotes'],
  ['["\\x"]', 1, 2, 'invalid escape in the string'],
])('in %j line %i, column %i: %s', (text, line, column, message) => {
  expect(readDocument(text)).toEqual({ ok: false, fault: { line, column, message } });
});

test('a text has a fault within it if and only if JSON.parse refuses it', () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', ']', '0', '-', '\n', '\\'))
    .map(([text, at, put]) => {
      const i = at % (text.length + 1);
      return text.slice(0, i) + put + text.slice(i + 1);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
      const read = readDocument(text);
      const lines = text.split('\n');
      if (read.ok) expect(() => JSON.parse(text)).not.toThrow();
      else {
        expect(() => JSON.parse(text)).toThrow();
        expect(read.fault.message).not.toBe('');
        expect(read.fault.column).toBeLessThanOrEqual(lines[read.fault.line - 1]!.length + 1);
      }
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

test('a message has the line of its part, or of the part around it if that is missing', () => {
  const problems = [
    { path: 'pools[0].backends[0].url', message: 'is wrong' },
    { path: 'pools[0].policy', message: 'is missing' },
    { path: '', message: 'is too long' },
    { path: 'routes[3].host', message: 'is nowhere' },
  ];
  expect(placed(TEXT, problems, '').map(({ line }) => line)).toEqual([6, 3, 1, 0]);
});

test('the answer of GET /api/config is accepted too, and its lines are found', () => {
  const text = `{\n"revision": 3,\n"config":\n{"pools":\n7}}`;
  expect(readDocument(text)).toEqual({ ok: true, document: { pools: 7 }, at: 'config' });
  expect(placed(text, [{ path: 'pools', message: 'must be a list' }], 'config')[0]!.line).toBe(5);
});
