/** Mappings as lines of the log. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Env } from '../../../worker/env.ts';
import { flushLog, LENGTH_AT_ONCE, LINES_QUEUED, logMapping } from '../../../worker/log/sinks.ts';
import { seeded } from '../../support/random.ts';
import { mapping } from './samples.ts';

/** Writes what waits until nothing is left; returns the lines of each time, and what it warned of. */
async function linesOf(): Promise<{ rounds: string[][]; warnings: unknown[] }> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  onTestFinished(() => {
    log.mockRestore();
    warn.mockRestore();
  });
  const rounds: string[][] = [];
  do {
    log.mockClear();
    await flushLog({} as Env, 'isolate');
    rounds.push(log.mock.calls.flat() as string[]);
  } while (rounds.at(-1)!.length > 0);
  return { rounds: rounds.slice(0, -1), warnings: warn.mock.calls.flat() };
}

test(`${LINES_QUEUED} lines wait for the log; then the oldest go, and their number is logged`, async () => {
  for (let i = 0; i < LINES_QUEUED + 7; i++) logMapping(mapping(`line-${i}`), 1, {} as Env);
  const { rounds, warnings } = await linesOf();
  const ids = rounds.flat().map((line) => JSON.parse(line).requestId);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([LINES_QUEUED, 'line-7', `line-${LINES_QUEUED + 6}`]);
  expect(warnings).toEqual([{ message: 'log lines were dropped', count: 7 }]);
});

test(`about ${LENGTH_AT_ONCE} characters are written in one invocation, however long a line is; the rest comes next`, async () => {
  const long = `/${'p'.repeat(3_000)}`;
  for (let i = 0; i < LINES_QUEUED; i++) logMapping(mapping(`long-${i}`, long), 1, {} as Env);
  const { rounds } = await linesOf();
  expect(rounds.flat().map((line) => JSON.parse(line).requestId)).toEqual(
    Array.from({ length: LINES_QUEUED }, (_, i) => `long-${i}`),
  );
  const lengths = rounds.map((lines) => lines.join('').length);
  expect(Math.max(...lengths)).toBeLessThan(LENGTH_AT_ONCE + 4_000);
  expect(lengths[0]).toBeGreaterThanOrEqual(LENGTH_AT_ONCE);
});

test('of 500 requests sampled at 0.2 those are logged whose random number is below it', async () => {
  const draws = Array.from({ length: 500 }, seeded(7));
  const random = vi.spyOn(Math, 'random');
  onTestFinished(() => random.mockRestore());
  draws.forEach((draw, i) => {
    random.mockReturnValueOnce(draw);
    logMapping(mapping(`sampled-${i}`), 0.2, {} as Env);
  });
  const { rounds } = await linesOf();
  const ids = rounds.flat().map((line) => JSON.parse(line).requestId);
  expect(ids).toEqual(draws.flatMap((draw, i) => (draw < 0.2 ? [`sampled-${i}`] : [])));
  expect(Math.abs(ids.length - 100)).toBeLessThan(20);
});
