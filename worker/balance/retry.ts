/** The one decision whether a request may be retried at another backend. No I/O. */
import type { Outcome } from './types.ts';

/** The pool's settings, with the overrides of the route. */
export interface RetrySettings {
  readonly maxRetries: number;
  readonly on: readonly (number | 'connect-failure' | 'timeout')[];
  readonly nonIdempotent: boolean | 'idempotency-key';
  readonly budgetPercent: number;
  readonly bodyLimitBytes: number;
}

/**
 * The idempotent methods of RFC 9110 9.2.2 and of IANA's HTTP Method Registry. The runtime answers 501 to some of them,
 * such as BIND and LINK; they are listed in case a later runtime passes them on.
 */
const IDEMPOTENT: ReadonlySet<string> = new Set(
  (
    'GET HEAD OPTIONS TRACE PUT DELETE QUERY ' +
    'ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF ' +
    'MKWORKSPACE MOVE ORDERPATCH PRI PROPFIND PROPPATCH REBIND REPORT SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK ' +
    'UPDATE UPDATEREDIRECTREF VERSION-CONTROL'
  ).split(' '),
);

/** The platform's statuses for a connection that was never opened: the backend cannot have processed anything. */
const NEVER_CONNECTED: readonly number[] = [521, 523, 525, 526, 530];

/** Whether a request may be sent again although the first backend may have processed it. */
export function isRepeatable(
  method: string,
  hasIdempotencyKey: boolean,
  nonIdempotent: RetrySettings['nonIdempotent'],
): boolean {
  if (IDEMPOTENT.has(method) || nonIdempotent === true) return true;
  return nonIdempotent === 'idempotency-key' && hasIdempotencyKey;
}

/**
 * Whether a status ends an exchange, so that the response can be passed on. An interim one (RFC 9110 15.2) does not: the
 * runtime takes it for the response and never delivers the final one. A status outside 100 to 599 has no meaning (RFC 9110
 * 15). A 101 is final if it opened the WebSocket that the client asked for.
 */
export const isFinal = (status: number, upgrade: boolean): boolean =>
  (status >= 200 && status <= 599) || (status === 101 && upgrade);

/**
 * Whether a request may be retried after this outcome, regardless of budget, time and candidates. A response that is not
 * final counts as a failed connection: what the backend processed is not known.
 */
export function isRetryable(
  outcome: Outcome,
  repeatable: boolean,
  on: RetrySettings['on'],
  upgrade: boolean,
): boolean {
  if (outcome.kind === 'client-closed') return false;
  // A stall is a timeout that was noticed early.
  const kind = outcome.kind === 'stalled' ? 'timeout' : outcome.kind;
  if (kind !== 'response') return repeatable && on.includes(kind);
  if (outcome.status === undefined) return false;
  if (!isFinal(outcome.status, upgrade)) return repeatable && on.includes('connect-failure');
  if (!on.includes(outcome.status)) return false;
  return repeatable || NEVER_CONNECTED.includes(outcome.status);
}
