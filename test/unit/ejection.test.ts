/** Behaviour under failure as data: a script of outcomes, and what must come of it. */
import { expect, test } from 'vitest';
import {
  type EjectionSettings,
  isFailure,
  mayEject,
  newHealth,
  probeDue,
  recordFailure,
  recordSuccess,
} from '../../worker/balance/ejection.ts';
import type { Member, Outcome } from '../../worker/balance/types.ts';

const settings: EjectionSettings = {
  failures: 3,
  windowMs: 10_000,
  baseMs: 10_000,
  maxMs: 25_000,
  maxEjectedPercent: 50,
  failureStatuses: [502, 503, 521, 530],
};
const member = (id: string, more: Partial<Member> = {}): Member => ({
  id,
  weight: 1,
  state: 'active',
  tier: 0,
  ...more,
});
const trio = ['a', 'b', 'c'].map((id) => member(id));

/** Plays a script for the first of three backends: `at` in seconds, ok or not. Returns the flips by second. */
function play(script: readonly (readonly [at: number, ok: boolean])[]): string[] {
  const healths = trio.map(newHealth);
  const flips: string[] = [];
  for (const [at, ok] of script) {
    const now = 1_000_000 + at * 1_000;
    const flip = ok ? recordSuccess(healths[0]!, now) : recordFailure(trio, healths, 0, settings, now);
    if (flip !== 'none')
      flips.push(`${at} ${flip}${flip === 'ejected' ? ` ${(healths[0]!.ejectedUntil - now) / 1_000}` : ''}`);
  }
  return flips;
}

test.each<[string, [number, boolean][], string[]]>([
  [
    'two failures eject nobody',
    [
      [0, false],
      [1, false],
    ],
    [],
  ],
  [
    'three in a row do',
    [
      [0, false],
      [1, false],
      [2, false],
    ],
    ['2 ejected 10'],
  ],
  [
    'a success between them starts the row anew',
    [
      [0, false],
      [1, false],
      [2, true],
      [3, false],
      [4, false],
    ],
    [],
  ],
  [
    'three that are too far apart do not',
    [
      [0, false],
      [6, false],
      [11, false],
    ],
    [],
  ],
  [
    'a late success of before the ejection’s end does not restore',
    [
      [0, false],
      [0, false],
      [0, false],
      [5, true],
    ],
    ['0 ejected 10'],
  ],
  [
    'the probe’s success restores',
    [
      [0, false],
      [0, false],
      [0, false],
      [10, true],
    ],
    ['0 ejected 10', '10 returned'],
  ],
  [
    'the probe’s failure ejects for twice as long',
    [
      [0, false],
      [0, false],
      [0, false],
      [10, false],
    ],
    ['0 ejected 10', '10 ejected 20'],
  ],
  [
    'never longer than the limit',
    [
      [0, false],
      [0, false],
      [0, false],
      [10, false],
      [30, false],
    ],
    ['0 ejected 10', '10 ejected 20', '30 ejected 25'],
  ],
  [
    'failures during the ejection do not lengthen it',
    [
      [0, false],
      [0, false],
      [0, false],
      [1, false],
      [2, false],
    ],
    ['0 ejected 10'],
  ],
  [
    'after a return the row of ejections begins anew',
    [
      [0, false],
      [0, false],
      [0, false],
      [10, true],
      [11, false],
      [11, false],
      [11, false],
    ],
    ['0 ejected 10', '10 returned', '11 ejected 10'],
  ],
])('%s', (_, script, flips) => {
  expect(play(script)).toEqual(flips);
});

/** How many of `size` backends can be ejected one after another. */
function ejectable(members: readonly Member[], percent: number): number {
  const healths = members.map(newHealth);
  let count = 0;
  members.forEach((_, i) => {
    if (!mayEject(members, healths, i, percent)) return;
    healths[i]!.ejectedUntil = 1;
    count++;
  });
  return count;
}
const many = (size: number) => Array.from({ length: size }, (_, i) => member(`b${i}`));

test.each([
  [1, 100, 0],
  [2, 50, 1],
  [2, 100, 1],
  [3, 10, 1],
  [3, 50, 1],
  [3, 100, 2],
  [4, 50, 2],
  [10, 50, 5],
  [10, 0, 1],
  [10, 100, 9],
])(
  'of %i backends at %i per cent, %i may be ejected: one always may, one always stays',
  (size, percent, expected) => {
    expect(ejectable(many(size), percent)).toBe(expected);
  },
);

test('where a backup stands ready, a tier may go whole', () => {
  const members = [member('a'), member('b'), member('spare', { tier: 1 })];
  expect(ejectable(members, 50)).toBe(2);
});

test('backends that take no new requests count for nothing in the cap', () => {
  const members = [
    member('a'),
    member('b', { state: 'draining' }),
    member('c', { state: 'disabled' }),
    member('d', { weight: 0 }),
  ];
  expect(ejectable(members, 100)).toBe(0);
});

const answered = (status: number): Outcome => ({ kind: 'response', status, ms: 1 });
test.each<[string, Outcome, boolean, boolean]>([
  ['a refused connection', { kind: 'connect-failure', ms: 1 }, false, true],
  ['a timeout', { kind: 'timeout', ms: 1 }, false, true],
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
])('%s: counts or not', (_, outcome, upgrade, counts) => {
  expect(isFailure(outcome, settings.failureStatuses, upgrade)).toBe(counts);
});

test('a probe is due after the end, and once', () => {
  const health = { ...newHealth(), ejectedUntil: 1_000 };
  expect(probeDue(health, 999)).toBe(false);
  expect(probeDue(health, 1_000)).toBe(true);
  expect(probeDue({ ...health, probingUntil: 2_000 }, 1_500)).toBe(false);
  expect(probeDue(newHealth(), 5_000)).toBe(false);
});
