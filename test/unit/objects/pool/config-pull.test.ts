/** Whom a Pool object lets wait for the Directory, and how often it asks, with a Directory that the test plays. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConfigPull } from '../../../../worker/objects/pool/config-pull.ts';

const SECOND_MS = 1_000;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

type Mode = 'ok' | 'throw' | 'hang';

/** A Pool object that knows revision 1, or nothing; the Directory has revision 2. */
function setUp(mode: Mode, knows: number | null = 1) {
  const directory = { mode, pulls: 0, answer: () => {} };
  let known = knows;
  const behind = vi.fn<(pull: Promise<void>) => void>();
  const pull = new ConfigPull(async () => {
    directory.pulls++;
    if (directory.mode === 'throw') throw new Error('away');
    if (directory.mode === 'hang') await new Promise<void>((resolve) => (directory.answer = resolve));
    known = 2;
  }, behind);
  return {
    ...{ directory, behind },
    /** Whether a caller that knows `asker` has been answered `afterMs` later, and with which revision. */
    async goesOn(asker: number, afterMs: number): Promise<number | null | 'waits' | 'fails'> {
      let outcome: number | null | 'waits' | 'fails' = 'waits';
      pull.ensureRevision(asker, known).then(
        () => (outcome = known),
        () => (outcome = 'fails'),
      );
      await vi.advanceTimersByTimeAsync(afterMs);
      return outcome;
    },
  };
}

test.each<[string, Mode, number | null, number | 'waits' | 'fails']>([
  ['nothing, of a Directory that answers', 'ok', null, 2],
  ['nothing, of a Directory that throws', 'throw', null, 'fails'],
  ['nothing, of a Directory that hangs', 'hang', null, 'waits'],
  ['less, of a Directory that answers', 'ok', 1, 2],
  ['less, of a Directory that throws', 'throw', 1, 1],
  ['less, of a Directory that hangs', 'hang', 1, 1],
])('an object that knows %s goes on within a second with the revision it has, if any', async (...row) => {
  const [, mode, knows, expected] = row;
  expect(await setUp(mode, knows).goesOn(2, SECOND_MS)).toBe(expected);
});

test('a caller that knows no more does not wait; behind the reply the Directory is asked twice a minute', async () => {
  const { behind, directory, goesOn } = setUp('hang');
  for (let second = 0; second < 120; second++) {
    expect(await goesOn(1, 0)).toBe(1);
    await vi.advanceTimersByTimeAsync(SECOND_MS);
  }
  expect(directory.pulls).toBeLessThanOrEqual(4);
  expect(behind).toHaveBeenCalledTimes(directory.pulls);
});

test.each<Mode>(['throw', 'hang'])(
  'once a call has waited for the Directory (%s) in vain no other waits, until it has answered',
  async (mode) => {
    const { directory, goesOn } = setUp(mode);
    await goesOn(2, SECOND_MS);
    directory.pulls = 0;
    for (let i = 0; i < 50; i++) {
      expect(await goesOn(2, 0)).toBe(1);
      await vi.advanceTimersByTimeAsync(100);
    }
    // It is asked all the while, but not by everybody.
    expect(directory.pulls).toBeGreaterThanOrEqual(3);
    expect(directory.pulls).toBeLessThanOrEqual(6);
    directory.mode = 'ok';
    await vi.advanceTimersByTimeAsync(2 * SECOND_MS);
    await goesOn(2, 0);
    expect(await goesOn(2, 0)).toBe(2);
  },
);

test('an answer that comes too late for its caller still counts', async () => {
  const { directory, goesOn } = setUp('hang');
  expect(await goesOn(2, SECOND_MS)).toBe(1);
  directory.answer();
  expect(await goesOn(2, 0)).toBe(2);
});

test('a lost call does not mark a Directory as away that has answered another one meanwhile', async () => {
  const { directory, goesOn } = setUp('hang');
  expect(await goesOn(2, SECOND_MS / 2)).toBe('waits');
  directory.mode = 'ok';
  expect(await goesOn(2, 0)).toBe(2);
  directory.mode = 'hang';
  await vi.advanceTimersByTimeAsync(SECOND_MS);
  expect(await goesOn(3, 0)).toBe('waits');
});
