/** How many retries a pool may make. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  beginRequest,
  endRequest,
  newBudget,
  RETRY_FLOOR,
  takeRetry,
} from '../../../worker/balance/budget.ts';

test(`a pool without other traffic gets ${RETRY_FLOOR} retries in ten seconds, then none, then again`, () => {
  const budget = newBudget();
  const taken = (now: number) =>
    Array.from({ length: 2 * RETRY_FLOOR }, () => takeRetry(budget, 0, now)).filter(Boolean).length;
  expect(taken(1_000_000)).toBe(RETRY_FLOOR);
  expect(taken(1_009_999)).toBe(0);
  expect(taken(1_010_000)).toBe(RETRY_FLOOR);
});

test('past the floor retries are the share of requests, and no more', () => {
  const budget = newBudget();
  for (let i = 0; i < 1_000; i++) beginRequest(budget, 1_000_000);
  const taken = Array.from({ length: 1_000 }, () => takeRetry(budget, 20, 1_000_000));
  expect(taken.filter(Boolean)).toHaveLength(200);
});

/** Whether a retry is granted at `now` although `spent` were taken just before, with 20 % of the requests allowed. */
function isGranted(budget: ReturnType<typeof newBudget>, now: number, spent: number): boolean {
  for (let n = 0; n < spent; n++) takeRetry(budget, 20, now);
  return takeRetry(budget, 20, now);
}

test('requests that began long ago and are still under way count for the share; those that ended do not', () => {
  const budget = newBudget();
  const at = 1_000_000;
  for (let n = 0; n < 200; n++) beginRequest(budget, at);
  for (let n = 0; n < 100; n++) endRequest(budget, at);
  // A hundred are left: twenty retries, although nothing has begun for half a minute.
  expect(isGranted(budget, at + 30_000, 19)).toBe(true);
  expect(isGranted(budget, at + 30_001, 0)).toBe(false);
  for (let n = 0; n < 100; n++) endRequest(budget, at);
  expect(isGranted(budget, at + 60_000, RETRY_FLOOR)).toBe(false);
});

test('a request that is noted late, after its half-window, ends where it began', () => {
  const budget = newBudget();
  beginRequest(budget, 1_005_000);
  for (let n = 0; n < 100; n++) beginRequest(budget, 1_004_999);
  for (let n = 0; n < 100; n++) endRequest(budget, 1_004_999);
  expect(isGranted(budget, 1_040_000, RETRY_FLOOR)).toBe(false);
});

test('requests that never end are forgotten after five minutes', () => {
  const budget = newBudget();
  for (let n = 0; n < 1_000; n++) beginRequest(budget, 1_000_000);
  expect(isGranted(budget, 1_290_000, 199)).toBe(true);
  expect(isGranted(budget, 1_305_000, RETRY_FLOOR)).toBe(false);
});

test('once requests have ended, retries never pass the share of recent ones, or the floor', () => {
  const events = fc.array(fc.record({ wait: fc.nat(3_000), requests: fc.nat(80), retries: fc.nat(80) }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(events, fc.integer({ min: 0, max: 100 }), (script, percent) => {
      const budget = newBudget();
      let now = 1_000_000;
      const log: { at: number; requests: number; retries: number }[] = [];
      for (const { wait, requests, retries } of script) {
        now += wait;
        for (let n = 0; n < requests; n++) {
          beginRequest(budget, now);
          endRequest(budget, now);
        }
        let taken = 0;
        for (let n = 0; n < retries; n++) if (takeRetry(budget, percent, now)) taken++;
        log.push({ at: now, requests, retries: taken });
        if (taken === 0) continue;
        // Judged when one is granted: requests that were recent then may be old before the retries are.
        // The window is two halves of 5 s: the last 5 s are always inside it, and it is never longer than 10 s.
        const within = (ms: number, key: 'requests' | 'retries') =>
          log.filter(({ at }) => now - at < ms).reduce((sum, entry) => sum + entry[key], 0);
        expect(within(5_000, 'retries')).toBeLessThanOrEqual(
          Math.max(RETRY_FLOOR, (within(10_000, 'requests') * percent) / 100 + 1),
        );
      }
    }),
  );
});
