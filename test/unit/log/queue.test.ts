/** Mappings on their way to the queue, and what becomes of them while it is away. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Env } from '../../../worker/env.ts';
import { type LogBatch, readBody } from '../../../worker/log/message.ts';
import { MAPPINGS_QUEUED, MESSAGES_QUEUED, sendToQueue, toQueue } from '../../../worker/log/queue.ts';
import { idsOf, mapping } from './samples.ts';

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

test('a message that the queue did not take is sent again under the same id, before anything newer', async () => {
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
  expect(queue.taken.length).toBe(MESSAGES_QUEUED + 1);
  expect(idsOf(queue.taken[0]!)[0]).toBe(`round${100 - MESSAGES_QUEUED}-0`);
  expect(idsOf(queue.taken.at(-1)!)[63]).toBe('last-63');
});

test(`${MAPPINGS_QUEUED} mappings wait to be sent; then the oldest go, and their number is logged`, async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  onTestFinished(() => warn.mockRestore());
  const queue = fakeQueue();
  for (let i = 0; i < MAPPINGS_QUEUED + 7; i++) toQueue(mapping(`many-${i}`));
  await sendToQueue(queue.env, 'isolate');
  const ids = queue.taken.flatMap(idsOf);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([
    MAPPINGS_QUEUED,
    'many-7',
    `many-${MAPPINGS_QUEUED + 6}`,
  ]);
  expect(warn.mock.calls.flat()).toEqual([expect.objectContaining({ count: 7 })]);
});

test('mappings that come one by one go in one message, with the first call that waited', async () => {
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
