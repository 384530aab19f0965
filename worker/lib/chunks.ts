/** Long texts in rows that SQLite takes: 2 MB each in UTF-8, where a character has up to three bytes. No I/O. */

/** Characters of one row. */
export const CHUNK_LENGTH = 500_000;

/** Cuts a text into pieces; never between the two halves of a character, which alone cannot be stored. */
export function chunkText(text: string, length = CHUNK_LENGTH): string[] {
  if (text.length <= length) return [text];
  const pieces: string[] = [];
  for (let from = 0; from < text.length; ) {
    const code = text.charCodeAt(from + length - 1);
    const isHalf = code >= 0xd800 && code <= 0xdbff;
    const to = from + (isHalf ? length - 1 : length);
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}
