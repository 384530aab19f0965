/** Which reports of which isolates have been counted, so that a repeated one is harmless. No I/O. */

/** Isolates remembered; the longest silent is forgotten first. */
export const ISOLATES_KEPT = 1_000;
/** Gaps in an isolate's numbers, from one number to another, whose reports may still come; the oldest go first. */
export const GAPS_KEPT = 16;
/** Of an isolate that is new here, so many earlier reports may still come: they may have overtaken each other. */
const LATE = 32;

type Gap = readonly [from: number, to: number];

/** The newest number of an isolate, and the gaps before it, oldest first: none when all is well. */
interface Seen {
  last: number;
  gaps: Gap[];
}

export class ReportDedup {
  readonly #seen = new Map<string, Seen>();

  /** Whether this report has not been counted yet; from now on it has. One too old to tell counts as seen. */
  accept(isolate: string, sequence: number): boolean {
    const seen = this.#seen.get(isolate) ?? { last: sequence - 1, gaps: [[sequence - LATE, sequence - 1]] };
    this.#seen.delete(isolate);
    this.#seen.set(isolate, seen);
    const oldest = this.#seen.keys().next().value;
    if (this.#seen.size > ISOLATES_KEPT && oldest !== undefined) this.#seen.delete(oldest);
    return note(seen, sequence);
  }

  dump(): [string, number, Gap[]][] {
    return [...this.#seen].map(([isolate, { last, gaps }]) => [isolate, last, gaps]);
  }

  /** Earlier versions stored a number in the third place; what they missed counts as seen. */
  load(rows: readonly (readonly [string, number, number | readonly Gap[]])[]): void {
    for (const [isolate, last, gaps] of rows)
      this.#seen.set(isolate, { last, gaps: typeof gaps === 'number' ? [] : [...gaps] });
  }
}

function note(seen: Seen, sequence: number): boolean {
  const { last, gaps } = seen;
  if (sequence > last) {
    if (sequence > last + 1) gaps.push([last + 1, sequence - 1]);
    seen.last = sequence;
  } else {
    const at = gaps.findIndex(([from, to]) => from <= sequence && sequence <= to);
    if (at < 0) return false;
    const [from, to] = gaps[at]!;
    const left: Gap[] = [
      [from, sequence - 1],
      [sequence + 1, to],
    ];
    gaps.splice(at, 1, ...left.filter(([start, end]) => start <= end));
  }
  if (gaps.length > GAPS_KEPT) gaps.splice(0, gaps.length - GAPS_KEPT);
  return true;
}
