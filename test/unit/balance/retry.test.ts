/** Which requests may be tried again, and after which outcomes. */
import { expect, test } from 'vitest';
import { isRepeatable, isRetryable, type RetrySettings } from '../../../worker/balance/retry.ts';
import type { Outcome } from '../../../worker/balance/types.ts';

test.each<[string, boolean, RetrySettings['nonIdempotent'], boolean]>([
  ['GET', false, false, true],
  ['HEAD', false, false, true],
  ['OPTIONS', false, false, true],
  ['PUT', false, false, true],
  ['DELETE', false, false, true],
  ['PROPFIND', false, false, true],
  ['PROPPATCH', false, false, true],
  ['REPORT', false, false, true],
  ['SEARCH', false, false, true],
  ['QUERY', false, false, true],
  ['MKCOL', false, false, true],
  ['COPY', false, false, true],
  ['MOVE', false, false, true],
  ['UNLOCK', false, false, true],
  ['LOCK', false, false, false],
  ['POST', false, false, false],
  ['PATCH', false, false, false],
  ['POST', true, false, false],
  ['POST', true, 'idempotency-key', true],
  ['POST', false, 'idempotency-key', false],
  ['POST', false, true, true],
])('%s, key %s, nonIdempotent %s: repeatable is %s', (method, key, nonIdempotent, expected) => {
  expect(isRepeatable(method, key, nonIdempotent)).toBe(expected);
});

const on: RetrySettings['on'] = ['connect-failure', 'timeout', 503, 521, 522, 530];
const answered = (status: number): Outcome => ({ kind: 'response', status, ms: 1 });
test.each<[string, Outcome, boolean, boolean, boolean?]>([
  ['a refused GET', { kind: 'connect-failure', ms: 1 }, true, true],
  ['a refused POST', { kind: 'connect-failure', ms: 1 }, false, false],
  ['a POST that ran out of time', { kind: 'timeout', ms: 1 }, false, false],
  ['a POST that met 503', answered(503), false, false],
  ['a POST that met 521', answered(521), false, true],
  ['a POST that met 530', answered(530), false, true],
  ['a POST that met 522, where a connection may have been opened', answered(522), false, false],
  ['a GET that met 500', answered(500), true, false],
  ['a GET that met 525 where it is not listed', answered(525), true, false],
  ['a client that went away', { kind: 'client-closed', ms: 1 }, true, false],
  ['a GET that met 103', answered(103), true, true],
  ['a POST that met 103', answered(103), false, false],
  ['a GET that met 600', answered(600), true, true],
  ['a GET that met 101 unasked', answered(101), true, true],
  ['a WebSocket that opened', answered(101), true, false, true],
])('%s', (_, outcome, repeatable, expected, upgrade = false) => {
  expect(isRetryable(outcome, repeatable, on, upgrade)).toBe(expected);
});
