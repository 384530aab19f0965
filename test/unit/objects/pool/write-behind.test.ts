/** When a Pool object's state is written down. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WriteBehind } from '../../../../worker/objects/pool/write-behind.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A state that is written behind; `writes` counts how often. */
function state() {
  let count = 0;
  const behind = new WriteBehind(() => count++);
  const writes = (afterMs: number) => {
    vi.advanceTimersByTime(afterMs);
    return count;
  };
  return { behind, writes };
}

test('however much changes, it is written once a second, and not at all when nothing does', () => {
  const { behind, writes } = state();
  for (let i = 0; i < 30; i++) {
    behind.markDirty();
    vi.advanceTimersByTime(100);
  }
  expect(writes(0)).toBeLessThanOrEqual(3);
  expect(writes(1_000)).toBe(3);
  expect(writes(60_000)).toBe(3);
  behind.markDirty();
  expect(writes(1_000)).toBe(4);
});

test.each(['flushIfDirty', 'flush'] as const)('a change that %s has written is not written again', (how) => {
  const { behind, writes } = state();
  behind.markDirty();
  behind[how]();
  expect(writes(0)).toBe(1);
  expect(writes(60_000)).toBe(1);
});

test('a change after an immediate write is written within a second', () => {
  const { behind, writes } = state();
  behind.markDirty();
  behind.flush();
  behind.markDirty();
  expect(writes(1_000)).toBe(2);
});

test('without a change there is nothing to write', () => {
  const { behind, writes } = state();
  behind.flushIfDirty();
  expect(writes(60_000)).toBe(0);
});
