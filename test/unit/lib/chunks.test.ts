/** Text cut into chunks. */
import { expect, test } from 'vitest';
import { chunkText } from '../../../worker/lib/chunks.ts';

test('a document is cut into pieces between characters, never inside one', () => {
  const text = `a${'\u{1f600}'.repeat(9)}`;
  const pieces = chunkText(text, 4);
  expect(pieces.join('')).toBe(text);
  expect(pieces.every((piece) => piece.isWellFormed() && piece.length <= 4)).toBe(true);
});
