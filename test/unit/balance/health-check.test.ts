/** When health checks change the verdict on a backend, and which of them can be left out. */
import { describe, expect, test } from 'vitest';
import { newHealth, returnByCheck } from '../../../worker/balance/ejection.ts';
import {
  isCheckNeedless,
  isExpectedStatus,
  newVerdict,
  recordCheck,
} from '../../../worker/balance/health-check.ts';

/** The changes that results (`+` good, `-` bad) make. */
function play(results: string, unhealthyAfter: number, healthyAfter: number) {
  const verdict = newVerdict();
  const changes = [...results].map((result, i) =>
    recordCheck(verdict, result === '+', { unhealthyAfter, healthyAfter }, i + 1),
  );
  return { verdict, changes };
}

test.each([
  ['--', 3, 2, 'unknown', 0],
  ['---', 3, 2, 'unhealthy', 3],
  ['--+--', 3, 2, 'unknown', 0],
  ['+', 3, 2, 'unknown', 0],
  ['++', 3, 2, 'healthy', 2],
  ['-----', 3, 2, 'unhealthy', 3],
  ['---+-+', 3, 2, 'unhealthy', 3],
  ['---+-++', 3, 2, 'healthy', 7],
  ['-+', 1, 1, 'healthy', 2],
])('after %s, with %i and %i as limits, a backend is %s since %i', (results, down, up, state, since) => {
  expect(play(results, down, up).verdict).toMatchObject({ state, since });
});

test('only a change between in and out is one: the first healthy verdict changes nothing', () => {
  expect(play('++---+++', 3, 2).changes.filter((change) => change !== 'none')).toEqual([
    'unhealthy',
    'recovered',
  ]);
});

test.each([
  [200, ['2xx'], true],
  [299, ['2xx'], true],
  [302, ['2xx'], false],
  [302, ['2xx', '302'], true],
  [303, ['2xx', '302'], false],
  [204, ['200', '204'], true],
  [530, ['5xx'], true],
])('%i is among %j: %s', (status, expected, is) => {
  expect(isExpectedStatus(status, expected)).toBe(is);
});

describe('a check of a backend that has answered within the interval', () => {
  const answered = { ...newHealth(), succeededAt: 99_000 };
  test.each([
    ['is needless', {}, {}, true],
    ['is needed when that was longer ago', { succeededAt: 94_999 }, {}, false],
    ['is needed when it never answered', { succeededAt: 0 }, {}, false],
    ['is needed when it has failed since', { consecutiveFailures: 1 }, {}, false],
    ['is needed while it is ejected', { ejectedUntil: 200_000 }, {}, false],
    ['is needed while it is unhealthy', {}, { state: 'unhealthy' as const }, false],
    ['is needed after a failed check', {}, { lastOk: false }, false],
  ])('%s', (_, health, verdict, is) => {
    const now = 100_000;
    expect(isCheckNeedless({ ...answered, ...health }, { ...newVerdict(), ...verdict }, 5_000, now)).toBe(is);
  });
});

describe('a successful check', () => {
  const ejected = () => ({ ...newHealth(), ejectedUntil: 60_000, ejectedAt: 1_000, ejections: 1 });

  test('ends an ejection that began before it', () => {
    const health = ejected();
    expect([returnByCheck(health, 999, 2_000), health.ejectedUntil]).toEqual([false, 60_000]);
    expect([returnByCheck(health, 1_000, 2_000), health.ejectedUntil]).toEqual([true, 0]);
  });

  test('ends no second one in a row without a request that succeeded: it does not see what requests see', () => {
    const health = ejected();
    returnByCheck(health, 1_500, 2_000);
    Object.assign(health, { ejectedUntil: 90_000, ejectedAt: 3_000 });
    expect(returnByCheck(health, 4_000, 5_000)).toBe(false);
    health.backByCheck = false;
    expect(returnByCheck(health, 4_000, 5_000)).toBe(true);
  });

  test('does not end the ejection of a backend that is unhealthy still', () => {
    expect(returnByCheck({ ...ejected(), unhealthy: true }, 1_500, 2_000)).toBe(false);
  });
});
