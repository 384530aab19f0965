/** When what an isolate has noted goes to its pool's object: one call for many requests, and none of them late. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LIMITS } from '../../../../worker/config/limits.ts';
import { poolSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import { BATCH_MS, LEASE_TTL_MS } from '../../../../worker/lib/timing.ts';
import { logMapping } from '../../../../worker/log/sinks.ts';
import type { Batch, Mapping, Snapshot } from '../../../../worker/protocol/messages.ts';
import { countAttempts } from '../../../../worker/protocol/runs.ts';
import { refresh, viewOf } from '../../../../worker/proxy/pool-client/isolate.ts';
import {
  BATCH,
  CAPACITY,
  CAPACITY_IN_ALL,
  LARGEST_BATCH,
} from '../../../../worker/proxy/pool-client/outbox.ts';
import { mergeReceived, noneReceived } from '../../../../worker/stats/received.ts';
import { ANSWERED, finished, lease } from '../../../support/samples.ts';
import { PoolSim } from '../../../support/sim/pool-sim.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const FINISHED = finished();
const CONFIG = poolSchema.parse({ id: 'p', backends: [{ id: 'a', url: 'http://backend.test' }] });
const FAILED = {
  ...ANSWERED,
  outcome: { kind: 'connect-failure', ms: 1 },
  failed: true,
  example: 'id',
} as const;
const rest = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** An isolate and its object, which is `delayMs` away. */
function start(delayMs = 0, more: Partial<typeof CONFIG> = {}) {
  const sim = new PoolSim({ ...CONFIG, ...more }, 1, () => delayMs / 2);
  const client = sim.isolates[0]!;
  const { context } = sim;
  return {
    sim,
    client,
    context,
    /** The batches that came, in mappings. */
    get sizes() {
      return sim.calls.map(({ batch }) => batch?.mappings.count ?? 0);
    },
    /** So many requests begin and end, one after the other. */
    async note(requests: number) {
      for (let n = 0; n < requests; n++) {
        client.begin(context, Date.now());
        client.finish(context, FINISHED, Date.now());
      }
      await rest(0);
    },
    async fail() {
      client.record(context, FAILED, Date.now());
      await rest(0);
    },
    /** So many slots are in hand. */
    hold(count: number) {
      client.slots.drop();
      client.slots.takePending();
      client.slots.add(
        lease(
          0,
          Array.from({ length: count }, () => 0),
        ),
        Date.now(),
      );
    },
  };
}

test('a full batch goes with the next request; the one after it only after a pause', async () => {
  const box = start();
  await box.note(BATCH);
  expect(box.sizes).toEqual([]);
  await box.note(1);
  expect(box.sizes).toEqual([BATCH]);
  await box.note(BATCH);
  expect(box.sizes).toEqual([BATCH]);
  await rest(50);
  await box.note(1);
  expect(box.sizes).toEqual([BATCH, BATCH + 1]);
});

test('the largest batch goes without a pause', async () => {
  const box = start();
  await box.note(BATCH + 1);
  await box.note(LARGEST_BATCH - 1);
  expect(box.sizes).toEqual([BATCH]);
  await box.note(1);
  expect(box.sizes).toEqual([BATCH, LARGEST_BATCH]);
});

test.each([3, BATCH])(
  'a batch of %i that no request follows goes after a quarter of a second',
  async (size) => {
    const box = start();
    await box.note(size);
    await rest(BATCH_MS - 1);
    expect(box.sizes).toEqual([]);
    await rest(1);
    expect(box.sizes).toEqual([size]);
  },
);

test('a failure goes at once, whatever has just gone, and beside a call that is under way', async () => {
  const box = start();
  await box.note(BATCH + 1);
  await box.note(4);
  await box.fail();
  expect(box.sizes).toEqual([BATCH, 5]);

  const far = start(1_000);
  await far.note(BATCH + 1);
  await far.fail();
  await far.fail();
  await rest(500);
  // One call for routine and one for failures are under way; the second failure follows the first.
  expect(far.sizes).toEqual([BATCH, 1]);
  await rest(2_000);
  const attempts = far.sim.calls.map(({ batch }) => countAttempts(batch?.runs ?? []));
  expect(attempts).toEqual([0, 1, 1]);
});

test('while a call is under way, what comes meanwhile waits for its end, and for no request', async () => {
  const box = start(600);
  await box.note(1);
  await rest(BATCH_MS + 100);
  await box.note(5);
  await rest(2_000);
  expect(box.sizes).toEqual([1, 5]);
  expect(box.client.unreported).toBe(0);
});

test('a batch brings slots along while they are in demand, and takes expired ones back', async () => {
  const box = start();
  box.hold(3);
  box.client.takeSlot(Date.now());
  await box.note(1);
  await rest(BATCH_MS);
  expect(box.sim.calls.map(({ want }) => want)).toEqual([0]);
  await rest(LEASE_TTL_MS - BATCH_MS);
  // A request came in this lease, so another one follows; in that one none came.
  await rest(LEASE_TTL_MS);
  const returned = (batch: Batch | null) => batch?.returned.map(({ counts }) => counts);
  expect(box.sim.calls.map(({ want, batch }) => [want, returned(batch)])).toEqual([
    [0, []],
    [1, [{ a: 2 }]],
    [0, [{ a: 1 }]],
  ]);
  expect(box.sim.isIdle).toBe(true);
});

