/** The dashboard's pure parts: rates, figures as text, what is wrong with a pool, and the changes operators make. */
import { expect, test } from 'vitest';
import { changeBackends, putBackend, removeBackends } from '../../../../dashboard/changes/change.ts';
import { ago, countdown, duration, percent, perSecond } from '../../../../dashboard/model/format.ts';
import { byHealth, stateInWords, summarise } from '../../../../dashboard/model/health.ts';
import {
  failedShare,
  noSamples,
  rate,
  recentRate,
  type Samples,
  withSample,
} from '../../../../dashboard/model/rates.ts';
import { parse } from '../../../../worker/config/check.ts';
import { configSchema } from '../../../../worker/config/schema.ts';

test.each([
  [duration(null), '–'],
  [duration(84), '84 ms'],
  [duration(1_240), '1.2 s'],
  [duration(12_400), '12 s'],
  [duration(190_000), '3 min'],
  [percent(0.714), '71.4 %'],
  [percent(0.0002), '0.02 %'],
  [percent(0), '0.0 %'],
  [percent(null), '–'],
  [perSecond(1_204.4), '1,204'],
  [perSecond(0.42), '0.4'],
  [perSecond(0), '0'],
  [ago(1_000, 2_000), 'just now'],
  [ago(1_000, 8_800), '7 s ago'],
  [ago(1_000, 13_000), '12 s ago'],
  [countdown(12_000, 500), '12 s'],
  [countdown(125_000, 0), '2 min 05 s'],
  [countdown(0, 5_000), '0 s'],
])('%s is written %s', (given, expected) => {
  expect(given).toBe(expected);
});

const reading = (at: number, requests: number, failures = 0) => ({
  at,
  backends: [{ id: 'a', requests, failures }],
});
const samplesOf = (...readings: [number, number][]): Samples =>
  readings.reduce((samples, [at, requests]) => withSample(samples, reading(at, requests)), noSamples);

/** One reading per second from 0 to `seconds`, ten requests each. */
const steady = (seconds: number): Samples =>
  samplesOf(...Array.from({ length: seconds + 1 }, (_, i): [number, number] => [i * 1_000, i * 10]));

test.each([
  ['one reading is too little', samplesOf([0, 100]), 500, null],
  ['so are two within three seconds', samplesOf([0, 100], [1_000, 150]), 2_000, null],
  ['a short time is averaged as it is', samplesOf([0, 100], [5_000, 150]), 5_000, 10],
  ['steady traffic is its rate', steady(30), 30_000, 10],
  ['a clock that is behind the last reading gives the same', steady(30), 29_200, 10],
  ['a single reading after a while means no traffic', samplesOf([0, 100]), 4_000, 0],
  ['after a silence the rate is over ten seconds', samplesOf([0, 0], [60_000, 50], [61_000, 60]), 61_000, 6],
  ['it falls while there is no traffic', samplesOf([0, 0], [5_000, 100]), 10_000, 10],
  ['and is zero after ten seconds without traffic', samplesOf([0, 0], [5_000, 100]), 60_000, 0],
])('a rate: %s', (_, samples, now, expected) => {
  expect(rate(samples, now)).toBe(expected);
});

test('counters that go back start a new rate, and a late reading is ignored', () => {
  expect(samplesOf([0, 100], [1_000, 3])).toHaveLength(1);
  expect(samplesOf([1_000, 100], [500, 100])).toHaveLength(1);
});

const backend = (id: string, status: string) => ({ id, status }) as never;
const statusOf = (...statuses: string[]) =>
  ({ backends: statuses.map((status, i) => backend('abcd'[i]!, status)) }) as never;

test('a pool is down, ejected, draining or well, in that order', () => {
  expect(summarise(statusOf('ejected', 'draining')).health).toBe('down');
  expect(summarise(statusOf('available', 'ejected', 'draining'))).toMatchObject({
    health: 'ejected',
    ejected: ['b'],
    draining: ['c'],
    available: 1,
    total: 3,
  });
  expect(summarise(statusOf('available', 'draining')).health).toBe('draining');
  expect(summarise(statusOf('available', 'standby')).health).toBe('well');
  expect(summarise(undefined).health).toBe('unknown');
  expect(byHealth(summarise(statusOf('ejected')), summarise(statusOf('available')))).toBeLessThan(0);
});

test('a card shows when an ejected backend is probed', () => {
  const words = (ends: Record<string, number>, now = 500) => {
    const status = {
      backends: ['a', 'b', 'c'].map((id) => ({
        id,
        status: id in ends ? 'ejected' : 'available',
        ejectedUntil: ends[id] ?? null,
      })),
    } as never;
    return stateInWords(summarise(status), status, now);
  };
  expect(words({})).toBe('all well');
  expect(words({ b: 12_000 })).toBe('b ejected · probe in 12 s');
  expect(words({ b: 12_000 }, 12_000)).toBe('b ejected · probe due');
  expect(words({ b: 12_000, c: 3_000 })).toBe('b, c ejected · next probe in 3 s');
  expect(words({ a: 5_000, b: 12_000, c: 3_000 })).toBe('all ejected: a, b, c · next probe in 3 s');
});

test('a page that has just opened shows the rate of the last two completed steps', () => {
  expect(recentRate({ stepMs: 5_000, requests: [900, 40, 60, 3] })).toBe(10);
  expect(recentRate(undefined)).toBeNull();
});

test('the failed share covers the last minute', () => {
  const steps = (value: number) => [
    ...new Array<number>(48).fill(1_000),
    ...new Array<number>(12).fill(value),
  ];
  expect(failedShare({ requests: steps(10), failures: [...new Array<number>(59).fill(0), 12] })).toBe(0.1);
  expect(failedShare({ requests: [0], failures: [0] })).toBeNull();
});

const document = () => {
  const parsed = parse(configSchema, {
    pools: [{ id: 'p', backends: ['a', 'b', 'c'].map((id) => ({ id, url: `http://${id}.test` })) }],
  });
  if (!parsed.ok) throw new Error('wrong');
  return parsed.value;
};
const list = (config: ReturnType<typeof document>) =>
  config.pools[0]!.backends.map(({ id, weight, state }) => `${id}:${weight}:${state}`).join(' ');

test('undo keeps later changes by others', () => {
  const before = document();
  const drained = changeBackends('p', ['a'], { state: 'draining' }, 'Drained a');
  const meanwhile = changeBackends('p', ['b'], { weight: 7 }, 'b heavier').apply(drained.apply(before));
  expect(list(meanwhile)).toBe('a:1:draining b:7:active c:1:active');
  expect(list(drained.undo(before)!.apply(meanwhile))).toBe('a:1:active b:7:active c:1:active');
});

test('undo restores a removed backend to its position, and removes an added one', () => {
  const before = document();
  const removed = removeBackends('p', ['a', 'b'], 'Removed a and b');
  expect(list(removed.apply(before))).toBe('c:1:active');
  expect(list(removed.undo(before)!.apply(removed.apply(before)))).toBe(list(before));
  const added = putBackend('p', { ...before.pools[0]!.backends[0]!, id: 'd' }, 'Added d');
  expect(list(added.apply(before))).toContain('d:1:active');
  expect(list(added.undo(before)!.apply(added.apply(before)))).toBe(list(before));
});
