/** Health checks as the dashboard words them. */
import { describe, expect, test } from 'vitest';
import type { BackendHealth } from '../../../../dashboard/api/checks.ts';
import { checkInWords, STRIP, stripLabel, withLatest } from '../../../../dashboard/model/checks.ts';

const check = (at: number, more: object = {}) =>
  ({ at, ms: 12, status: 200, result: 'ok', ok: true, ...more }) as const;
const health = (lastCheckAt: number | null) =>
  ({
    state: 'healthy',
    since: 1,
    consecutive: 1,
    lastCheckAt,
    lastMs: 5,
    lastResult: lastCheckAt && 'timeout',
  }) as BackendHealth;

test.each([
  [check(1), 'status 200, 12 ms'],
  [check(1, { status: 503, result: 'failure-status' }), 'status 503, unexpected status, 12 ms'],
  [check(1, { status: null, result: 'timeout', ms: 5_000 }), 'timed out, 5.0 s'],
])('%j reads %s', (one, words) => {
  expect(checkInWords(one)).toBe(words);
});

test('a strip says how many checks it shows and how many of them failed', () => {
  expect(stripLabel('a', [])).toBe('a has not been checked');
  expect(stripLabel('a', [check(2), check(1, { ok: false })])).toBe('2 checks of a, 1 failed');
  expect(stripLabel('a', [check(1)])).toBe('1 check of a, none failed');
});

describe('a check that a status reports', () => {
  test('is added when it is newer than those that were read', () => {
    const known = [check(2), check(1)];
    expect(withLatest(known, health(3))[0]).toMatchObject({ at: 3, result: 'timeout', ok: false });
    expect(withLatest(known, health(2))).toBe(known);
    expect(withLatest(known, health(null))).toBe(known);
    expect(withLatest(known, undefined)).toBe(known);
  });

  test('takes the place of the oldest when the strip is full', () => {
    const full = Array.from({ length: STRIP }, (_, i) => check(STRIP - i));
    const next = withLatest(full, health(STRIP + 1));
    expect([next.length, next[0]!.at, next.at(-1)!.at]).toEqual([STRIP, STRIP + 1, 2]);
  });
});
