/** An object that does not answer: how long its callers go on without it, and how often they try it. */
import { expect, test } from 'vitest';
import { CircuitBreaker } from '../../../worker/lib/circuit-breaker.ts';

/** How long a breaker stays open after each of five failures, far apart. */
function openAfterFailures(breaker: CircuitBreaker): number[] {
  const lengths: number[] = [];
  for (let now = 1_000; lengths.length < 5; now += 100_000) {
    breaker.onFailure(now);
    breaker.onFailure(now);
    lengths.push(breaker.openUntil - now);
    expect([breaker.isOpen(breaker.openUntil - 1), breaker.isOpen(breaker.openUntil)]).toEqual([true, false]);
  }
  return lengths;
}

test('an object that stays away is waited for less and less often, up to the longest back-off', () => {
  expect(openAfterFailures(new CircuitBreaker())).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
  expect(openAfterFailures(new CircuitBreaker(1_000))).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
});

test('it is probed at most four times a second', () => {
  const breaker = new CircuitBreaker();
  const probes = Array.from({ length: 1_000 }, (_, ms) => breaker.allowProbe(1_000_000 + ms));
  expect(probes.filter(Boolean)).toHaveLength(4);
});

test('after an answer the back-off begins anew', () => {
  const breaker = new CircuitBreaker();
  openAfterFailures(breaker);
  breaker.onSuccess(2_000_000);
  expect([breaker.hasFailed, breaker.wasHeard(2_000_999, 1_000)]).toEqual([false, true]);
  breaker.onFailure(2_000_000);
  expect(breaker.openUntil).toBe(2_001_000);
});
