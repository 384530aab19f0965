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
const NEVER_CONNECTED: readonly number[] = [521, 523, 525, 526, 530];

/** Whether the request may be sent twice although the first backend may have acted on it. */
export function isRepeatable(
  method: string,
  hasIdempotencyKey: boolean,
  nonIdempotent: RetrySettings['nonIdempotent'],
): boolean {
  if (IDEMPOTENT.has(method) || nonIdempotent === true) return true;
  return nonIdempotent === 'idempotency-key' && hasIdempotencyKey;
}

/**
 * Whether a status ends an exchange that can be passed on. An interim one (RFC 9110 15.2) does not, for the runtime takes it
 * for the answer and never gives the one that follows; one outside 100 to 599 has no meaning (RFC 9110 15). A 101 is final
 * where it opened the WebSocket that the client asked for.
 */
export const isFinal = (status: number, upgrade: boolean): boolean =>
  (status >= 200 && status <= 599) || (status === 101 && upgrade);

/**
 * Whether this outcome is one to try again after, leaving budget, time and candidates aside. An answer that is not final
 * counts as a connection that failed: what the backend did until then is not known.
 */
export function isRetryable(
  outcome: Outcome,
  repeatable: boolean,
  on: RetrySettings['on'],
  upgrade: boolean,
): boolean {
  if (outcome.kind === 'client-closed') return false;
  // A backend that stalls is a timeout that did not have to be waited for.
  const kind = outcome.kind === 'stalled' ? 'timeout' : outcome.kind;
  if (kind !== 'response') return repeatable && on.includes(kind);
  if (outcome.status === undefined) return false;
  if (!isFinal(outcome.status, upgrade)) return repeatable && on.includes('connect-failure');
  if (!on.includes(outcome.status)) return false;
  return repeatable || NEVER_CONNECTED.includes(outcome.status);
}
