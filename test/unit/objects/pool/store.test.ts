/** Recent mappings as rows of SQLite. */
import { expect, test } from 'vitest';
import { LIMITS } from '../../../../worker/config/limits.ts';
import { CHUNK_LENGTH } from '../../../../worker/lib/chunks.ts';
import { packRows, readBatches } from '../../../../worker/objects/pool/store.ts';
import type { Mapping } from '../../../../worker/protocol/messages.ts';
import { type Exchange, mappingOf } from '../../../../worker/proxy/exchange.ts';

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

const LONG_ID = 'x'.repeat(63);
const attempts = times(1 + LIMITS.maxRetries, () => ({
  ...{ backend: LONG_ID, outcome: 'connect-failure' as const, status: null, ms: 300_000 },
}));

const exchange = (length: number): Exchange =>
  ({
    ...{ requestId: 'x'.repeat(128), startedAt: 1, request: { method: 'OPTIONS' }, route: { id: LONG_ID } },
    ...{ view: { config: { id: LONG_ID } }, choice: { reason: 'fail-open' }, attempts },
    target: { host: 'h'.repeat(length), path: `/${'p'.repeat(length)}` },
  }) as unknown as Exchange;

test('a ring full of the longest mappings goes into rows that SQLite takes, in order', () => {
  const mapping = mappingOf(exchange(20_000), LONG_ID, 200, 2);
  const batches = [64, 1_024, 1, 900].map((count, batch) => {
    const mappings: Mapping[] = times(count, (i) => ({ ...mapping, at: batch * 10_000 + i }));
    return { count, json: JSON.stringify(mappings) };
  });
  const rows = packRows(batches);
  expect(Math.max(...rows.map(({ json }) => json.length))).toBeLessThanOrEqual(CHUNK_LENGTH);
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(1_989);
  expect(readBatches(rows)).toEqual(readBatches(batches));
});
