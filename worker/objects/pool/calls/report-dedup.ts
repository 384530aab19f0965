/** Which reports of which isolates have been counted, so that a repeated report is harmless. No I/O. */
import { dropOldest, evictOldest } from '../../../lib/bounded.ts';
import type { Returned } from '../../../protocol/messages.ts';

/** Isolates remembered; the one that has been silent longest goes first. */
export const ISOLATES_KEPT = 1_000;
/** Gaps in the sequence numbers of an isolate whose reports may still arrive; the oldest go first. */
export const GAPS_KEPT = 16;
/** For an isolate seen for the first time, this many earlier reports are still accepted: reports may overtake each other. */
const LATE = 32;

type Gap = readonly [from: number, to: number];

/** The newest sequence number of an isolate and the gaps before it, oldest first. */
interface Received {
  last: number;
  gaps: Gap[];
  /** The slots that the last reply granted, in memory only: they are granted again if it was lost. */
  granted?: { readonly sequence: number; readonly slots: Returned };
}

/** Remembers the sequence numbers of reports, by isolate. */
export class ReportDedup {
  readonly #byIsolate = new Map<string, Received>();

  /** Records a report. Returns whether to count it: false for a repeated one, and for one too old to be sure. */
  accept(isolate: string, sequence: number): boolean {
    const received = this.#byIsolate.get(isolate) ?? {
      last: sequence - 1,
      gaps: [[sequence - LATE, sequence - 1]],
    };
    this.#byIsolate.delete(isolate);
    this.#byIsolate.set(isolate, received);
    evictOldest(this.#byIsolate, ISOLATES_KEPT);
    return record(received, sequence);
  }

  /** Records the slots that the reply to a report grants. */
  noteGrant(isolate: string, sequence: number, slots: Returned): void {
    const received = this.#byIsolate.get(isolate);
    if (received) received.granted = { sequence, slots };
  }

  /** The slots of the reply to a report that comes again, to be returned; a repetition returns them once. */
  takeGrant(isolate: string, sequence: number): Returned[] {
    const received = this.#byIsolate.get(isolate);
    if (received?.granted?.sequence !== sequence) return [];
    const { slots } = received.granted;
    received.granted = undefined;
    return [slots];
  }

  /** What to store. */
  dump(): [string, number, Gap[]][] {
    return [...this.#byIsolate].map(([isolate, { last, gaps }]) => [isolate, last, gaps]);
  }

  /** Loads what was stored. Earlier versions stored a number in the third place: reports missing then are not accepted. */
  load(rows: readonly (readonly [string, number, number | readonly Gap[]])[]): void {
    for (const [isolate, last, gaps] of rows)
      this.#byIsolate.set(isolate, { last, gaps: typeof gaps === 'number' ? [] : [...gaps] });
  }
}

function record(received: Received, sequence: number): boolean {
  const { last, gaps } = received;
  if (sequence > last) {
    if (sequence > last + 1) gaps.push([last + 1, sequence - 1]);
    received.last = sequence;
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
  dropOldest(gaps, GAPS_KEPT);
  return true;
}
