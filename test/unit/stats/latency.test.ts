/** Quantiles of latencies, from counts in buckets. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketOf, noLatencies, quantile } from '../../../worker/stats/latency.ts';

test('a quantile is at most a quarter above the truth and never below it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.95),
      (values, q) => {
        const counts = noLatencies();
        for (const ms of values) counts[bucketOf(ms)]!++;
        const exact = values.toSorted((x, y) => x - y)[Math.ceil(q * values.length) - 1]!;
        const estimate = quantile(counts, q)!;
        expect(estimate).toBeGreaterThanOrEqual(Math.floor(exact));
        expect(estimate).toBeLessThanOrEqual(Math.ceil(exact * 1.25) + 1);
      },
    ),
  );
});

test('no requests, no quantile', () => {
  expect(quantile(noLatencies(), 0.5)).toBeNull();
});
