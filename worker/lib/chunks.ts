/** Long texts in chunks that fit a row of SQLite: 2 MB in UTF-8, where one UTF-16 unit takes up to three bytes. No I/O. */

/** The longest chunk, in UTF-16 units. */
export const CHUNK_LENGTH = 500_000;

/** Cuts a text into chunks, never between the two halves of a surrogate pair: a lone half cannot be stored. */
export function chunkText(text: string, length = CHUNK_LENGTH): string[] {
  if (text.length <= length) return [text];
  const chunks: string[] = [];
  for (let from = 0; from < text.length; ) {
    const code = text.charCodeAt(from + length - 1);
    const isHalf = code >= 0xd800 && code <= 0xdbff;
    const to = from + (isHalf ? length - 1 : length);
    chunks.push(text.slice(from, to));
    from = to;
  }
  return chunks;
}
