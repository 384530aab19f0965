/** Behaviour under failure as data: a script of outcomes, and what must come of it. */
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../../worker/balance/available.ts';
import {
  type EjectionSettings,
  type Health,
  isFailure,
  isProbeDue,
  newHealth,
  readRetryAfter,
  recordAttempt,
  type Seen,
  verdictOf,
} from '../../../worker/balance/ejection.ts';
import type { Member, Outcome } from '../../../worker/balance/types.ts';

const settings: EjectionSettings = {
  failures: 3,
  failurePercent: 40,
  minRequests: 10,
  windowMs: 10_000,
  baseMs: 10_000,
  maxMs: 25_000,
  maxEjectedPercent: 100,
  failureStatuses: [502, 503, 521, 530],
};
const member = (id: string, more: Partial<Member> = {}): Member => ({
  id,
  weight: 1,
  state: 'active',
  tier: 0,
  ...more,
});
const many = (size: number) => Array.from({ length: size }, (_, i) => member(`b${i}`));
const NOW = 1_000_000;

/** One attempt at the first backend: when it ended (s), and how. `F`: failed, `S`: answered; `out` and `probe`: sent as such. */
type Step = readonly [at: number, how: string, retryAfterMs?: number, tookS?: number];

/** Plays a script at the first of `size` backends. Returns what changed, by second, with the length of ejections in s. */
function play(script: readonly Step[], size = 3, more: Partial<EjectionSettings> = {}, failsOpen = true) {
  const members = many(size);
  const healths = members.map(newHealth);
  const pool = { members, healths, settings: { ...settings, ...more }, failsOpen };
  const health = healths[0]!;
  return script.flatMap(([at, how, retryAfterMs = 0, tookS = 0]) => {
    const now = NOW + at * 1_000;
    const beganAt = now - tookS * 1_000;
    const sentAs = how.includes('probe') ? 'probe' : how.includes('out') ? 'out' : 'in';
    const change = recordAttempt(
      pool,
      0,
      { failed: how.startsWith('F'), sentAs, beganAt, retryAfterMs },
      now,
    );
    if (change === 'none') return [];
    const isOut = change === 'ejected' || change === 'probe-failed';
    return [`${at} ${change}${isOut ? ` ${(health.ejectedUntil - now) / 1_000}` : ''}`];
  });
}

const row = (at: number, how: string, count: number): Step[] =>
  Array.from({ length: count }, (): Step => [at, how]);

test.each<[string, Step[], string[]]>([
  ['two failures eject no backend', row(0, 'F', 2), []],
  ['three in a row eject', [...row(0, 'F', 2), [2, 'F']], ['2 ejected 10']],
  [
    'three in a row eject, however far apart',
    [
      [0, 'F'],
      [600, 'F'],
      [86_400, 'F'],
    ],
    ['86400 ejected 10'],
  ],
  ['a success between them starts the row again', [...row(0, 'F', 2), [2, 'S'], [3, 'F'], [4, 'F']], []],
  [
    'a success that was under way when the ejection began proves nothing',
    [...row(0, 'F', 3), [5, 'S']],
    ['0 ejected 10'],
  ],
  ['so does one after the end of the ejection', [...row(0, 'F', 3), [15, 'S']], ['0 ejected 10']],
  [
    'a failure that was under way when the ejection began is no failed probe',
    [...row(0, 'F', 3), [15, 'F']],
    ['0 ejected 10'],
  ],
  [
    'failures of requests that began before the backend came back count for nothing',
    [...row(0, 'F', 3), [10, 'S probe'], ...Array.from({ length: 5 }, (): Step => [12, 'F', 0, 3])],
    ['0 ejected 10', '10 returned'],
  ],
  [
    'failures of requests that began since eject again',
    [...row(0, 'F', 3), [10, 'S probe'], ...Array.from({ length: 3 }, (): Step => [12, 'F', 0, 2])],
    ['0 ejected 10', '10 returned', '12 ejected 10'],
  ],
  ['the probe’s success restores', [...row(0, 'F', 3), [10, 'S probe']], ['0 ejected 10', '10 returned']],
  [
    'the probe’s failure ejects for twice as long',
    [...row(0, 'F', 3), [10, 'F probe']],
    ['0 ejected 10', '10 probe-failed 20'],
  ],
  [
    'never longer than maxMs',
    [...row(0, 'F', 3), [10, 'F probe'], [30, 'F probe']],
    ['0 ejected 10', '10 probe-failed 20', '30 probe-failed 25'],
  ],
  [
    'failures during the ejection do not lengthen it',
    [...row(0, 'F', 3), [1, 'F'], [2, 'F out']],
    ['0 ejected 10'],
  ],
  [
    'after a return the ejections count from one again',
    [...row(0, 'F', 3), [10, 'S probe'], ...row(11, 'F', 3)],
    ['0 ejected 10', '10 returned', '11 ejected 10'],
  ],
  [
    'a Retry-After makes the ejection at least that long',
    [[0, 'F', 20_000], ...row(0, 'F', 2)],
    ['0 ejected 20'],
  ],
  ['a Retry-After shortens no ejection', [...row(0, 'F', 2), [0, 'F', 1_000]], ['0 ejected 10']],
  ['a Retry-After counts up to maxMs', [...row(0, 'F', 2), [0, 'F', 3_600_000]], ['0 ejected 25']],
  ['a success forgets the Retry-After', [[0, 'F', 20_000], [1, 'S'], ...row(2, 'F', 3)], ['2 ejected 10']],
])('%s', (_, script, changes) => {
  expect(play(script)).toEqual(changes);
});

