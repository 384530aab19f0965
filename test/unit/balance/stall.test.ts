/** When requests that wait at a backend mean that it has stalled. Times in ms. */
import { expect, test } from 'vitest';
import { endWait, findStall, newWaits } from '../../../worker/balance/stall.ts';

const STALL_MS = 2_000;
const ENDS = 1_000_000;

/** Three backends; `begin` starts a request at one of them, and the function it returns ends that request. */
function setUp() {
  const pool = [newWaits(), newWaits(), newWaits()];
  return {
    pool,
    begin(backend: number, startedAt: number) {
      const wait = { startedAt, endsAt: ENDS };
      pool[backend]!.waiting.add(wait);
      return (how: 'answers' | 'fails' | 'answers a failure' | 'is left', now: number) =>
        endWait(pool[backend]!, wait, how.startsWith('answers'), how.includes('fail'), now);
    },
    isStalled: (now: number, stallMs = STALL_MS) => findStall(pool, 0, stallMs, now),
  };
}

test('three requests that wait longer than stallMs while another backend answers a later one: stalled', () => {
  const { begin, isStalled } = setUp();
  for (let n = 0; n < 3; n++) begin(0, 100 + n);
  begin(1, 200)('answers', 210);
  expect(isStalled(2_100)).toBe(false);
  expect(isStalled(2_101)).toBe(true);
});

test('two requests that wait are no stall', () => {
  const { begin, isStalled } = setUp();
  for (let n = 0; n < 2; n++) begin(0, 100 + n);
  begin(1, 200)('answers', 210);
  expect(isStalled(60_000)).toBe(false);
});

test('long polls at every backend are no stall: no other backend answers sooner', () => {
  const { begin, isStalled } = setUp();
  for (let n = 0; n < 9; n++) begin(n % 3, 100);
  expect(isStalled(25_000)).toBe(false);
});

test('an answer to a request that began before the oldest waiting one shows nothing', () => {
  const { begin, isStalled } = setUp();
  const early = begin(1, 50);
  for (let n = 0; n < 3; n++) begin(0, 100);
  early('answers', 3_000);
  expect(isStalled(3_001)).toBe(false);
});

test('a backend that has answered since the oldest request began is not stalled', () => {
  const { begin, isStalled } = setUp();
  for (let n = 0; n < 5; n++) begin(0, 100);
  begin(0, 150)('answers', 160);
  begin(1, 200)('answers', 210);
  expect(isStalled(60_000)).toBe(false);
});

test('one answer ends the stall, and so does the last request that leaves', () => {
  const { pool, begin, isStalled } = setUp();
  const ends = [begin(0, 100), begin(0, 100), begin(0, 100)];
  begin(1, 200)('answers', 210);
  expect(isStalled(5_000)).toBe(true);
  ends[0]!('answers', 5_001);
  expect(pool[0]!.stalled).toBe(false);
  expect(isStalled(5_002)).toBe(false);

  const other = setUp();
  const left = [other.begin(0, 100), other.begin(0, 100), other.begin(0, 100)];
  other.begin(1, 200)('answers', 210);
  expect(other.isStalled(5_000)).toBe(true);
  for (const end of left) end('fails', 5_001);
  expect(other.pool[0]!.stalled).toBe(false);
});

test('after a failure one waiting request is enough, though its client sends one request at a time', () => {
  const { begin, isStalled } = setUp();
  begin(0, 100)('fails', 15_100);
  begin(1, 15_101)('answers', 15_110);
  begin(0, 15_120);
  expect(isStalled(17_120)).toBe(false);
  expect(isStalled(17_121)).toBe(true);
});

test('after a failure with no answer elsewhere since, one waiting request is no stall', () => {
  const { begin, isStalled } = setUp();
  begin(1, 50)('answers', 60);
  begin(0, 100)('answers a failure', 200);
  begin(0, 300);
  expect(isStalled(60_000)).toBe(false);
});

test('stallMs 0 finds no stall', () => {
  const { begin, isStalled } = setUp();
  for (let n = 0; n < 3; n++) begin(0, 100);
  begin(1, 200)('answers', 210);
  expect(isStalled(60_000, 0)).toBe(false);
});

test('requests that were lost with their context do not count', () => {
  const { pool, isStalled, begin } = setUp();
  for (let n = 0; n < 3; n++) pool[0]!.waiting.add({ startedAt: 100, endsAt: 500 });
  begin(1, 200)('answers', 210);
  expect(isStalled(60_000)).toBe(false);
  expect(pool[0]!.waiting.size).toBe(0);
});
