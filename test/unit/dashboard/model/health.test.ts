/** The health of a pool, and in words what is wrong with it. */
import { expect, test } from 'vitest';
import type { BackendStatus } from '../../../../dashboard/api/status.ts';
import { byHealth, stateInWords, summarise, worstProblem } from '../../../../dashboard/model/health.ts';
import { ejected, status } from '../samples.ts';

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
});
