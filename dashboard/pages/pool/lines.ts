/** Which lines the charts draw, and in which colours. No I/O. */
import { type Column, type Columns, perSecondOf, summed, total } from '../../model/series.ts';

/** The most backends with a line of their own; the others share one line. */
const LINES = 8;

/** A line of a chart. */
export interface Line {
  readonly name: string;
  /** A CSS colour; variables are allowed. */
  readonly color: string;
  readonly dash: readonly number[];
  readonly values: Column;
}

/** Backend ids by colour; null: the colour is free. */
export type Slots = readonly (string | null)[];

export const noSlots: Slots = new Array<null>(LINES).fill(null);

/** The columns of one backend. */
export interface BackendColumns extends Pick<Columns, 'attempts' | 'failures' | 'p95Ms' | '5xx'> {
  readonly id: string;
}

/**
 * Which backends have a line, given those that had one: a backend keeps its colour while there is room. If there are too
 * many backends, the busiest have a line, and a failing backend replaces one without failures.
 */
export function slotsFor(before: Slots, backends: readonly BackendColumns[]): Slots {
  const room = backends.length > LINES ? LINES - 1 : LINES;
  const known = new Map(backends.map((backend) => [backend.id, backend]));
  const slots = before.map((id, i) => (i < room && id !== null && known.has(id) ? id : null));
  const failures = (id: string) => total(known.get(id)!.failures);
  const attempts = (id: string) => total(known.get(id)!.attempts);
  const waiting = backends.map(({ id }) => id).filter((id) => !slots.includes(id));
  if (backends.length > LINES) waiting.sort((a, b) => failures(b) - failures(a) || attempts(b) - attempts(a));
  for (const id of waiting) {
    let free = slots.findIndex((taken, i) => taken === null && i < room);
    if (free < 0 && failures(id) > 0)
      free = slots.findLastIndex((taken) => taken !== null && failures(taken) === 0);
    if (free >= 0) slots[free] = id;
  }
  return slots;
}

const colorOf = (slot: number | null): string => `var(--line-${slot ?? 'others'})`;
/** From the fifth line on, lines differ by more than colour. */
const dashOf = (slot: number | null): number[] => (slot === null ? [2, 3] : slot >= 4 ? [6, 3] : []);

/** A figure of each backend: in the pool's order, the line of all others last where the figure can be summed. */
function byBackend(
  backends: readonly BackendColumns[],
  slots: Slots,
  of: (columns: BackendColumns) => Column,
  canSum: boolean,
): Line[] {
  const mine = backends.filter(({ id }) => slots.includes(id));
  const others = backends.filter(({ id }) => !slots.includes(id));
  const lines = mine.map((backend): Line => {
    const slot = slots.indexOf(backend.id);
    return { name: backend.id, color: colorOf(slot), dash: dashOf(slot), values: of(backend) };
  });
  if (others.length === 0 || !canSum) return lines;
  const rest = { name: `${others.length} others`, color: colorOf(null), dash: dashOf(null) };
  return [...lines, { ...rest, values: summed(others.map(of)) }];
}

/** Attempts per second, failures and latency of each backend. */
export const backendLines = (backends: readonly BackendColumns[], slots: Slots, stepMs: number) => ({
  attempts: byBackend(backends, slots, ({ attempts }) => perSecondOf(attempts, stepMs), true),
  failures: byBackend(backends, slots, ({ failures }) => failures, true),
  p95: byBackend(backends, slots, ({ p95Ms }) => p95Ms, false),
});

const CLASSES = [
  ['2xx', 'var(--line-2)', []],
  ['3xx', 'var(--line-0)', []],
  ['4xx', 'var(--line-1)', [6, 3]],
  ['5xx', 'var(--color-kumo-danger)', []],
] as const;

/** Responses per second by class; a class that never came is left out, except 2xx and 5xx. */
export const classLines = (columns: Columns): Line[] =>
  CLASSES.filter(([name]) => name === '2xx' || name === '5xx' || total(columns[name]) > 0).map(
    ([name, color, dash]) => ({ name, color, dash, values: perSecondOf(columns[name], columns.stepMs) }),
  );

/** What clients waited: p50, p95, p99. */
export const waitLines = ({ p50Ms, p95Ms, p99Ms }: Columns): Line[] => [
  { name: 'p50', color: 'var(--line-2)', dash: [], values: p50Ms },
  { name: 'p95', color: 'var(--line-0)', dash: [], values: p95Ms },
  { name: 'p99', color: 'var(--line-3)', dash: [6, 3], values: p99Ms },
];

/** When each step began, in seconds since 1970, as uPlot expects. */
export const timesOf = ({
  from,
  stepMs,
  requests,
}: Pick<Columns, 'from' | 'stepMs' | 'requests'>): number[] =>
  requests.map((_, i) => (from + i * stepMs) / 1_000);

/** Without the newest step: it is still under way, and would look like a drop. */
export const withoutNewest = (line: Line): Line => ({ ...line, values: line.values.slice(0, -1) });
