/** Mappings as messages of the queue, and back. */
import { expect, test } from 'vitest';
import { bodyOf, keyOf, pack, readBody } from '../../../worker/log/message.ts';
import { idsOf, mapping } from './samples.ts';

test('a thousand mappings fill few messages, each below the limit of a queue, in order', () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => `r${i}`);
  let named = 0;
  const batches = pack(
    ids.map((id) => mapping(id, `/${'ä'.repeat(200)}`)),
    0,
    () => `b${++named}`,
  );
  expect(batches.length).toBeGreaterThan(4);
  expect(batches.flatMap(idsOf)).toEqual(ids);
  for (const batch of batches) expect(Buffer.byteLength(bodyOf(batch))).toBeLessThan(127_900);
  expect(batches.map(({ id }) => id)).toEqual(batches.map((_, i) => `b${i + 1}`));
});

test('a message read back is the one that was sent, and its object is named by hour and id', () => {
  const [batch] = pack([mapping('r1'), mapping('r2')], Date.UTC(2026, 10, 24, 20, 0), () => 'f00-7');
  expect(readBody(bodyOf(batch!))).toEqual(batch);
  expect(keyOf(batch!)).toBe('2026/11/24/20/f00-7.ndjson');
});

test.each([
  ['an object', { id: 'x' }],
  ['no JSON', 'hello\nworld'],
  ['an id that is a path', '{"id":"../../x","at":1}\n{}'],
  ['no time', '{"id":"x"}\n{}'],
])('a foreign message (%s) is not taken for ours', (_, body) => {
  expect(readBody(body)).toBeNull();
});
