/** What is kept of the health checks of a pool. */
import { describe, expect, test } from 'vitest';
import { CHECKS_KEPT, CheckRecords } from '../../../../../worker/objects/pool/health/check-records.ts';

const THRESHOLDS = { unhealthyAfter: 2, healthyAfter: 2 };
const backend = (id: string, url = 'http://a.test') => ({ id, url, binding: null });
const check = (at: number, ok: boolean) =>
  ({ at, ms: 5, status: ok ? 200 : 500, result: ok ? 'ok' : 'failure-status', ok }) as const;

function failedTwice() {
  const records = new CheckRecords();
  records.retain([backend('a'), backend('b')]);
  records.record('a', check(1_000, false), THRESHOLDS);
  records.record('a', check(2_000, false), THRESHOLDS);
  return records;
}

test('what is stored and read again is the same, with the verdict and the row of results', () => {
  const again = new CheckRecords(JSON.parse(JSON.stringify(failedTwice().dump())));
  again.retain([backend('a'), backend('b')]);
  expect(again.newest('a')).toEqual([check(2_000, false), check(1_000, false)]);
  expect(again.health('a')).toEqual({
    ...{ state: 'unhealthy', since: 2_005, consecutive: 2 },
    ...{ lastCheckAt: 2_000, lastMs: 5, lastResult: 'failure-status' },
  });
  expect(again.record('a', check(3_000, true), THRESHOLDS)).toBe('none');
  expect(again.record('a', check(4_000, true), THRESHOLDS)).toBe('recovered');
});

test('another address under the same id begins anew, and a backend that is gone is forgotten', () => {
  const records = failedTwice();
  records.retain([backend('a', 'http://other.test')]);
  expect(records.health('a')).toMatchObject({ state: 'unknown', since: null, lastCheckAt: null });
  expect(records.record('b', check(1, true), THRESHOLDS)).toBeNull();
});

describe('limits', () => {
  test('the last 50 checks of each backend are kept', () => {
    const records = failedTwice();
    for (let i = 0; i < CHECKS_KEPT + 5; i++) records.record('b', check(i, true), THRESHOLDS);
    expect(records.newest('b').map(({ at }) => at)).toEqual(
      Array.from({ length: CHECKS_KEPT }, (_, i) => CHECKS_KEPT + 4 - i),
    );
    expect(records.newest('a').length).toBe(2);
  });
});
