/** The one decision for «may be tried again at another backend». No I/O. */
import type { Outcome } from './types.ts';

export interface RetrySettings {
  readonly maxRetries: number;
  readonly on: readonly (number | 'connect-failure' | 'timeout')[];
  readonly nonIdempotent: boolean | 'idempotency-key';
  readonly budgetPercent: number;
  readonly bodyLimitBytes: number;
}

/** RFC 9110 9.2.2, without the methods that Workers cannot send. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

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
  // A backend that stalls is a timeout that did not have to be waited for.
  const kind = outcome.kind === 'stalled' ? 'timeout' : outcome.kind;
  if (kind !== 'response') return repeatable && on.includes(kind);
  if (outcome.status === undefined || !on.includes(outcome.status)) return false;
  return repeatable || NEVER_CONNECTED.includes(outcome.status);
}