test('slots are asked for when a quarter is left, by one call at a time', async () => {
  const box = start(20);
  box.hold(16);
  for (let n = 0; n < 11; n++) box.client.takeSlot(Date.now());
  await box.note(1);
  expect(box.client.slots.left).toBe(5);
  box.client.takeSlot(Date.now());
  await box.note(3);
  await rest(10);
  expect(box.sim.calls.map((call) => call.want)).toEqual([15]);
});

test('a waiting log, or a Directory that does not answer, delays no call', async () => {
  const box = start();
  const { env } = box.context;
  Object.assign(env, {
    REQUEST_LOG: { send: () => new Promise(() => undefined) },
    DIRECTORY: { getByName: () => ({ snapshot: () => new Promise(() => undefined) }) },
  });
  logMapping({ status: 500, attempts: [] } as unknown as Mapping, 0, env);
  box.sim.routesRevision = 7;
  for (let n = 0; n < 3; n++) {
    await box.note(1);
    await rest(BATCH_MS);
  }
  expect(box.sizes).toEqual([1, 1, 1]);
});

test('what the object did not take goes later, once and without another request', async () => {
  const box = start();
  box.sim.isAway = true;
  await box.note(2);
  await rest(BATCH_MS);
  box.sim.isAway = false;
  await rest(5_000);
  expect(box.sizes).toEqual([2]);
  expect(box.sim.isIdle).toBe(true);
});

test('a batch whose call ended with its request goes with the same number', async () => {
  const box = start();
  const { client, sim } = box;
  await box.note(1);
  const never = { POOL: { getByName: () => ({ sync: () => new Promise(() => undefined) }) } };
  // The request and its timers are gone: its call neither answers nor fails.
  void client.sync({ ...box.context, env: never as unknown as Env });
  await box.note(4);
  await rest(10_000);
  expect(box.sizes).toEqual([1, 4]);
  const [first, second] = sim.calls.map(({ sequence }) => sequence);
  expect(second).toBe(first! + 1);
});

test('an object that stays away is given up after some tries, until a request comes', async () => {
  const box = start();
  let tries = 0;
  const away = async () => {
    tries++;
    throw new Error('away');
  };
  Object.assign(box.context.env, { POOL: { getByName: () => ({ sync: away }) } });
  await box.note(2);
  await rest(60_000);
  expect(tries).toBeLessThanOrEqual(6);
  expect(box.sim.isIdle).toBe(true);
  const before = tries;
  await box.note(1);
  await rest(BATCH_MS);
  expect(tries).toBeGreaterThan(before);
});

test('requests that come to an isolate that knows nothing wait for the one call of the first', async () => {
  const box = start(100);
  const requests = Array.from({ length: 20 }, () => box.sim.request(0));
  await rest(110);
  expect(await Promise.all(requests)).toEqual(requests.map(() => 0));
  expect(box.sim.calls).toHaveLength(1);
  expect(box.sim.waited).toBe(20);
});

test('where each request needs a slot of its own, one that waits asks by itself while a call is under way', async () => {
  const box = start(400, { maxStaleMs: 0 });
  await box.note(1);
  await rest(BATCH_MS);
  void box.client.refresh(box.context);
  await rest(200);
  expect(box.sim.calls.map(({ want, batch }) => [want, batch === null])).toEqual([
    [0, false],
    [1, true],
  ]);
});

test('an object that is busy is called less often, and the next slots come before the last ones expire', async () => {
  const box = start();
  box.sim.terms = { pace: 1_000 };
  await box.note(1);
  await rest(BATCH_MS);
  expect(box.sizes).toEqual([1]);
  const startedAt = Date.now();
  while (Date.now() - startedAt < 9_000) {
    box.client.takeSlot(Date.now());
    await box.note(1);
    await rest(100);
  }
  // One call in nine tenths of a second, whatever the pace: what an isolate knows is never older than a lease.
  expect(box.sizes.length).toBeGreaterThanOrEqual(10);
  expect(box.sizes.length).toBeLessThanOrEqual(12);
});

test('a request that takes long keeps what its isolate knows fresh', async () => {
  const box = start();
  await box.note(1);
  await rest(5_000);
  const before = box.sizes.length;
  box.client.begin(box.context, Date.now());
  await rest(1_000);
  expect(box.sizes.length).toBe(before + 1);
});

test('of successes the object gets as many records as it asks for, of all other requests every one', async () => {
  const box = start();
  const drawn = (more: object) => box.client.drawMapping(finished(more));
  expect([drawn({}), drawn({})]).toEqual([true, true]);
  box.sim.terms = { sampling: 4 };
  await box.note(1);
  await rest(BATCH_MS);
  expect(Array.from({ length: 100 }, () => drawn({})).filter(Boolean)).toHaveLength(25);
  const failed = { status: 503, backend: null };
  const retried = { attempts: [{ outcome: 'timeout' }, { outcome: 'ok' }] };
  expect([failed, retried, failed, retried].map(drawn)).toEqual([true, true, true, true]);
});

