/** The rows of the backends table. */
import { expect, test } from 'vitest';
import { noSamples, withSample } from '../../../../../dashboard/model/rates.ts';
import {
  isSkewed,
  reasonsOf,
  reuseUnchanged,
  rowsOf,
  sharePair,
} from '../../../../../dashboard/pages/pool/row.ts';
import { ejected, poolOf, status } from '../../samples.ts';

test('a row keeps its identity while it looks the same', () => {
  const backends = poolOf([{}, {}]).backends;
  const row = (i: number, requests: number, failures: number) => ({
    backend: backends[i]!,
    status: status('ab'[i]!, { requests, failures }),
    rate: '1',
    share: '–',
    latency: '–',
    attached: '0 / 0',
    skew: null,
    cause: null,
  });
  const before = [row(0, 5, 0), row(1, 5, 0)];
  const after = reuseUnchanged(before, [row(0, 9, 0), row(1, 9, 1)]);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});

test.each([
  [0.5, 0.5, 1_000, false],
  [0.54, 0.5, 1_000, false],
  [0.56, 0.5, 1_000, true],
  [0.9, 0.5, 20, false],
  [0.3, 0, 1_000, false],
  [null, 0.5, 1_000, false],
])('a share of %s with %s expected over %s requests exceeds chance: %s', (share, expected, n, is) => {
  expect(isSkewed(share, expected, n)).toBe(is);
});

test('only the configuration and ejections explain an unexpected share', () => {
  const routes = [
    { id: 'r', pool: 'p', affinity: 'ip' },
    { id: 's', pool: 'other', affinity: 'cookie' },
  ] as never;
  const pool = poolOf([{}, {}]);
  expect(reasonsOf({ pool, routes: [], statuses: [status('a'), status('b')] })).toEqual([]);
  expect(reasonsOf({ pool, routes, statuses: [status('a'), ejected('b')] })).toEqual([
    'Affinity keeps clients at their backends (route r).',
    'The share covers the last one to two minutes, in which b was ejected.',
  ]);
});

test('a row marks an unexpected share with its reason, and is empty without data', () => {
  const pool = poolOf([{}, {}]);
  const counted = (at: number, requests: number) => ({
    at,
    responses: { '2xx': requests },
    clientClosed: 0,
    backends: [{ id: 'a', requests }],
  });
  const samples = [counted(0, 0), counted(5_000, 1_000)].reduce(withSample, noSamples);
  const backends = [
    status('a', { share: 0.8, expectedShare: 0.5 }),
    status('b', { share: 0.2, expectedShare: 0.5 }),
  ];
  const known = {
    known: pool.backends.map((backend, i) => ({ backend, status: backends[i] })),
    causes: {},
    reasons: ['Because.'],
    expectedSince: 0,
    now: 5_000,
  };
  const poolSample = { status: { backends } as never, samples };
  expect(rowsOf({ ...known, poolSample }).map(({ skew }) => skew)).toEqual([
    expect.stringMatching(/^More than .*1000 requests.*Because\.$/),
    expect.stringMatching(/^Less than/),
  ]);
  const unknown = { ...known, known: pool.backends.map((backend) => ({ backend, status: undefined })) };
  expect(rowsOf({ ...unknown, poolSample: undefined })[0]).toMatchObject({
    skew: null,
    rate: '–',
    status: undefined,
  });
  expect(sharePair(0.714, 0.714)).toBe('71.4 / 71.4 %');
  expect(sharePair(null, null)).toBe('–');
});
