/** Which reports of which isolates have been counted, so that a repeated one is harmless. No I/O. */

/** Isolates remembered; the longest silent is forgotten first. */
const ISOLATES_KEPT = 1_000;
/** How far behind the newest a late report may be; a bit each in a number. */
const WINDOW = 31;

export class Reporters {
  /** Isolate -> newest sequence number, and a bit for each of the WINDOW before it that was seen. */
  readonly #seen = new Map<string, { last: number; mask: number }>();

  /** Whether this report has not been counted yet; from now on it has. One too old to tell counts as seen. */
  isNew(isolate: string, sequence: number): boolean {
    const known = this.#seen.get(isolate);
    this.#seen.delete(isolate);
    const next = known ? advance(known, sequence) : { last: sequence, mask: 0 };
    this.#seen.set(isolate, next ?? known!);
    const oldest = this.#seen.keys().next().value;
    if (this.#seen.size > ISOLATES_KEPT && oldest !== undefined) this.#seen.delete(oldest);
    return next !== null;
  }

  dump(): [string, number, number][] {
    return [...this.#seen].map(([isolate, { last, mask }]) => [isolate, last, mask]);
  }

  load(rows: readonly (readonly [string, number, number])[]): void {
    for (const [isolate, last, mask] of rows) this.#seen.set(isolate, { last, mask });
  }
}

/** The record after `sequence`, or null when it was seen before. */
function advance({ last, mask }: { last: number; mask: number }, sequence: number) {
  const behind = last - sequence;
  if (behind === 0 || behind > WINDOW) return null;
  if (behind > 0) {
    const bit = 1 << (behind - 1);
    return mask & bit ? null : { last, mask: mask | bit };
  }
  const steps = -behind;
  return { last: sequence, mask: steps > WINDOW ? 0 : (mask << steps) | (1 << (steps - 1)) };
}
