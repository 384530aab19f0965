/** Mappings into queue messages and back, and what becomes of them while the queue is away. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Env } from '../../../worker/env.ts';
import { bodyOf, keyOf, type LogBatch, pack, readBody } from '../../../worker/log/message.ts';
import { MAPPINGS, MESSAGES, sendToQueue, toQueue } from '../../../worker/log/queue.ts';
import { flushLog, LENGTH_AT_ONCE, LINES, logMapping } from '../../../worker/log/sinks.ts';
import type { Mapping } from '../../../worker/protocol/messages.ts';

const mapping = (requestId: string, path = '/'): Mapping => ({
  requestId,
  at: Date.UTC(2026, 10, 24, 20, 59, 59),
  method: 'GET',
  host: 'shop.test',
  path,
  route: 'shop',
  pool: 'shop',
  backend: 'a',
  reason: 'policy',
  attempts: [{ backend: 'a', outcome: 'ok', status: 200, ms: 3 }],
  status: 200,
  ms: 4,
  colo: null,
});
const idsOf = ({ ndjson }: LogBatch): string[] =>
  ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).requestId);

test('a thousand mappings fill few messages, each below the limit of a queue, in order', () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => `r${i}`);
  let named = 0;
  const batches = pack(
    ids.map((id) => mapping(id, `/${'ä'.repeat(200)}`)),
    0,
    () => `b${++named}`,
  );
  expect(batches.length).toBeGreaterThan(4);
  expect(batches.flatMap(idsOf)).toEqual(ids);
  for (const batch of batches) expect(Buffer.byteLength(bodyOf(batch))).toBeLessThan(127_900);
  expect(batches.map(({ id }) => id)).toEqual(batches.map((_, i) => `b${i + 1}`));
});

test('a message read back is the one that was sent, and its object is named by hour and id', () => {
  const [batch] = pack([mapping('r1'), mapping('r2')], Date.UTC(2026, 10, 24, 20, 0), () => 'f00-7');
  expect(readBody(bodyOf(batch!))).toEqual(batch);
  expect(keyOf(batch!)).toBe('2026/11/24/20/f00-7.ndjson');
});

test.each([
  ['an object', { id: 'x' }],
  ['no JSON', 'hello\nworld'],
  ['an id that is a path', '{"id":"../../x","at":1}\n{}'],
  ['no time', '{"id":"x"}\n{}'],
])('a foreign message (%s) is not taken for ours', (_, body) => {
  expect(readBody(body)).toBeNull();
});

/** A queue that can be away, with what it took. */
function fakeQueue() {
  const queue = { away: false, taken: [] as LogBatch[] };
  const send = async (body: string) => {
    if (queue.away) throw new Error('the queue is away');
    queue.taken.push(readBody(body)!);
  };
  return Object.assign(queue, { env: { REQUEST_LOG: { send } } as unknown as Env });
}

/** A batch of as many mappings as are sent without waiting for more. */
const addFull = (name: string): void => {
  for (let i = 0; i < 64; i++) toQueue(mapping(`${name}-${i}`));
};

test('what the queue did not take is sent again under the same id, before anything newer', async () => {
  const queue = fakeQueue();
  queue.away = true;
  for (const name of ['first', 'second']) {
    addFull(name);
    await sendToQueue(queue.env, 'isolate');
  }
  expect(queue.taken).toEqual([]);
  queue.away = false;
  addFull('third');
  await sendToQueue(queue.env, 'isolate');
  expect(queue.taken.map((batch) => [batch.id, batch.count, idsOf(batch)[0]])).toEqual([
    ['isolate-1', 64, 'first-0'],
    ['isolate-2', 64, 'second-0'],
    ['isolate-3', 64, 'third-0'],
  ]);
  await sendToQueue(queue.env, 'isolate');
  expect(queue.taken.length).toBe(3);
});

test('while the queue stays away a bounded number of mappings is kept, the newest', async () => {
  const queue = fakeQueue();
  queue.away = true;
  for (let round = 0; round < 100; round++) {
    addFull(`round${round}`);
    await sendToQueue(queue.env, 'isolate');
  }
  queue.away = false;
  addFull('last');
  await sendToQueue(queue.env, 'isolate');
  // What was kept, and the one that was just made up.
  expect(queue.taken.length).toBe(MESSAGES + 1);
  expect(idsOf(queue.taken[0]!)[0]).toBe(`round${100 - MESSAGES}-0`);
  expect(idsOf(queue.taken.at(-1)!)[63]).toBe('last-63');
});

test(`${MAPPINGS} mappings wait to be sent; then the oldest go, and their number is told`, async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  onTestFinished(() => warn.mockRestore());
  const queue = fakeQueue();
  for (let i = 0; i < MAPPINGS + 7; i++) toQueue(mapping(`many-${i}`));
  await sendToQueue(queue.env, 'isolate');
  const ids = queue.taken.flatMap(idsOf);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([MAPPINGS, 'many-7', `many-${MAPPINGS + 6}`]);
  expect(warn.mock.calls.flat()).toEqual([expect.objectContaining({ count: 7 })]);
});

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

test(`${LINES} lines wait for the log; then the oldest go, and their number is told`, async () => {
  for (let i = 0; i < LINES + 7; i++) logMapping(mapping(`line-${i}`), 1, {} as Env);
  const { rounds, warnings } = await linesOf();
  const ids = rounds.flat().map((line) => JSON.parse(line).requestId);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([LINES, 'line-7', `line-${LINES + 6}`]);
  expect(warnings).toEqual([{ message: 'log lines were dropped', count: 7 }]);
});

test(`about ${LENGTH_AT_ONCE} characters are written in one invocation, however long a line is; the rest comes next`, async () => {
  const long = `/${'p'.repeat(3_000)}`;
  for (let i = 0; i < LINES; i++) logMapping(mapping(`long-${i}`, long), 1, {} as Env);
  const { rounds } = await linesOf();
  expect(rounds.flat().map((line) => JSON.parse(line).requestId)).toEqual(
    Array.from({ length: LINES }, (_, i) => `long-${i}`),
  );
  const lengths = rounds.map((lines) => lines.join('').length);
  expect(Math.max(...lengths)).toBeLessThan(LENGTH_AT_ONCE + 4_000);
  expect(lengths[0]).toBeGreaterThanOrEqual(LENGTH_AT_ONCE);
});

test('mappings that come one by one go in one message, sent by the first who waited', async () => {
  const queue = fakeQueue();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const sendings: Promise<void>[] = [];
  for (let i = 0; i < 20; i++) {
    toQueue(mapping(`single-${i}`));
    sendings.push(sendToQueue(queue.env, 'isolate'));
  }
  expect(queue.taken).toEqual([]);
  await vi.runAllTimersAsync();
  await Promise.all(sendings);
  expect(queue.taken.map(({ count }) => count)).toEqual([20]);
});
