/** The one decision for «may be tried again at another backend». No I/O. */
import type { Outcome } from './types.ts';

export interface RetrySettings {
  readonly maxRetries: number;
  readonly on: readonly (number | 'connect-failure' | 'timeout')[];
  readonly nonIdempotent: boolean | 'idempotency-key';
  readonly budgetPercent: number;
  readonly bodyLimitBytes: number;
}

/**
 * The idempotent methods of RFC 9110 9.2.2 and of IANA's HTTP Method Registry. Some of them the runtime answers with 501
 * itself, such as BIND and LINK; should it let them through one day, they may be repeated as well.
 */
const IDEMPOTENT: ReadonlySet<string> = new Set(
  (
    'GET HEAD OPTIONS TRACE PUT DELETE QUERY ' +
    'ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF ' +
    'MKWORKSPACE MOVE ORDERPATCH PRI PROPFIND PROPPATCH REBIND REPORT SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK ' +
    'UPDATE UPDATEREDIRECTREF VERSION-CONTROL'
  ).split(' '),
);

/** The platform's own answers that say that no connection was ever opened: nothing can have been processed. */
export const NEVER_CONNECTED: readonly number[] = [521, 523, 525, 526, 530];

/** Whether the request may be sent twice although the first backend may have acted on it. */
export function isRepeatable(
  method: string,
  hasIdempotencyKey: boolean,
  nonIdempotent: RetrySettings['nonIdempotent'],
): boolean {
  if (IDEMPOTENT.has(method) || nonIdempotent === true) return true;
  return nonIdempotent === 'idempotency-key' && hasIdempotencyKey;
}

/** Whether this outcome is one to try again after, leaving budget, time and candidates aside. */
export function isRetryable(outcome: Outcome, repeatable: boolean, on: RetrySettings['on']): boolean {
  if (outcome.kind === 'client-closed') return false;
  if (outcome.kind !== 'response') return repeatable && on.includes(outcome.kind);
  if (outcome.status === undefined || !on.includes(outcome.status)) return false;
  return repeatable || NEVER_CONNECTED.includes(outcome.status);
}
