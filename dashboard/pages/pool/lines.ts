/** Which lines the charts draw, and in which colours. No I/O. */

import { completed } from '../../model/rates.ts';
import type { PoolSeries } from '../../model/series.ts';

/** The most backends with a line of their own; the others share one line. */
const LINES = 8;

/** A backend's line, or the line of all others (`slot` is null). */
export interface Line {
  readonly name: string;
  /** The index of its colour. */
  readonly slot: number | null;
  /** Per second, by step. */
  readonly requests: readonly number[];
  /** By step. */
  readonly failures: readonly number[];
}

/** Backend ids by colour; null: the colour is free. */
export type Slots = readonly (string | null)[];

export const noSlots: Slots = new Array<null>(LINES).fill(null);

type BySteps = NonNullable<PoolSeries['backends']>[number];

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/**
 * Which backends have a line, given those that had one: a backend keeps its colour while there is room. If there are too
 * many backends, the busiest have a line, and a failing backend replaces one without failures.
 */
export function slotsFor(before: Slots, backends: readonly BySteps[]): Slots {
  const room = backends.length > LINES ? LINES - 1 : LINES;
  const known = new Map(backends.map((backend) => [backend.id, backend]));
  const slots = before.map((id, i) => (i < room && id !== null && known.has(id) ? id : null));
  const failures = (id: string) => sum(known.get(id)!.failures);
  const requests = (id: string) => sum(known.get(id)!.requests);
  const waiting = backends.map(({ id }) => id).filter((id) => !slots.includes(id));
  if (backends.length > LINES) waiting.sort((a, b) => failures(b) - failures(a) || requests(b) - requests(a));
  for (const id of waiting) {
    let free = slots.findIndex((taken, i) => taken === null && i < room);
    if (free < 0 && failures(id) > 0)
      free = slots.findLastIndex((taken) => taken !== null && failures(taken) === 0);
    if (free >= 0) slots[free] = id;
  }
  return slots;
}

/** The lines in the pool's order, the line of all others last; without the step that is still under way. */
export function linesOf({ backends = [], stepMs }: PoolSeries, slots: Slots): Line[] {
  const perSecond = (values: readonly number[]) => completed(values).map((value) => (value * 1_000) / stepMs);
  const mine = backends.filter(({ id }) => slots.includes(id));
  const others = backends.filter(({ id }) => !slots.includes(id));
  const lines = mine.map(({ id, requests, failures }): Line => {
    return {
      name: id,
      slot: slots.indexOf(id),
      requests: perSecond(requests),
      failures: completed(failures),
    };
  });
  if (others.length === 0) return lines;
  const total = (key: 'requests' | 'failures') =>
    (others[0]?.[key] ?? []).map((_, i) => sum(others.map((other) => other[key][i] ?? 0)));
  const rest: Line = {
    name: `${others.length} others`,
    slot: null,
    requests: perSecond(total('requests')),
    failures: completed(total('failures')),
  };
  return [...lines, rest];
}

/** When each completed step began, in seconds since 1970, as uPlot expects. */
export const timesOf = ({ until, stepMs, requests }: PoolSeries): number[] =>
  completed(requests).map((_, i) => (until - (requests.length - i) * stepMs) / 1_000);

/** A line's total requests and failures, for screen readers. */
export const totalsOf = ({ requests, failures }: Line, stepMs: number) => ({
  requests: Math.round((sum(requests) * stepMs) / 1_000),
  failures: sum(failures),
});
