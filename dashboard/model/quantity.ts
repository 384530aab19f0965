/** Durations and sizes as operators write them: `15 s`, `5 min`, `1 h 30 min`, `64 KiB`. No I/O. */

/** A name of a unit, and its value in the base unit. */
type Units = readonly (readonly [name: string, value: number])[];

/** In ms, largest first. */
const TIMES: Units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
];
/** In bytes, largest first. */
const SIZES: Units = [
  ['GiB', 1_073_741_824],
  ['MiB', 1_048_576],
  ['KiB', 1_024],
  ['bytes', 1],
];

/** Other spellings, in lower case. */
const SAME: Readonly<Record<string, string>> = {
  day: 'd',
  days: 'd',
  hour: 'h',
  hours: 'h',
  m: 'min',
  minute: 'min',
  minutes: 'min',
  mins: 'min',
  sec: 's',
  second: 's',
  seconds: 's',
  b: 'bytes',
  byte: 'bytes',
  k: 'kib',
  kb: 'kib',
  mb: 'mib',
  gb: 'gib',
};

/** The sum of the quantities in a text, in the base unit; null: the text is none. `bare`: the unit of a number alone. */
function parse(text: string, units: Units, bare: string | null): number | null {
  const parts = [...text.trim().matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]*)/gi)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text.trim()) return null;
  let sum = 0;
  for (const [, number, word = ''] of parts) {
    const name = word === '' && parts.length === 1 ? bare : word.toLowerCase();
    const unit = units.find(([one]) => one.toLowerCase() === (SAME[name ?? ''] ?? name));
    if (!unit && Number(number) !== 0) return null;
    sum += Number(number) * (unit?.[1] ?? 0);
  }
  return Math.round(sum);
}

/** `15 s`, `1.5 h` or `1 h 30 min` in ms; null: the text is no duration. `bare`: the unit of a number alone; null: it needs one. */
export const parseDuration = (text: string, bare: string | null = null): number | null =>
  parse(text, TIMES, bare);

/** `64 KiB` or `65536` in bytes; null: the text is no size. */
export const parseSize = (text: string): number | null => parse(text, SIZES, 'bytes');

/** A quantity in the largest unit that shows it exactly. */
function write(value: number, units: Units): string {
  const [name, size] = units.find(([, one]) => value % one === 0) ?? units.at(-1)!;
  return `${value / size} ${name}`;
}

/** A duration in ms, exactly: `15 s`, `1.5 s`, `1 d`. */
export function exactDuration(ms: number): string {
  if (ms === 0) return '0 s';
  if (ms > 1_000 && ms < 60_000 && ms % 100 === 0) return `${ms / 1_000} s`;
  return write(ms, TIMES);
}

/** A size in bytes, exactly: `64 KiB`. */
export const exactSize = (bytes: number): string => (bytes === 0 ? '0 bytes' : write(bytes, SIZES));
