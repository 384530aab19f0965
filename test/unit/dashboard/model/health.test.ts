/** The health of a pool in words. */
import { expect, test } from 'vitest';
import type { PoolStatus } from '../../../../dashboard/api/status.ts';
import {
  availability,
  byHealth,
  costInWords,
  nextProbe,
  problemsTitle,
  reasonOf,
  sinceInWords,
  summarise,
} from '../../../../dashboard/model/health.ts';
import { ejected, status } from '../samples.ts';

const statusOf = (state: PoolStatus['health']['state'], backends = [status('a')], why = '') =>
  ({ health: { state, since: 0, why }, backends }) as unknown as PoolStatus;

test('the health is what the API says, however many backends are available', () => {
  const down = summarise(statusOf('down', [status('a')], 'all 24 requests of the last 10 s failed'));
  expect(down).toMatchObject({ health: 'down', available: 1, total: 1 });
  expect(reasonOf(down)).toBe('all 24 requests of the last 10 s failed');
  expect(summarise(undefined).health).toBe('unknown');
  expect(reasonOf(summarise(undefined))).toBe('waiting for data');
});

test('the worst comes first', () => {
  const states = ['ok', 'reduced', 'down', 'degraded', 'failing'] as const;
  const sorted = states.map((state) => summarise(statusOf(state))).toSorted(byHealth);
  expect(sorted.map(({ health }) => health)).toEqual(['down', 'failing', 'degraded', 'reduced', 'ok']);
});

test('a problem has its time and its cost, what is well has none', () => {
  expect(sinceInWords(summarise(statusOf('failing')), 125_000)).toMatch(
    /^since \d\d:\d\d:\d\d .+, for 2 min$/,
  );
  expect(sinceInWords(summarise(statusOf('ok')), 125_000)).toBe('');
  expect(costInWords(1, 0)).toBe('1 request failed');
  expect(costInWords(1_321, 12)).toBe('1,321 requests failed, 12 saved by a retry');
});

test('backends on standby are named, so that a healthy pool does not look incomplete', () => {
  const backends = [status('a'), status('b', { status: 'standby' })];
  expect(availability(summarise(statusOf('ok', backends)))).toBe('1 of 2 available, 1 on standby');
  expect(availability(summarise(undefined))).toBe('–');
});

test('the next probe of an ejected backend', () => {
  const with2 = statusOf('degraded', [ejected('a'), ejected('b'), status('c')]);
  expect(nextProbe(with2, 0)).toBe('next probe in 1 s');
  expect(nextProbe(statusOf('degraded', [ejected('a')]), 2_000)).toBe('probe due');
  expect(nextProbe(statusOf('ok'), 0)).toBe('');
});

test('the title of the tab names the worst pool', () => {
  expect(problemsTitle([])).toBe('');
  expect(problemsTitle([{ id: 'shop', health: 'down' }])).toBe('(1) shop down');
  expect(
    problemsTitle([
      { id: 'shop', health: 'down' },
      { id: 'api', health: 'degraded' },
    ]),
  ).toBe('(2) shop down and 1 more');
});
