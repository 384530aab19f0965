/** What is kept of a request: its id, its attempts in a header, and its mapping. */
import { expect, test } from 'vitest';
import { LIMITS } from '../../../worker/config/limits.ts';
import {
  describeAttempts,
  type Exchange,
  HOST_LENGTH,
  mappingOf,
  PATH_LENGTH,
  readRequestId,
} from '../../../worker/proxy/exchange.ts';

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

test('a request id of 128 characters is kept, a longer one is replaced', () => {
  expect(readRequestId(new Headers({ 'x-request-id': 'x'.repeat(128) }))).toHaveLength(128);
  expect(readRequestId(new Headers({ 'x-request-id': 'x'.repeat(129) }))).toBeNull();
});

const LONG_ID = 'x'.repeat(63);
const attempts = times(1 + LIMITS.maxRetries, () => ({
  ...{ backend: LONG_ID, outcome: 'connect-failure' as const, status: null, ms: 300_000 },
}));

test('X-Backend-Attempts after the most retries of the longest ids stays below 1 KB', () => {
  expect(describeAttempts(attempts).length).toBeLessThan(1_024);
});

const exchange = (length: number): Exchange =>
  ({
    ...{ requestId: 'x'.repeat(128), startedAt: 1, request: { method: 'OPTIONS' }, route: { id: LONG_ID } },
    ...{ view: { config: { id: LONG_ID } }, choice: { reason: 'fail-open' }, attempts },
    target: { host: 'h'.repeat(length), path: `/${'p'.repeat(length)}` },
  }) as unknown as Exchange;

test('a mapping keeps so much of host and path, and is never longer than 4 KB', () => {
  const mapping = mappingOf(exchange(20_000), LONG_ID, 200, 2);
  expect(mapping.host).toHaveLength(HOST_LENGTH + 1);
  expect(mapping.path).toHaveLength(PATH_LENGTH + 1);
  expect(JSON.stringify(mapping).length).toBeLessThan(4_096);
});
