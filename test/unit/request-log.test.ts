/** Mappings into queue messages and back, and what becomes of them while the queue is away. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Env } from '../../worker/env.ts';
import { bodyOf, keyOf, type LogBatch, pack, readBody } from '../../worker/log/message.ts';
import { sendToQueue, toQueue } from '../../worker/log/queue.ts';
import type { Mapping } from '../../worker/objects/protocol.ts';

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
  expect(queue.taken.length).toBeLessThan(50);
  expect(idsOf(queue.taken.at(-1)!)[63]).toBe('last-63');
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
