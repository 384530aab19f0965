/** Outcomes as runs: nothing is lost, and each backend's are in their order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AttemptRecord,
  attemptsOf,
  CODE,
  countAttempts,
  Runs,
  TIMES_IN_RUN,
} from '../../../worker/protocol/runs.ts';

const attempt = fc
  .record({
    backend: fc.constantFrom('a', 'b', 'constructor'),
    code: fc.constantFrom(200, 200, 200, 200, 404, 503, CODE.timeout, CODE['client-closed']),
    ms: fc.nat(9),
    flags: fc.constantFrom(1, 1, 1, 0, 9),
    retryAfterMs: fc.option(fc.nat(5), { nil: undefined }),
  })
  .map(({ backend, code, ms, flags, retryAfterMs }): AttemptRecord => {
    const isNamed = code === 503 || code === CODE.timeout || flags === 9;
    if (!isNamed) return [backend, code, ms, flags];
    return retryAfterMs === undefined
      ? [backend, code, ms, flags, 'id']
      : [backend, code, ms, flags, 'id', retryAfterMs];
  });

/** Without the times: of successes in a row only their number and their times as a whole are kept. */
const orderOf = (attempts: readonly AttemptRecord[], backend: string) =>
  attempts.filter(([id]) => id === backend).map(([, code, , flags, id, after]) => [code, flags, id, after]);
const timesOf = (attempts: readonly AttemptRecord[], backend: string) =>
  attempts
    .filter(([id]) => id === backend)
    .map(([, code, ms]) => `${code} ${ms}`)
    .toSorted();

test('what comes out is what went in: each backend’s outcomes in their order, and their times', () => {
  fc.assert(
    fc.property(fc.array(attempt, { maxLength: 300 }), (attempts) => {
      const runs = new Runs();
      for (const one of attempts) runs.add(one);
      // As a call carries it.
      const taken = structuredClone(runs.take());
      expect(countAttempts(taken)).toBe(attempts.length);
      const single = [...attemptsOf(taken)];
      for (const backend of ['a', 'b', 'constructor']) {
        expect(orderOf(single, backend)).toEqual(orderOf(attempts, backend));
        expect(timesOf(single, backend)).toEqual(timesOf(attempts, backend));
      }
      expect(runs.take()).toEqual([]);
    }),
  );
});

test('a thousand successes and a failure are three runs of a few bytes', () => {
  const runs = new Runs();
  for (let n = 0; n < 1_000; n++) runs.add(['a', 200, n % 20, 1]);
  runs.add(['a', CODE.timeout, 30, 1, 'r7']);
  for (let n = 0; n < 4; n++) runs.add(['a', 200, 3, 1]);
  const [[, own]] = runs.take() as [readonly [string, unknown[]]];
  expect(own).toHaveLength(3);
  expect(own.slice(1)).toEqual([
    [CODE.timeout, 1, [30, 1], 'r7'],
    [200, 1, [3, 4]],
  ]);
  expect(JSON.stringify(own).length).toBeLessThan(300);
});

describe('limits', () => {
  test(`a run tells ${TIMES_IN_RUN} times apart; then another one begins`, () => {
    const runs = new Runs();
    for (let ms = 0; ms < 3 * TIMES_IN_RUN; ms++) runs.add(['a', 200, ms, 1]);
    const [[, own]] = runs.take() as [readonly [string, (readonly [number, number, number[]])[]]];
    expect(own.map(([, , times]) => times.length / 2)).toEqual([TIMES_IN_RUN, TIMES_IN_RUN, TIMES_IN_RUN]);
  });

  test('past a limit the oldest runs of the backend with most are dropped, and their attempts counted', () => {
    const runs = new Runs();
    for (let n = 0; n < 50; n++) runs.add(['b', 200, 1, 1]);
    for (let n = 0; n < 100; n++) runs.add(['a', 503, 1, 1, `r${n}`]);
    expect(runs.trim(61)).toBe(40);
    const taken = runs.take();
    expect(countAttempts(taken)).toBe(110);
    expect(taken.map(([id, own]) => [id, own.length])).toEqual([
      ['b', 1],
      ['a', 60],
    ]);
    expect(taken[1]![1][0]![3]).toBe('r40');
  });
});
