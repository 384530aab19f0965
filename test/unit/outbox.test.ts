/** When what an isolate has noted goes to its pool's object: one call for many requests, and none of them late. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { poolSchema } from '../../worker/config/schema.ts';
import type { Mapping } from '../../worker/objects/protocol.ts';
import {
  BATCH,
  BATCH_MS,
  LARGEST_BATCH,
  recordAttempt,
  recordMapping,
  sendFullBatch,
} from '../../worker/proxy/outbox.ts';
import { PoolView } from '../../worker/proxy/pool-view.ts';
import { takeReports } from '../support/reports.ts';

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
  const { taken, env, ctx } = takeReports();
  return {
    /** Of the reports that went, in mappings. */
    get sizes() {
      return taken.map(({ mappings }) => mappings.count);
    },
    /** So many requests begin and end, one after the other. */
    async note(requests: number) {
      for (let n = 0; n < requests; n++) {
        sendFullBatch(view, env, ctx, Date.now());
        recordMapping(view, {} as Mapping, env, ctx);
      }
      await vi.advanceTimersByTimeAsync(0);
    },
    async fail() {
      const outcome = { kind: 'connect-failure', ms: 1 } as const;
      recordAttempt(view, 'a', outcome, true, true, false, 'id', env, ctx);
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

test('a full batch goes with the next request; the one after it only after a pause', async () => {
  const box = outbox();
  const { note } = box;
  await note(BATCH);
  expect(box.sizes).toEqual([]);
  await note(1);
  expect(box.sizes).toEqual([BATCH]);
  await note(BATCH);
  expect(box.sizes).toEqual([BATCH]);
  await vi.advanceTimersByTimeAsync(50);
  await note(1);
  expect(box.sizes).toEqual([BATCH, BATCH + 1]);
});

test('the largest batch goes without a pause', async () => {
  const box = outbox();
  const { note } = box;
  await note(BATCH + 1);
  await note(LARGEST_BATCH - 1);
  expect(box.sizes).toEqual([BATCH]);
  await note(1);
  expect(box.sizes).toEqual([BATCH, LARGEST_BATCH]);
});

test('a full batch that no request follows goes after a quarter of a second too', async () => {
  const box = outbox();
  await box.note(BATCH);
  await vi.advanceTimersByTimeAsync(BATCH_MS);
  expect(box.sizes).toEqual([BATCH]);
});

test('a batch that does not fill goes after a quarter of a second', async () => {
  const box = outbox();
  const { note } = box;
  await note(3);
  await vi.advanceTimersByTimeAsync(BATCH_MS - 1);
  expect(box.sizes).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(box.sizes).toEqual([3]);
});

test('a failure goes at once, whatever has just gone', async () => {
  const box = outbox();
  const { note, fail } = box;
  await note(BATCH + 1);
  await note(4);
  await fail();
  expect(box.sizes).toEqual([BATCH, 5]);
});
