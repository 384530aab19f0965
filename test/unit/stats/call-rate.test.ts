/** When a pool that shards by itself asks for more shards, and when for fewer. */
import { expect, test } from 'vitest';
import {
  BUSY_CALLS,
  BUSY_SECONDS,
  CallRate,
  QUIET_CALLS,
  QUIET_MS,
} from '../../../worker/stats/call-rate.ts';

const START = 1_000_000_000;

/** Plays calls a second, second by second, at an object that knows `shards`. Returns what it asks for, and after how many seconds. */
function play(
  perSecond: (second: number) => number,
  seconds: number,
  shards: number,
): [at: number, count: number][] {
  const rate = new CallRate();
  const asked: [number, number][] = [];
  for (let second = 0; second < seconds; second++)
    for (let n = 0, calls = perSecond(second); n < calls; n++) {
      const count = rate.count(shards, START + second * 1_000 + Math.floor((n * 1_000) / calls));
      if (count !== shards) asked.push([second, count]);
    }
  return asked;
}

test.each<[string, (second: number) => number, number, number, [number, number][]]>([
  ['more than 300 a second for 5 s: twice the shards', () => 301, 6, 1, [[5, 2]]],
  [
    'and again while that does not help',
    () => 400,
    11,
    4,
    [
      [5, 8],
      [10, 8],
    ],
  ],
  ['never more than 64', () => 400, 30, 64, []],
  ['300 a second are not too many', () => BUSY_CALLS, 60, 1, []],
  ['nor are four busy seconds and a calmer one', (s) => (s % BUSY_SECONDS === 4 ? 250 : 400), 60, 1, []],
  ['nor busy seconds with pauses between them', (s) => (s % 2 === 0 ? 400 : 0), 60, 1, []],
  ['fewer than 50 a second for ten minutes: half the shards', () => 1, QUIET_MS / 1_000 + 1, 8, [[600, 4]]],
  ['one busier second begins the ten minutes anew', (s) => (s === 300 ? QUIET_CALLS : 1), 900, 8, []],
  ['a single shard stays', () => 1, 2_000, 1, []],
])('%s', (_, perSecond, seconds, shards, expected) => {
  expect(play(perSecond, seconds, shards)).toEqual(expected);
});
