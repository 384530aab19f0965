/** The events of the history: changes of the configuration, ejections, probes, returns. No I/O. */
import type { Change } from '../balance/ejection.ts';
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

/**
 * `cap-reached`: a failing backend stays in, because the cap on ejections is reached. `probe-failed`: it stays ejected.
 * `pool-out`: no backend of the pool is left; `pool-back`: one is in again.
 */
export type PoolEventKind = Exclude<Change, 'none'> | 'probe' | 'stalled' | 'pool-out' | 'pool-back';

/** What a Pool object found out about a backend, or about the whole pool. Times are epoch ms. */
export interface PoolEvent {
  readonly kind: PoolEventKind;
  readonly at: number;
  readonly pool: string;
  readonly shard: string;
  /** The backend that made the difference; null when a change of the configuration did. */
  readonly backend: string | null;
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
  if (kind === 'stalled') return `no answer after ${ms} ms while other backends answered`;
  if (kind === 'connect-failure') return 'it could not be reached';
  if (kind === 'client-closed') return 'the client went away';
  return `status ${status}`;
}

/** What failures were counted when a backend was judged: in a row, and of the recent attempts. */
export interface FailureCount {
  readonly inRow: number;
  /** The settings' `failures`: how long a row ejects. */
  readonly limit: number;
  readonly recent: number;
  readonly attempts: number;
}

/** Why the verdict on a backend changed, in words. */
export function describeChange(
  kind: Exclude<Change, 'none'>,
  outcome: Outcome,
  { inRow, limit, recent, attempts }: FailureCount,
): string {
  const how = describeOutcome(outcome);
  if (kind === 'returned') return `it answers again: ${how}`;
  if (kind === 'probe-failed') return `its probe failed: ${how}`;
  const row = inRow === 1 ? `one failure: ${how}` : `${inRow} failures in a row, the last: ${how}`;
  const cause = inRow >= limit ? row : `${recent} of ${attempts} recent attempts failed, the last: ${how}`;
  return kind === 'ejected' ? cause : `${cause}; maxEjectedPercent keeps it in, so it is asked last`;
}
