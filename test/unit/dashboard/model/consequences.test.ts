/** What taking backends away leads to. */
import { expect, test } from 'vitest';
import type { PoolConfig } from '../../../../dashboard/api/config.ts';
import type { BackendStatus } from '../../../../dashboard/api/status.ts';
import { consequence, isLast } from '../../../../dashboard/model/consequences.ts';
import { ejected, poolOf, status } from '../samples.ts';

const three = [
  status('a', { expectedShare: 5 / 7 }),
  status('b', { expectedShare: 1 / 7 }),
  status('c', { expectedShare: 1 / 7 }),
];

test.each<[string, PoolConfig, BackendStatus[], string[], boolean, RegExp]>([
  ['others take over', poolOf([{}, {}, {}]), three, ['b'], false, /^14\.3 % of requests go to a and c\.$/],
  ['several go', poolOf([{}, {}, {}]), three, ['a', 'b'], false, /^85\.7 % of requests go to c\.$/],
  [
    'a higher tier stands in',
    poolOf([{}, { tier: 1 }]),
    [three[0]!, status('b')],
    ['a'],
    false,
    /go to b\.$/,
  ],
  [
    'all the others are ejected',
    poolOf([{}, {}]),
    [three[0]!, ejected('b')],
    ['a'],
    true,
    /go to b, although ejected/,
  ],
  [
    '… and the pool rejects',
    poolOf([{}, {}], { whenUnavailable: 'reject' }),
    [three[0]!, ejected('b')],
    ['a'],
    true,
    /503 with Retry-After/,
  ],
  [
    '… and has a fallback',
    poolOf([{}, {}], { whenUnavailable: 'pool:q' }),
    [three[0]!, ejected('b')],
    ['a'],
    true,
    /go to pool q/,
  ],
  [
    'no backend is left',
    poolOf([{}, { state: 'disabled' }]),
    three,
    ['a'],
    true,
    /503: no backend of this pool is active/,
  ],
  ['none is available before either', poolOf([{}]), [ejected('a')], ['a'], false, /503/],
])('taking backends away when %s has its consequence in words', (_, pool, statuses, ids, last, words) => {
  expect(isLast({ pool, statuses, ids })).toBe(last);
  expect(consequence({ pool, statuses, ids })).toMatch(words);
});
