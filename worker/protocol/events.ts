/** The events of the history: changes of the configuration, ejections, probes and returns. No I/O. */
import type { Change } from '../balance/ejection.ts';
import type { Outcome } from '../balance/types.ts';
import type {
  AlertHistoryEvent,
  Check,
  HistoryEvent,
  NewEvent,
  PoolEvent,
  RolloutHistoryEvent,
} from './traffic-schemas.ts';

export type { AlertHistoryEvent, HistoryEvent, NewEvent, PoolEvent, RolloutHistoryEvent };
/** The kinds of event that a Pool object reports. */
export type PoolEventKind = PoolEvent['kind'];

/** What the keys of alerts' events begin with; no pool's name contains a blank. */
export const ALERT_KEY = 'alert ';

/** Identifies an event, so that one reported twice is stored once. */
export function eventKey(event: NewEvent): string {
  if (event.kind === 'config') return `revision ${event.revision}`;
  if ('alert' in event) return `${ALERT_KEY}${event.message} ${event.try} ${event.kind}`;
  if ('route' in event) return `rollout ${event.route} ${event.at} ${event.kind} ${event.step}`;
  const { pool, shard, backend, kind, at } = event;
  return `${pool}/${shard}/${backend}/${kind}/${at}`;
}

/** Describes an outcome in words, such as `timeout after 300 ms` or `status 503`. */
export function describeOutcome({ kind, status, ms }: Outcome): string {
  if (kind === 'timeout') return `timeout after ${ms} ms`;
  if (kind === 'stalled') return `no answer after ${ms} ms while other backends answered`;
  if (kind === 'connect-failure') return 'it could not be reached';
  if (kind === 'client-closed') return 'the client went away';
  return `status ${status}`;
}

/** How a health check ended, as an outcome; one of a body that was not expected is a response. */
export const outcomeOfCheck = ({ result, status, ms }: Check): Outcome =>
  result === 'timeout' || result === 'connect-failure'
    ? { kind: result, ms }
    : { kind: 'response', status: status ?? 0, ms };

/** Describes a health check in words, such as `status 503` or `status 200 without the expected body`. */
export const describeCheck = (check: Check): string =>
  describeOutcome(outcomeOfCheck(check)) +
  (check.result === 'wrong-body' ? ' without the expected body' : '');

/** The failures that led to a verdict: in a row, and among the recent attempts. */
export interface FailureCount {
  readonly inRow: number;
  /** The setting `failures`: how many in a row eject. */
  readonly limit: number;
  readonly recent: number;
  readonly attempts: number;
}

/** Explains in words why the verdict on a backend changed. */
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
