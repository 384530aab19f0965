/** The filters of the Requests page, in its URL. */
import { expect, test } from 'vitest';
import { fits } from '../../../../../dashboard/api/requests.ts';
import {
  filterOf,
  isStatus,
  withFilter,
  withoutFilters,
} from '../../../../../dashboard/pages/requests/filter.ts';
import { mapping } from '../../../../support/samples.ts';

test('filters go to the URL and back', () => {
  const search = withFilter({ id: 'r1' }, 'pool', 'shop');
  expect(filterOf(withFilter(search, 'backend', 'a'))).toEqual({ pool: 'shop', backend: 'a' });
  expect(filterOf(withFilter({ pool: 'shop', backend: 'a' }, 'pool', 'api'))).toEqual({ pool: 'api' });
  expect(filterOf(withFilter({ status: '502' }, 'status', ''))).toEqual({});
  expect(withoutFilters({ id: 'r1', pool: 'shop', path: '/x' })).toEqual({ id: 'r1' });
  expect(['', '502', '5xx', '5', '50x', '999'].map(isStatus)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('a request that comes live fits the filters as the API would say', () => {
  const failed = mapping({ status: 502, backend: null, ms: 1_500, route: null, pool: null });
  const saved = mapping({
    attempts: [{ backend: 'b', outcome: 'timeout', status: null, ms: 300 }, ...mapping({}).attempts],
  });
  expect(
    [{ status: '5xx' }, { status: '502' }, { failed: 'true' }, { slowerThanMs: '1000' }].map((filter) =>
      fits(failed, filter),
    ),
  ).toEqual([true, true, true, true]);
  expect(
    [{ status: '4xx' }, { retried: 'true' }, { slowerThanMs: '1500' }, { method: 'POST' }].map((filter) =>
      fits(failed, filter),
    ),
  ).toEqual([false, false, false, false]);
  expect(
    [{ failed: 'true' }, { retried: 'true' }, { unrouted: 'true' }].map((filter) => fits(saved, filter)),
  ).toEqual([true, true, false]);
  expect(fits(failed, { unrouted: 'true' })).toBe(true);
  expect(fits({ ...saved, at: Date.now() }, { withinMs: '60000' })).toBe(true);
  expect(fits({ ...saved, at: Date.now() - 70_000 }, { withinMs: '60000' })).toBe(false);
});
