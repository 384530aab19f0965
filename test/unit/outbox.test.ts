/** When what an isolate has noted goes to its pool's object: one call for many requests, and none of them late. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { poolSchema } from '../../worker/config/schema.ts';
import type { Mapping, Report } from '../../worker/objects/protocol.ts';
import { BATCH, BATCH_MS, LARGEST_BATCH, recordAttempt, recordMapping } from '../../worker/proxy/outbox.ts';
import { PoolView } from '../../worker/proxy/pool-view.ts';

type Env = Parameters<typeof recordMapping>[2];
type Context = Parameters<typeof recordMapping>[3];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An isolate's outbox before an object that takes everything. */
function outbox() {
  const view = new PoolView(
    poolSchema.parse({ id: 'p', backends: [{ id: 'a', url: 'http://backend.test' }] }),
    1,
  );
  const sizes: number[] = [];
  const report = async ({ mappings }: Report) => {
    sizes.push(mappings.count);
    return { revision: 1, routesRevision: 0, ejected: [], ramping: [] };
  };
  const env = { POOL: { getByName: () => ({ report }) } } as unknown as Env;
  const ctx = { waitUntil: () => undefined } as unknown as Context;
  return {
    sizes,
    async note(requests: number) {
      for (let n = 0; n < requests; n++) recordMapping(view, {} as Mapping, env, ctx);
      await vi.advanceTimersByTimeAsync(0);
    },
    async fail() {
      const outcome = { kind: 'connect-failure', ms: 1 } as const;
      recordAttempt(view, 'a', outcome, true, true, false, 'id', env, ctx);
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

test('a full batch goes at once; the next one only after a pause, for a call costs more than what is in it', async () => {
  const { sizes, note } = outbox();
  await note(BATCH);
  expect(sizes).toEqual([BATCH]);
  await note(BATCH + 10);
  expect(sizes).toEqual([BATCH]);
  await vi.advanceTimersByTimeAsync(50);
  await note(1);
  expect(sizes).toEqual([BATCH, BATCH + 11]);
});

test('the largest batch goes without a pause', async () => {
  const { sizes, note } = outbox();
  await note(BATCH);
  await note(LARGEST_BATCH - 1);
  expect(sizes).toEqual([BATCH]);
  await note(1);
  expect(sizes).toEqual([BATCH, LARGEST_BATCH]);
});

test('a batch that does not fill goes after a quarter of a second', async () => {
  const { sizes, note } = outbox();
  await note(3);
  await vi.advanceTimersByTimeAsync(BATCH_MS - 1);
  expect(sizes).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(sizes).toEqual([3]);
});

test('a failure goes at once, whatever has just gone', async () => {
  const { sizes, note, fail } = outbox();
  await note(BATCH);
  await note(5);
  await fail();
  expect(sizes).toEqual([BATCH, 5]);
});
