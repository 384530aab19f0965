/** Tables as CSV (RFC 4180) and JSON. No I/O. */

/** One line of a table: the same keys in every line. */
export type Line = Readonly<Record<string, string | number | boolean | null>>;

/** A spreadsheet would take a text that begins so as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function cellOf(value: Line[string] | undefined): string {
  if (typeof value === 'number') return String(value);
  const text = value === null || value === undefined ? '' : String(value);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** The lines with a line of names before them. What is unknown is empty. */
export function toCsv(lines: readonly Line[]): string {
  const names = Object.keys(lines[0] ?? {});
  const rows = lines.map((line) => names.map((name) => cellOf(line[name])).join(','));
  return [names.join(','), ...rows].map((row) => `${row}\r\n`).join('');
}

/** The lines as an array. */
export const toJson = (lines: readonly Line[]): string => `${JSON.stringify(lines, null, 2)}\n`;
