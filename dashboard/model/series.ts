/** Figures over time as the API's columns: sums, rates and shares, with gaps where nothing was recorded. No I/O. */

/** A value for each step, oldest first; null: nothing was recorded in it. */
export type Column = readonly (number | null)[];

/** The columns that the dashboard looks at; `from` is the begin of the first step in epoch ms. */
export interface Columns {
  readonly from: number;
  readonly stepMs: number;
  /** Responses to clients. */
  readonly requests: Column;
  readonly '2xx': Column;
  readonly '3xx': Column;
  readonly '4xx': Column;
  readonly '5xx': Column;
  readonly clientClosed: Column;
  readonly savedByRetry: Column;
  readonly attempts: Column;
  readonly failures: Column;
  readonly bytesOut: Column;
  readonly p50Ms: Column;
  readonly p95Ms: Column;
  readonly p99Ms: Column;
}

/** Per second. */
export const perSecondOf = (column: Column, stepMs: number): (number | null)[] =>
  column.map((value) => (value === null ? null : (value * 1_000) / stepMs));

/** The share of `parts` in `wholes`, step by step; null in a step without any. */
export const sharesOf = (parts: Column, wholes: Column): (number | null)[] =>
  wholes.map((whole, i) => (whole ? (parts[i] ?? 0) / whole : null));

/** The sum of several columns; a step is null only if it is null in each. */
export function summed(columns: readonly Column[]): (number | null)[] {
  const length = Math.max(0, ...columns.map((column) => column.length));
  return Array.from({ length }, (_, i) => {
    const known = columns.flatMap((column) => column[i] ?? []);
    return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null;
  });
}

/** The sum of the steps; unknown ones count as 0. */
export const total = (column: Column): number => column.reduce<number>((sum, value) => sum + (value ?? 0), 0);

/** The newest steps of a column, together at most `ms` long: a series ends when it was read. */
export const lately = ({ stepMs }: Pick<Columns, 'stepMs'>, column: Column, ms: number): Column =>
  column.slice(-Math.max(1, Math.floor(ms / stepMs)));

const MINUTE_MS = 60_000;

/** What clients got in the last minute; the share is null when there were no requests. */
export function lastMinute(columns: Columns | undefined) {
  if (!columns) return { requests: 0, failed: 0, share: null };
  const requests = total(lately(columns, columns.requests, MINUTE_MS));
  const failed = total(lately(columns, columns['5xx'], MINUTE_MS));
  return { requests, failed, share: requests === 0 ? null : failed / requests };
}

const RATE_MS = 10_000;

/** Requests per second in the newest completed ten seconds, for a page that has just opened; null: not known. */
export function recentRate(columns: Columns | undefined): number | null {
  if (!columns) return null;
  const { stepMs, requests } = columns;
  const completed = requests.slice(0, -1).slice(-Math.max(1, Math.round(RATE_MS / stepMs)));
  return completed.length === 0 ? null : (total(completed) * 1_000) / (completed.length * stepMs);
}

/** The times to look back that the charts offer, and the steps of each, in ms. */
export const RANGES = [
  { id: '5m', words: '5 min', ms: 300_000, stepMs: 5_000 },
  { id: '1h', words: '1 h', ms: 3_600_000, stepMs: 60_000 },
  { id: '6h', words: '6 h', ms: 21_600_000, stepMs: 120_000 },
  { id: '24h', words: '24 h', ms: 86_400_000, stepMs: 600_000 },
  { id: '7d', words: '7 d', ms: 604_800_000, stepMs: 3_600_000 },
  { id: '30d', words: '30 d', ms: 2_592_000_000, stepMs: 14_400_000 },
] as const;
/** A range by its id in the URL; the first one for what is none. */
export const rangeOf = (id: string | undefined) => RANGES.find((range) => range.id === id) ?? RANGES[0];
