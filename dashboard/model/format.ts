/** Figures and times as text, in one style for the whole dashboard. No I/O. */

const NUMBER = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const ONE_DIGIT = new Intl.NumberFormat('en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const ZONE = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' });
const EXACT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** Shown where there is no value. */
export const NONE = '–';

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes as `840 B`, `12.4 MB`: powers of a thousand. */
function bytes(n: number | null): string {
  if (n === null) return NONE;
  const power = n < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(n) / 3));
  const value = n / 1_000 ** power;
  return `${power === 0 ? Math.round(value) : ONE_DIGIT.format(value)} ${BYTE_UNITS[power]}`;
}

/** `12.4 MB/s`; nothing where it is not known or no length was. */
export const bytesPerSecond = (n: number | null): string | undefined =>
  n === null || n === 0 ? undefined : `${bytes(n)}/s`;

/** `1,204`. */
export const count = (value: number | null): string => (value === null ? NONE : NUMBER.format(value));

/** A rate: `0.4` below ten, `1,204` above. */
export const perSecond = (value: number | null): string => {
  if (value === null) return NONE;
  return value < 10 && value > 0 ? ONE_DIGIT.format(value) : NUMBER.format(value);
};

/** A share from 0 to 1 as `71.4 %`; two digits below 0.1 %, so that a small share is not shown as zero. */
export function percent(share: number | null): string {
  if (share === null) return NONE;
  const value = share * 100;
  if (value > 0 && value < 0.1) return `${Math.max(0.01, value).toFixed(2)} %`;
  return `${ONE_DIGIT.format(value)} %`;
}

/** A duration in a suitable unit: `84 ms`, `1.2 s`, `3 min`. */
export function duration(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${ONE_DIGIT.format(ms / 1_000)} s`;
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h`;
  return `${Math.floor(ms / 86_400_000)} d`;
}

/** `just now`, `12 s ago`, `3 h ago`. Both in epoch ms. */
export function ago(at: number, now: number): string {
  const ms = now - at;
  if (ms < 2_000) return 'just now';
  // Whole seconds, because the clock ticks once per second.
  return `${ms < 10_000 ? `${Math.floor(ms / 1_000)} s` : duration(ms)} ago`;
}

/** The time left until `until`, as `12 s` or `2 min 05 s`; never below 0. Both in epoch ms. */
export function countdown(until: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((until - now) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** `12:04:31.120`. */
export const clock = (at: number): string => CLOCK.format(at);

/** The browser's time zone, as times are shown in it: `UTC`, `CET`, `GMT+2`. */
export const zone = (at: number): string =>
  ZONE.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'local time';

/** `12:04:31 CET`: a time that can be laid beside another log. */
export const clockWithZone = (at: number): string => `${clock(at).slice(0, 8)} ${zone(at)}`;

/** `29 Nov, 12:04:31 CET`. */
export const dateAndClock = (at: number): string => `${DAY.format(at)}, ${clockWithZone(at)}`;

/** The exact time with date and zone, shown on hover over a relative one. */
export const exactTime = (at: number): string => EXACT.format(at);

/** `1 backend`, `2 backends`. */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;
