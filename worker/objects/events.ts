/** The events of the history: changes of the configuration, ejections, probes, returns. No I/O. */
import type { Outcome } from '../balance/types.ts';
import type { Difference } from '../config/diff.ts';

/** A new revision. `path`, `from`, `to`: the deepest part of the document that holds every change, before and after. */
export interface ConfigEvent extends Difference {
  readonly kind: 'config';
  /** Epoch ms. */
  readonly at: number;
  readonly revision: number;
  /** `token`, `session`, or an identity. */
  readonly who: string;
  /** The change in words. */
  readonly what: string;
}

/** What a Pool object found out about a backend. Times are epoch ms. */
export interface PoolEvent {
  readonly kind: 'ejected' | 'probe' | 'returned';
  readonly at: number;
  readonly pool: string;
  readonly shard: string;
  readonly backend: string;
  /** Why, in words. */
  readonly why: string;
  /** How the attempt ended that tipped it; `probe` events have none yet. */
  readonly outcome: Outcome['kind'] | null;
  readonly status: number | null;
  /** The request of that attempt, to be found in the log by; null where it is not known. */
  readonly requestId: string | null;
  /** The end of the ejection; null when there is none. */
  readonly until: number | null;
  /** Ejections in a row. */
  readonly ejections: number;
}

/** One event of the history; `id` grows. */
export type HistoryEvent = (ConfigEvent | PoolEvent) & { readonly id: number };

/** Tells a Pool's event from all others, so that one reported twice is kept once. */
export const eventKey = ({ pool, shard, backend, kind, at }: PoolEvent): string =>
  `${pool}/${shard}/${backend}/${kind}/${at}`;

/** `timeout after 300 ms`, `status 503`: an outcome in words. */
export function describeOutcome({ kind, status, ms }: Outcome): string {
  if (kind === 'timeout') return `timeout after ${ms} ms`;
  if (kind === 'connect-failure') return 'it could not be reached';
  if (kind === 'client-closed') return 'the client went away';
  return `status ${status}`;
}

/** Why a backend was ejected, or returned, in words. `failures` in a row; `ejections` in a row, this one included. */
export function describeFlip(
  kind: 'ejected' | 'returned',
  outcome: Outcome,
  failures: number,
  ejections: number,
): string {
  const how = describeOutcome(outcome);
  if (kind === 'returned') return `its probe succeeded: ${how}`;
  if (ejections > 1) return `its probe failed: ${how}`;
  return failures === 1 ? `one failure: ${how}` : `${failures} failures in a row, the last: ${how}`;
}
