/** The list of requests: no duplicates, and an end. */
import { expect, test } from 'vitest';
import { countNew, mergeRequests } from '../../../../../dashboard/pages/requests/request-list.ts';
import { mapping } from '../../../../support/samples.ts';

test('a list of requests has no duplicates, the latest response first, and at most a thousand items', () => {
  const slow = mapping({ requestId: 'slow', at: 0, ms: 9_000 });
  const quick = mapping({ requestId: 'quick', at: 5_000, ms: 5 });
  const known = mergeRequests([], [quick]);
  expect(mergeRequests(known, [slow]).map(({ requestId }) => requestId)).toEqual(['slow', 'quick']);
  expect(mergeRequests(known, [{ ...quick }])).toBe(known);
  expect(mergeRequests(known, [{ ...quick, at: 6_000 }])).toHaveLength(2);
  const many = Array.from({ length: 1_200 }, (_, at) => mapping({ at, requestId: String(at) }));
  const held = mergeRequests([], many);
  expect(held).toHaveLength(1_000);
  expect(held[0]).toBe(many.at(-1));
  expect(countNew(held, mergeRequests(held, [mapping({ at: 5_000 }), mapping({ at: 6_000 })]))).toBe(2);
});
