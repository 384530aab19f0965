/** When what an isolate has noted goes to its pool's object: one call for many requests, and none of them late. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { poolSchema } from '../../../../worker/config/schema.ts';
import { BATCH_MS } from '../../../../worker/lib/timing.ts';
import { logMapping } from '../../../../worker/log/sinks.ts';
import type { Mapping } from '../../../../worker/protocol/messages.ts';
import { askForSlots, takeSlot } from '../../../../worker/proxy/pool-client/lease.ts';
import { recordAttempt, recordMapping, sendFullBatch } from '../../../../worker/proxy/pool-client/outbox.ts';
import { PoolView } from '../../../../worker/proxy/pool-client/pool-view.ts';
import { BATCH, LARGEST_BATCH } from '../../../../worker/proxy/pool-client/reports.ts';
import { ANSWERED } from '../../../support/samples.ts';
import { takeReports } from '../../../support/sim/report-taker.ts';

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
  const object = takeReports();
  const { taken, wants, env, ctx } = object;
  const hold = (count: number) => {
    const news = { revision: 1, routesRevision: 0, ejected: [], ramping: [] };
    const slots = Array.from({ length: count }, () => 0);
    view.applyLease({ ...news, epoch: 1, first: 0, slots, reason: 'policy', ttlMs: 1_000 }, Date.now());
  };
  return {
    object,
    wants,
    env,
    /** So many slots come in hand, for a second. */
    hold,
    /** Of the reports that went, in mappings. */
    get sizes() {
      return taken.map(({ mappings }) => mappings.count);
    },
    /** So many requests begin and end, one after the other. */
    async note(requests: number) {
      for (let n = 0; n < requests; n++) {
        sendFullBatch(view, env, ctx, Date.now());
        recordMapping(view, {} as Mapping, Date.now(), env, ctx);
      }
      await vi.advanceTimersByTimeAsync(0);
    },
    /** A request takes a slot; with these in hand, and so many wanted at a time. */
    async takeSlot(left: number, want: number) {
      view.slots.drop(() => 'a');
      hold(left);
      view.slots.want = want;
      takeSlot(view, env, ctx, Date.now());
      await vi.advanceTimersByTimeAsync(0);
      expect(view.askingSince).toBe(0);
      return view.slots.left;
    },
    /** A request finds no slot and waits for one. */
    async waitForSlot() {
      expect(await askForSlots(view, env, ctx)).toBe(true);
      return view.slots.left;
    },
    /** As `waitForSlot`, and whatever comes of it. */
    ask: () => askForSlots(view, env, ctx),
    async fail() {
      const outcome = { kind: 'connect-failure', ms: 1 } as const;
      const failed = { ...ANSWERED, outcome, failed: true, example: 'id' };
      recordAttempt(view, failed, Date.now(), env, ctx);
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

test('half a batch goes with a call for slots, which come back with it', async () => {
  const box = outbox();
  const { note } = box;
  await note(BATCH / 2);
  expect(await box.takeSlot(10, 64)).toBe(9 + 64);
  expect(box.sizes).toEqual([BATCH / 2]);
  expect(box.wants).toEqual([64]);
});

test('at little traffic waiting reports go with a call that a request waits for, and make none of their own', async () => {
  const box = outbox();
  await box.note(2);
  await vi.advanceTimersByTimeAsync(50);
  expect(await box.waitForSlot()).toBe(1);
  await vi.advanceTimersByTimeAsync(BATCH_MS);
  expect(box.sizes).toEqual([2]);
  expect(box.wants).toEqual([1]);
});

test('where every request waits for a call, not every call takes a report along', async () => {
  const box = outbox();
  await box.note(1);
  await vi.advanceTimersByTimeAsync(49);
  await box.waitForSlot();
  await box.note(1);
  expect(box.sizes).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await box.waitForSlot();
  expect(box.sizes).toEqual([2]);
});

test('a report that goes along outlives the request that waits, whose client may leave', async () => {
  const box = outbox();
  const { object } = box;
  let open = () => {};
  object.opens = new Promise((resolve) => {
    open = resolve;
  });
  await box.note(2);
  await vi.advanceTimersByTimeAsync(50);
  void box.ask();
  let isOver = false;
  void object.settled().then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(2 * BATCH_MS);
  expect(isOver).toBe(false);
  open();
  await vi.advanceTimersByTimeAsync(0);
  expect(isOver).toBe(true);
  expect(box.sizes).toEqual([2]);
});

test('reports that the object did not take with a call that a request waited for go later, once', async () => {
  const box = outbox();
  const { object } = box;
  object.isAway = true;
  await box.note(2);
  await vi.advanceTimersByTimeAsync(50);
  expect(await box.ask()).toBe(false);
  object.isAway = false;
  await vi.advanceTimersByTimeAsync(5_000);
  await box.note(1);
  await vi.advanceTimersByTimeAsync(BATCH_MS);
  expect(box.sizes).toEqual([2, 1]);
});

test('slots that have expired go back with the report that asks for new ones', async () => {
  const box = outbox();
  box.hold(3);
  await vi.advanceTimersByTimeAsync(960);
  await box.note(1);
  await vi.advanceTimersByTimeAsync(50);
  await box.waitForSlot();
  expect(box.object.taken[0]!.returned).toEqual([{ epoch: 1, counts: { a: 3 } }]);
});

test('a request that waits asks an object that knows of no slots with a report for them alone', async () => {
  const box = outbox();
  box.object.isOld = true;
  await box.note(2);
  await vi.advanceTimersByTimeAsync(50);
  expect(await box.waitForSlot()).toBe(1);
  expect(box.sizes).toEqual([2]);
});

test('reports that an earlier call did not take delay no request that waits', async () => {
  const box = outbox();
  box.object.isAway = true;
  await box.note(1);
  await vi.advanceTimersByTimeAsync(2 * BATCH_MS);
  box.object.isAway = false;
  await box.note(2);
  await vi.advanceTimersByTimeAsync(50);
  expect(await box.waitForSlot()).toBe(1);
  expect(box.sizes).toEqual([]);
});

test('a waiting log does not keep requests from asking for slots again', async () => {
  const box = outbox();
  const { env, note, takeSlot } = box;
  Object.assign(env, { REQUEST_LOG: { send: async () => undefined } });
  logMapping({ status: 500, attempts: [] } as unknown as Mapping, 0, env);
  await note(BATCH / 2);
  expect(await takeSlot(10, 64)).toBe(9 + 64);
});

test('a Directory that does not answer does not keep requests from asking for slots again', async () => {
  const box = outbox();
  const { env, object, note, takeSlot } = box;
  Object.assign(env, { DIRECTORY: { getByName: () => ({ snapshot: () => new Promise(() => undefined) }) } });
  object.routesRevision = 7;
  await note(BATCH / 2);
  expect(await takeSlot(10, 64)).toBe(9 + 64);
  expect(box.sizes).toEqual([BATCH / 2]);
});

test('an object that knows of no slots with a report is asked for them alone', async () => {
  const box = outbox();
  const { object, note, takeSlot } = box;
  object.isOld = true;
  await note(BATCH / 2);
  expect(await takeSlot(10, 64)).toBe(9 + 64);
  expect(box.sizes).toEqual([BATCH / 2]);
});

test('slots do not wait for reports that an earlier call did not take', async () => {
  const box = outbox();
  const { object, note, fail, takeSlot } = box;
  object.isAway = true;
  await fail();
  object.isAway = false;
  await note(BATCH / 2);
  await vi.advanceTimersByTimeAsync(25);
  expect(await takeSlot(10, 64)).toBe(9 + 64);
  expect(box.sizes).toEqual([]);
});

test('less than half a batch, or half a pause after the last, lets slots be asked for alone', async () => {
  const box = outbox();
  const { note, takeSlot } = box;
  await note(BATCH / 2 - 1);
  expect(await takeSlot(10, 64)).toBe(9 + 64);
  expect(box.sizes).toEqual([]);
  await note(BATCH + 1);
  await note(BATCH / 2);
  const sizes = [...box.sizes];
  await vi.advanceTimersByTimeAsync(24);
  expect(await takeSlot(10, 64)).toBe(9 + 64);
  expect(box.sizes).toEqual(sizes);
  await vi.advanceTimersByTimeAsync(1);
  expect(await takeSlot(10, 64)).toBe(9 + 64);
  expect(box.sizes.length).toBe(sizes.length + 1);
});

test('half of the largest batch goes with a call for slots however soon', async () => {
  const box = outbox();
  const { note, takeSlot } = box;
  await note(BATCH + 1);
  await note(LARGEST_BATCH / 2 - 2);
  expect(await takeSlot(10, 64)).toBe(9 + 64);
  expect(box.sizes).toEqual([BATCH]);
  await note(1);
  expect(await takeSlot(10, 64)).toBe(9 + 64);
  expect(box.sizes).toEqual([BATCH, LARGEST_BATCH / 2]);
});