const alternating = (count: number, everyS: number): Step[] =>
  Array.from({ length: count }, (_, i): Step => [i * everyS, i % 2 === 0 ? 'F' : 'S']);

test.each<[string, Step[], Partial<EjectionSettings>, string[]]>([
  ['half of ten attempts within the window eject', alternating(20, 0.1), {}, ['1 ejected 10']],
  ['half of nine attempts do not', alternating(9, 0.1), {}, []],
  ['attempts that are spread over more than the window do not', alternating(20, 1.5), {}, []],
  ['with failurePercent 0 only a row ejects', alternating(60, 0.1), { failurePercent: 0 }, []],
  ['a smaller share than failurePercent does not', alternating(60, 0.1), { failurePercent: 60 }, []],
])('%s', (_, script, more, changes) => {
  expect(play(script, 3, more)).toEqual(changes);
});

test('with all backends out, an answer ends the ejection at once in a pool that fails open', () => {
  const script: Step[] = [...row(0, 'F', 3), [1, 'S out']];
  expect(play(script, 1)).toEqual(['0 ejected 10', '1 returned']);
  expect(play(script, 1, {}, false)).toEqual(['0 ejected 10']);
  expect(play(script, 2)).toEqual(['0 ejected 10']);
});

/** Ejects one backend after another. Returns the verdicts. */
function ejectAll(members: readonly Member[], maxEjectedPercent: number): Verdict[] {
  const healths = members.map(newHealth);
  const pool = { members, healths, settings: { ...settings, maxEjectedPercent }, failsOpen: true };
  const failed: Seen = { failed: true, sentAs: 'in', beganAt: NOW, retryAfterMs: 0 };
  for (let n = 0; n < 3; n++) for (const i of members.keys()) recordAttempt(pool, i, failed, NOW);
  return healths.map(verdictOf);
}

test.each([
  [1, 100, 1],
  [1, 0, 1],
  [2, 50, 1],
  [2, 100, 2],
  [3, 10, 1],
  [3, 50, 1],
  [3, 100, 3],
  [4, 50, 2],
  [10, 0, 1],
  [10, 100, 10],
])(
  'of %i failing backends at maxEjectedPercent %i, %i are ejected and the others count as failing',
  (size, percent, count) => {
    const expected = many(size).map((_, i) => (i < count ? 'ejected' : 'failing'));
    expect(ejectAll(many(size), percent)).toEqual(expected);
  },
);

