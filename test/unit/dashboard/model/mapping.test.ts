/** Requests, attempts and reasons in words. */
import { expect, test } from 'vitest';
import {
  describeAttempt,
  describeMapping,
  explainNotRetried,
  explainReason,
  stretches,
} from '../../../../dashboard/model/mapping.ts';
import { mappingSchema } from '../../../../worker/protocol/traffic-schemas.ts';
import { RETRY_REFUSALS } from '../../../../worker/stats/received.ts';
import { mapping } from '../../../support/samples.ts';

test('every reason of the API has words and an explanation', () => {
  for (const reason of mappingSchema.shape.reason.options) {
    const { words, why } = explainReason(reason);
    expect(words).not.toBe('');
    expect(why).toMatch(/^[A-Z].*\.$/);
  }
  expect(explainReason('later' as never)).toEqual({ words: 'later', why: 'later' });
});

test('attempts and requests are described in words', () => {
  const failed = { backend: 'b', outcome: 'timeout', status: null, ms: 1_000 } as const;
  expect(describeAttempt(failed)).toBe('timed out');
  expect(describeAttempt({ ...failed, outcome: 'failure-status', status: 503 })).toContain('answered 503');
  const retried = mapping({ attempts: [failed, ...mapping({}).attempts], ms: 1_010 });
  expect(describeMapping(retried)).toBe('200 from a after 2 attempts, in 1,010 ms.');
  expect(describeMapping(mapping({ backend: null, status: 502, attempts: [failed] }))).toContain(
    '502 from the balancer itself, because every attempt failed',
  );
});

test('a request that was not retried says why', () => {
  for (const notRetried of RETRY_REFUSALS)
    expect(explainNotRetried(mapping({ notRetried }))).toMatch(/^[a-z].{10,}/);
  expect(explainNotRetried(mapping({}))).toBeNull();
});

test('the attempts of a request follow each other on its timeline', () => {
  const attempts = [
    { backend: 'b', outcome: 'timeout', status: null, ms: 300 },
    { backend: 'a', outcome: 'ok', status: 200, ms: 100 },
  ] as const;
  expect(stretches({ attempts, ms: 400 })).toEqual([
    { from: 0, length: 0.75 },
    { from: 0.75, length: 0.25 },
  ]);
  expect(stretches({ attempts: [], ms: 0 })).toEqual([]);
});
