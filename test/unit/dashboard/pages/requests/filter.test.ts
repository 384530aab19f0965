/** The filters of the Requests page, in its URL. */
import { expect, test } from 'vitest';
import {
  filterOf,
  isStatus,
  withFilter,
  withoutFilters,
} from '../../../../../dashboard/pages/requests/filter.ts';

test('filters go to the URL and back', () => {
  const search = withFilter({ id: 'r1' }, 'pool', 'shop');
  expect(filterOf(withFilter(search, 'backend', 'a'))).toEqual({ pool: 'shop', backend: 'a' });
  expect(filterOf(withFilter({ pool: 'shop', backend: 'a' }, 'pool', 'api'))).toEqual({ pool: 'api' });
  expect(filterOf(withFilter({ status: '502' }, 'status', ''))).toEqual({});
  expect(withoutFilters({ id: 'r1', pool: 'shop', path: '/x' })).toEqual({ id: 'r1' });
  expect(['', '502', '5', '50x', '999'].map(isStatus)).toEqual([true, true, false, false, false]);
});
