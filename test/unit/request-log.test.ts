/** Mappings into queue messages and back, and what becomes of them while the queue is away. */
import { expect, test } from 'vitest';
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

test('what the queue did not take is sent again under the same id, before anything newer', async () => {
  const taken: LogBatch[] = [];
  let away = true;
  const send = async (body: string) => {
    if (away) throw new Error('the queue is away');
    taken.push(readBody(body)!);
  };
  const env = { REQUEST_LOG: { send } } as unknown as Env;
  toQueue(mapping('r1'));
  await sendToQueue(env, 'isolate');
  toQueue(mapping('r2'));
  await sendToQueue(env, 'isolate');
  expect(taken).toEqual([]);
  away = false;
  toQueue(mapping('r3'));
  await sendToQueue(env, 'isolate');
  expect(taken.map((batch) => [batch.id, ...idsOf(batch)])).toEqual([
    ['isolate-1', 'r1'],
    ['isolate-2', 'r2'],
    ['isolate-3', 'r3'],
  ]);
  await sendToQueue(env, 'isolate');
  expect(taken.length).toBe(3);
});

test('while the queue stays away a bounded number of mappings is kept, the newest', async () => {
  const sent: string[] = [];
  let away = true;
  const send = async (body: string) => {
    if (away) throw new Error('the queue is away');
    sent.push(...idsOf(readBody(body)!));
  };
  const env = { REQUEST_LOG: { send } } as unknown as Env;
  for (let round = 0; round < 100; round++) {
    toQueue(mapping(`round${round}`));
    await sendToQueue(env, 'isolate');
  }
  away = false;
  await sendToQueue(env, 'isolate');
  expect(sent.length).toBeLessThan(100);
  expect(sent.at(-1)).toBe('round99');
});
