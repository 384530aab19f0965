/** The pool page's pure parts: states of backends, shares, consequences, chart lines. */
import { expect, test } from 'vitest';
import type { BackendConfig, PoolConfig } from '../../../../../dashboard/api/config.ts';
import type { BackendStatus } from '../../../../../dashboard/api/status.ts';
import { consequence, isLast } from '../../../../../dashboard/model/consequences.ts';
import { worstProblem } from '../../../../../dashboard/model/health.ts';
import { failedShares, noSamples, requestsSince, withSample } from '../../../../../dashboard/model/rates.ts';
import { linesOf, noSlots, slotsFor, timesOf } from '../../../../../dashboard/pages/pool/lines.ts';
import {
  isSkewed,
  reasonsOf,
  reuseUnchanged,
  rowsOf,
  sharePair,
} from '../../../../../dashboard/pages/pool/row.ts';
import { causesOf, progress, standingOf } from '../../../../../dashboard/pages/pool/standing.ts';
import { parse } from '../../../../../worker/config/check.ts';
import { poolSchema } from '../../../../../worker/config/schema.ts';

function poolOf(backends: Partial<BackendConfig>[], more: object = {}): PoolConfig {
  const listed = backends.map((backend, i) => ({ id: 'abcdefghij'[i], url: 'http://x.test', ...backend }));
  const parsed = parse(poolSchema, { id: 'p', backends: listed, ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.value;
}

const status = (id: string, more: Partial<BackendStatus> = {}): BackendStatus => ({
  id,
  state: 'active',
  weight: 1,
  status: 'available',
  requests: 0,
  failures: 0,
  consecutiveFailures: 0,
  ejectedUntil: null,
  ejections: 0,
  share: null,
  expectedShare: null,
  latencyMs: { p50: null, p95: null },
  openWebSockets: 0,
  affinityClients: 0,
  drain: null,
  ...more,
});
const ejected = (id: string) => status(id, { status: 'ejected', ejectedUntil: 1_000, expectedShare: 0 });

test.each<[string, Partial<BackendConfig>, BackendStatus | undefined, string, string]>([
  ['that is active and available', {}, status('a'), 'available', 'active'],
  ['that is ejected', {}, ejected('a'), 'ejected', 'active'],
  ['that drains, before the status shows it', { state: 'draining' }, status('a'), 'draining', 'draining'],
  [
    'that was just enabled, before the status shows it',
    {},
    status('a', { status: 'draining' }),
    'waiting for data',
    'active',
  ],
  ['of weight 0', { weight: 0 }, status('a', { status: 'standby' }), 'no new requests', 'active'],
  ['of a higher tier', { tier: 2 }, status('a', { status: 'standby' }), 'standby', 'active, tier 2'],
  ['without a status', {}, undefined, 'waiting for data', 'active'],
])('a backend %s has a verdict and a setting', (_, fields, known, word, intent) => {
  const backend = { ...poolOf([{}]).backends[0]!, ...fields };
  expect(standingOf(backend, known)).toMatchObject({ word, intent });
});

test('a draining backend shows its ejection too', () => {
  const backend = poolOf([{ state: 'draining' }]).backends[0]!;
  expect(standingOf(backend, status('a', { status: 'draining', ejectedUntil: 5 }))).toMatchObject({
    word: 'draining',
    ejectedUntil: 5,
  });
});

test('a drain shows the clients left, then when it will be safe to remove, then that it is', () => {
  const drain = { since: 0, disableAt: null, safeAt: 65_000, safeToRemove: false, why: '' };
  expect(progress(status('a', { drain, affinityClients: 1, openWebSockets: 3 }), 0)).toBe(
    '1 client, 3 sockets left',
  );
  expect(progress(status('a', { drain }), 0)).toBe('safe to remove in 1 min 05 s');
  expect(progress(status('a', { drain: { ...drain, safeToRemove: true } }), 0)).toBe('safe to remove');
  expect(progress(status('a'), 0)).toBe('no new clients');
});

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

test('the cause of an ejection is that of the newest event', () => {
  const event = (kind: string, pool: string, backend: string, why: string) => ({ kind, pool, backend, why });
  const events = [
    event('probe', 'p', 'a', 'its ejection is over'),
    event('ejected', 'q', 'a', 'of another pool'),
    event('ejected', 'p', 'a', 'its probe failed: status 503'),
    event('ejected', 'p', 'a', '3 failures in a row'),
  ];
  expect(causesOf(events as never, 'p')).toEqual({ a: 'its probe failed: status 503' });
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

test('requests are counted since the expected shares last changed', () => {
  const reading = (at: number, requests: number) => ({ at, backends: [{ id: 'a', requests, failures: 0 }] });
  const samples = [reading(0, 0), reading(1_000, 40), reading(2_000, 100)].reduce(withSample, noSamples);
  expect(requestsSince(samples, 0)).toBe(100);
  expect(requestsSince(samples, 500)).toBe(60);
  expect(requestsSince(samples, 5_000)).toBe(0);
  expect(requestsSince(noSamples, 0)).toBe(0);
});

test('a row marks an unexpected share with its reason, and is empty without data', () => {
  const pool = poolOf([{}, {}]);
  const counted = (at: number, requests: number) => ({ at, backends: [{ id: 'a', requests, failures: 0 }] });
  const samples = [counted(0, 0), counted(5_000, 1_000)].reduce(withSample, noSamples);
  const backends = [
    status('a', { share: 0.8, expectedShare: 0.5 }),
    status('b', { share: 0.2, expectedShare: 0.5 }),
  ];
  const known = { backends: pool.backends, causes: {}, reasons: ['Because.'], expectedSince: 0, now: 5_000 };
  const poolSample = { status: { backends } as never, samples };
  expect(rowsOf({ ...known, poolSample }).map(({ skew }) => skew)).toEqual([
    expect.stringMatching(/^More than .*1000 requests.*Because\.$/),
    expect.stringMatching(/^Less than/),
  ]);
  expect(rowsOf({ ...known, poolSample: undefined })[0]).toMatchObject({
    skew: null,
    rate: '–',
    status: undefined,
  });
  expect(sharePair(0.714, 0.714)).toBe('71.4 / 71.4 %');
  expect(sharePair(null, null)).toBe('–');
});

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

test('the worst problem has its cause and countdown', () => {
  const of = (...backends: BackendStatus[]) => ({ backends }) as never;
  expect(worstProblem(of(status('a'), ejected('b')), { b: 'status 503' }, 0)).toBe(
    'b ejected, probe in 1 s: status 503',
  );
  expect(worstProblem(of(status('a'), ejected('b')), {}, 2_000)).toBe('b ejected, probe due');
  expect(worstProblem(of(status('a')), {}, 0)).toBe('all well');
  const resting = of(status('a'), status('b', { status: 'disabled' }));
  expect(worstProblem(resting, {}, 0)).toBe('all well, b disabled');
  expect(worstProblem(of(status('a', { status: 'disabled' })), {}, 0)).toBe('no backend is available');
  expect(worstProblem(undefined, {}, 0)).toBe('waiting for data');
  expect(failedShares([10, 0], [1, 0])).toEqual([0.1, null]);
});

const steps = (id: string, requests: number, failures = 0) => ({
  id,
  requests: [requests, requests, 0],
  failures: [failures, 0, 0],
});
const many = (n: number) => Array.from({ length: n }, (_, i) => steps(`s${i}`, 100 - i));

test('up to eight backends have a line each, and keep their colours when another one goes', () => {
  const slots = slotsFor(noSlots, many(4));
  expect(slots.slice(0, 4)).toEqual(['s0', 's1', 's2', 's3']);
  const fewer = slotsFor(slots, [...many(4).slice(1), steps('new', 1)]);
  expect(fewer.slice(0, 4)).toEqual(['new', 's1', 's2', 's3']);
});

test('of more backends the busiest have a line, the others share one, and a failing one replaces one without failures', () => {
  const slots = slotsFor(noSlots, many(50));
  expect(slots).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6', null]);
  expect(slotsFor(slots, many(50).toReversed())).toEqual(slots);
  const failing = many(50).map((backend) => (backend.id === 's40' ? steps('s40', 1, 3) : backend));
  expect(slotsFor(slots, failing)).toContain('s40');
  const series = { pool: 'p', stepMs: 5_000, until: 15_000, requests: [0, 0, 0], failures: [], p95Ms: [] };
  const lines = linesOf({ ...series, backends: many(50) }, slots);
  expect(lines.map(({ name }) => name)).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6', '43 others']);
  expect(lines[0]!.requests).toEqual([20, 20]);
  expect(timesOf(series)).toEqual([0, 5]);
});
