/** Which lines the charts draw, and which colour each keeps. No I/O. */
import type { PoolSeries } from '../../../worker/objects/series.ts';
import { whole } from '../../model/series.ts';

/** Lines of their own; past that the rest is one line. */
const LINES = 8;

/** A line: a backend's, or that of all others together (`slot` is null). */
export interface Line {
  readonly name: string;
  /** Which of the palette's colours, from 0. */
  readonly slot: number | null;
  /** A second, by step. */
  readonly requests: readonly number[];
  /** By step. */
  readonly failures: readonly number[];
}

/** Backend ids by colour; a colour that is free is null. */
export type Slots = readonly (string | null)[];

export const noSlots: Slots = new Array<null>(LINES).fill(null);

type BySteps = NonNullable<PoolSeries['backends']>[number];

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/**
 * Who has a line, given who had: nobody loses a colour while there is room. With more backends than lines those with
 * the most requests have one, and who fails takes the place of somebody who does not.
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

/** The lines in the pool's order, those of all others last. The step that is still going on is left out. */
export function linesOf({ backends = [], stepMs }: PoolSeries, slots: Slots): Line[] {
  const perSecond = (values: readonly number[]) => whole(values).map((value) => (value * 1_000) / stepMs);
  const mine = backends.filter(({ id }) => slots.includes(id));
  const others = backends.filter(({ id }) => !slots.includes(id));
  const lines = mine.map(({ id, requests, failures }): Line => {
    return { name: id, slot: slots.indexOf(id), requests: perSecond(requests), failures: whole(failures) };
  });
  if (others.length === 0) return lines;
  const total = (key: 'requests' | 'failures') =>
    (others[0]?.[key] ?? []).map((_, i) => sum(others.map((other) => other[key][i] ?? 0)));
  const rest: Line = {
    name: `${others.length} others`,
    slot: null,
    requests: perSecond(total('requests')),
    failures: whole(total('failures')),
  };
  return [...lines, rest];
}

/** When each whole step began, in seconds since 1970: what uPlot takes. */
export const timesOf = ({ until, stepMs, requests }: PoolSeries): number[] =>
  whole(requests).map((_, i) => (until - (requests.length - i) * stepMs) / 1_000);

/** A backend's requests and failures over all whole steps, for who cannot see the lines. */
export const totalsOf = ({ requests, failures }: Line, stepMs: number) => ({
  requests: Math.round((sum(requests) * stepMs) / 1_000),
  failures: sum(failures),
});
