/** The events of the history: changes of the configuration, ejections, probes, returns. No I/O. */
import type { Outcome } from '../balance/types.ts';
import type { ConfigEvent, HistoryEvent, PoolEvent } from '../protocol/traffic-schemas.ts';

export type { ConfigEvent, HistoryEvent, PoolEvent };

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
