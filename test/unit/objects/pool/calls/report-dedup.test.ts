/** Each report of an isolate counts once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  GAPS_KEPT,
  ISOLATES_KEPT,
  ReportDedup,
} from '../../../../../worker/objects/pool/calls/report-dedup.ts';

test('each report counts once, in whatever order and however often it comes', () => {
  const sequences = fc.uniqueArray(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(sequences, fc.array(fc.nat(24), { maxLength: 20 }), (order, repeats) => {
      const reporters = new ReportDedup();
      const counted = [...order, ...repeats.map((n) => order[n % order.length]!)].filter((n) =>
        reporters.accept('i', n),
      );
      expect(counted).toEqual(order);
    }),
  );
});

test('a report that fifty others have overtaken counts once', () => {
  const reporters = new ReportDedup();
  reporters.accept('i', 1);
  for (let n = 3; n < 53; n++) reporters.accept('i', n);
  expect([reporters.accept('i', 2), reporters.accept('i', 2)]).toEqual([true, false]);
});

test('the reports counted are known after a restart', () => {
  const before = new ReportDedup();
  before.accept('i', 1);
  before.accept('i', 2);
  const after = new ReportDedup();
  after.load(before.dump());
  expect([after.accept('i', 1), after.accept('i', 2), after.accept('i', 3)]).toEqual([false, false, true]);
});

test('slots of a lost reply come back with the repeated report, once, and no other report brings them', () => {
  const reporters = new ReportDedup();
  const slots = { epoch: 1, counts: { a: 2 } };
  for (const sequence of [1, 2]) {
    reporters.accept('i', sequence);
    reporters.noteGrant('i', sequence, slots);
  }
  expect(reporters.takeGrant('i', 1)).toEqual([]);
  expect(reporters.takeGrant('j', 2)).toEqual([]);
  expect([reporters.takeGrant('i', 2), reporters.takeGrant('i', 2)]).toEqual([[slots], []]);
});

describe('limits', () => {
  test(`an object remembers ${ISOLATES_KEPT} isolates and forgets the longest silent`, () => {
    const reporters = new ReportDedup();
    for (let i = 0; i <= ISOLATES_KEPT; i++) reporters.accept(`isolate-${i}`, 1);
    expect(reporters.dump()).toHaveLength(ISOLATES_KEPT);
    expect(reporters.accept('isolate-1000', 1)).toBe(false);
    expect(reporters.accept('isolate-0', 1)).toBe(true);
  });

  test(`more than ${GAPS_KEPT} gaps are not kept: the oldest late reports count as seen`, () => {
    const reporters = new ReportDedup();
    for (let n = 1; n <= 2 * GAPS_KEPT + 3; n += 2) reporters.accept('i', n);
    expect(reporters.accept('i', 2)).toBe(false);
    expect(reporters.accept('i', 2 * GAPS_KEPT + 2)).toBe(true);
  });
});