test('what clients received goes with the mappings of the same requests, once', async () => {
  const box = start();
  const FINISHED = 150;
  for (let i = 0; i < FINISHED; i++) {
    box.client.begin(box.context, Date.now());
    const status = i % 3 === 0 ? 404 : 200;
    box.client.finish(box.context, finished({ status, bytes: { bytesIn: 1, bytesOut: 10 } }), Date.now());
    if (i % 70 === 0) await rest(0);
  }
  await rest(BATCH_MS);
  const cells = box.sim.calls.flatMap(({ batch }) => batch?.received ?? []);
  expect(new Set(cells.map(([route, backend]) => `${route} ${backend}`))).toEqual(new Set(['shop a']));
  const all = noneReceived();
  for (const [, , received] of cells) mergeReceived(all, received);
  expect(all.responses).toEqual([0, 100, 0, 50, 0]);
  expect([all.bytesIn, all.bytesOut]).toEqual([FINISHED, 10 * FINISHED]);
});

describe('limits', () => {
  const attemptsOf = (batches: readonly Batch[]) =>
    batches.reduce((sum, { runs, dropped }) => sum + countAttempts(runs) + dropped, 0);

  /** An answer and a failure in turn, so that every attempt is a run of its own. */
  const seen = (i: number) => (i % 2 === 0 ? ANSWERED : FAILED);

  test(`an outbox whose object is away keeps ${CAPACITY} runs outside a batch and counts the attempts that it drops`, async () => {
    const box = start();
    box.sim.isAway = true;
    const SENT = 5 * CAPACITY;
    for (let i = 0; i < SENT; i++) {
      box.client.record(box.context, seen(i), Date.now());
      box.client.finish(box.context, FINISHED, Date.now());
      if (i % 600 === 0) await rest(BATCH_MS);
    }
    await rest(20_000);
    box.sim.isAway = false;
    await box.note(1);
    await rest(20_000);
    const batches = box.sim.calls.map(({ batch }) => batch!);
    expect(attemptsOf(batches)).toBe(SENT);
    const kept = batches.reduce((sum, { runs }) => sum + countAttempts(runs), 0);
    expect(kept).toBeGreaterThan(CAPACITY);
    expect(kept).toBeLessThanOrEqual(3 * CAPACITY);
    const mappings = batches.reduce((sum, batch) => sum + batch.mappings.count, 0);
    expect(mappings).toBeLessThanOrEqual(3 * CAPACITY + 1);
    expect(box.client.unreported).toBe(0);
  });

  test('successes are counted, every one, however long the object is away', async () => {
    const box = start();
    box.sim.isAway = true;
    const SENT = 20 * CAPACITY;
    for (let i = 0; i < SENT; i++) box.client.record(box.context, ANSWERED, Date.now());
    box.client.finish(box.context, FINISHED, Date.now());
    await rest(20_000);
    box.sim.isAway = false;
    await box.note(1);
    await rest(20_000);
    const batches = box.sim.calls.map(({ batch }) => batch!);
    expect(batches.reduce((sum, { runs }) => sum + countAttempts(runs), 0)).toBe(SENT);
  });

  test(`with the most pools, all objects away, ${CAPACITY_IN_ALL} entries are kept in all, and dropped ones are counted`, async () => {
    const sim = new PoolSim(CONFIG);
    sim.isAway = true;
    const pools = Array.from({ length: LIMITS.pools }, (_, i) => ({
      revision: 1,
      pool: poolSchema.parse({ id: `p${i}`, backends: [{ id: 'a', url: 'http://a.test' }] }),
    }));
    const snapshot: Snapshot = { revision: 1, routesRevision: 1, instance: 'x', pools, routes: [] };
    const directory = { snapshot: async () => snapshot };
    Object.assign(sim.context.env, { DIRECTORY: { getByName: () => directory } });
    await refresh(sim.context.env);
    const clients = pools.map(({ pool }) => viewOf(pool.id)!);
    const EACH = 400;
    for (const client of clients)
      for (let i = 0; i < EACH; i++) {
        client.record(sim.context, seen(i), Date.now());
        client.finish(sim.context, FINISHED, Date.now());
      }
    // The batches are made before it is known how many objects do not answer.
    await rest(30_000);
    sim.isAway = false;
    for (const client of clients) {
      client.record(sim.context, ANSWERED, Date.now());
      client.finish(sim.context, FINISHED, Date.now());
    }
    await rest(30_000);
    const batches = sim.calls.map(({ batch }) => batch!);
    const kept = batches.reduce((sum, { runs }) => sum + countAttempts(runs), 0);
    const all = attemptsOf(batches);
    expect(all).toBe(LIMITS.pools * (EACH + 1));
    expect(kept).toBeLessThanOrEqual(2 * CAPACITY_IN_ALL);
  });
});