test('backends that take no new requests count for nothing in the cap', () => {
  const members = [
    member('a'),
    member('b', { state: 'draining' }),
    member('c', { state: 'disabled' }),
    member('d', { weight: 0 }),
    member('e'),
  ];
  expect(ejectAll(members, 50)[0]).toBe('ejected');
  expect(ejectAll(members, 50)[4]).toBe('failing');
});

describe('at a cap of 50 per cent with one of two backends ejected', () => {
  const two = () => {
    const healths: Health[] = [newHealth(), newHealth()];
    const pool = {
      members: many(2),
      healths,
      settings: { ...settings, maxEjectedPercent: 50 },
      failsOpen: true,
    };
    const send = (index: number, failed: boolean, sentAs: Seen['sentAs'], atS: number) =>
      recordAttempt(
        pool,
        index,
        { failed, sentAs, beganAt: NOW + atS * 1_000, retryAfterMs: 0 },
        NOW + atS * 1_000,
      );
    for (let n = 0; n < 3; n++) send(0, true, 'in', 0);
    for (let n = 0; n < 2; n++) send(1, true, 'in', 0);
    return { healths, send };
  };
  test('the cap keeps a failing backend in, which is reported once', () => {
    const { healths, send } = two();
    expect(send(1, true, 'in', 0)).toBe('cap-reached');
    expect(verdictOf(healths[1]!)).toBe('failing');
    expect(send(1, true, 'out', 11)).toBe('none');
  });
  test('it is ejected with its next failed probe once the cap allows it', () => {
    const { healths, send } = two();
    send(1, true, 'in', 0);
    expect(send(0, false, 'probe', 10)).toBe('returned');
    expect(send(1, true, 'probe', 11)).toBe('ejected');
    expect(verdictOf(healths[1]!)).toBe('ejected');
  });
  test('it is available again with its first answer', () => {
    const { healths, send } = two();
    send(1, true, 'in', 0);
    expect(send(1, false, 'out', 1)).toBe('returned');
    expect(verdictOf(healths[1]!)).toBe('available');
  });
});

const answered = (status: number): Outcome => ({ kind: 'response', status, ms: 1 });
test.each<[string, Outcome, boolean, boolean]>([
  ['a refused connection', { kind: 'connect-failure', ms: 1 }, false, true],
  ['a timeout', { kind: 'timeout', ms: 1 }, false, true],
  ['a stalled backend', { kind: 'stalled', ms: 1 }, false, true],
  ['a client that went away', { kind: 'client-closed', ms: 1 }, false, false],
  ['502', answered(502), false, true],
  ['the platform’s 521', answered(521), false, true],
  ['the application’s 500', answered(500), false, false],
  ['404', answered(404), false, false],
  ['200', answered(200), false, false],
  ['a handshake that the application refused with 503', answered(503), true, false],
  ['a handshake that met 521', answered(521), true, true],
  ['103', answered(103), false, true],
  ['600', answered(600), false, true],
  ['a status below 100', answered(42), false, true],
  ['101 unasked', answered(101), false, true],
  ['a handshake that opened a WebSocket', answered(101), true, false],
])('%s: counts as a failure or not', (_, outcome, upgrade, counts) => {
  expect(isFailure(outcome, settings.failureStatuses, upgrade)).toBe(counts);
});

test('a probe is due after the end, and once', () => {
  const health = { ...newHealth(), ejectedUntil: 1_000 };
  expect(isProbeDue(health, 999)).toBe(false);
  expect(isProbeDue(health, 1_000)).toBe(true);
  expect(isProbeDue({ ...health, probingUntil: 2_000 }, 1_500)).toBe(false);
  expect(isProbeDue(newHealth(), 5_000)).toBe(false);
});

test.each<[string | null, number]>([
  [null, 0],
  ['120', 120_000],
  [' 1 ', 1_000],
  ['Thu, 01 Jan 1970 00:20:00 GMT', 200_000],
  ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ['soon', 0],
  ['-5', 0],
])('Retry-After %j asks for %i ms', (value, ms) => {
  expect(readRetryAfter(value, NOW)).toBe(ms);
});
