/** What taking backends away leads to. */
import { expect, test } from 'vitest';
import type { PoolConfig } from '../../../../dashboard/api/config.ts';
import type { BackendStatus } from '../../../../dashboard/api/status.ts';
import { consequence, isLast, lossOf, questionOf } from '../../../../dashboard/model/consequences.ts';
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

test.each<[string, PoolConfig, BackendStatus[], string[], ReturnType<typeof lossOf>]>([
  ['one of three equal backends', poolOf([{}, {}, {}]), three, ['b'], 'none'],
  ['one of two', poolOf([{}, {}]), three, ['a'], 'capacity'],
  ['the heaviest', poolOf([{ weight: 5 }, {}, {}]), three, ['a'], 'capacity'],
  ['one of three, another of which is ejected', poolOf([{}, {}, {}]), [ejected('c')], ['a'], 'capacity'],
  ['the last of tier 0', poolOf([{}, { tier: 1 }]), three, ['a'], 'tier'],
  ['a spare that gets nothing', poolOf([{}, { tier: 1 }]), three, ['b'], 'none'],
  ['the only one', poolOf([{}]), three, ['a'], 'all'],
])('the loss of %s', (_, pool, statuses, ids, loss) => {
  expect(lossOf({ pool, statuses, ids })).toBe(loss);
});

test('the question says in figures what the others get', () => {
  const statuses = [status('a', { expectedShare: 0.5 }), status('b', { expectedShare: 0.5 })];
  const asked = questionOf({ pool: poolOf([{}, {}]), statuses, ids: ['a'] }, 'Drain');
  expect(asked).toEqual({
    title: 'Drain a of p?',
    consequence:
      'That is 50.0 % of the capacity. 50.0 % of requests go to b. Each gets 2.0 times as many requests as now.',
  });
});
