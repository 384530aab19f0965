/** The lease protocol between isolates and a pool's object, played through with time that the test moves. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { poolSchema } from '../../../../worker/config/schema.ts';
import { LEASE_TTL_MS } from '../../../../worker/lib/timing.ts';
import type { PoolClient } from '../../../../worker/proxy/pool-client/pool-client.ts';
import { PoolSim } from '../../../support/sim/pool-sim.ts';

const IDS = ['a', 'b', 'c', 'd'];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What of a backend decides about slots. */
interface Backend {
  readonly id: string;
  readonly weight: number;
  readonly state: 'active' | 'draining' | 'disabled';
}

const backendsOf = (...weights: number[]): Backend[] =>
  weights.map((weight, i) => ({ id: IDS[i]!, weight, state: 'active' }));

/** A pool whose isolates never go on alone: every turn is a slot. */
const poolOf = (backends: readonly Backend[], more: object = {}) =>
  poolSchema.parse({
    id: 'p',
    maxLease: 16,
    maxStaleMs: 0,
    backends: backends.map((backend) => ({ ...backend, url: 'http://backend.test' })),
    ...more,
  });

const someBackends = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 })
  .map((weights) => backendsOf(...weights));
/** Mostly bursts, now and then a pause longer than a lease. */
const pause = fc.oneof(
  { weight: 5, arbitrary: fc.nat(40) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 2_500 }) },
);
const isBarred = ({ state, weight }: Backend) => state !== 'active' || weight === 0;
const rest = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** The slots that isolates hold or have yet to give back. */
const outstanding = (isolates: readonly PoolClient[]): number =>
  isolates.reduce((sum, { slots }) => {
    const copy = slots.copy();
    copy.drop();
    const counts = copy.takePending().returned.flatMap((returned) => Object.values(returned.counts));
    return sum + counts.reduce((a, b) => a + b, 0);
  }, 0);

test('a backend that is drained, disabled or of weight 0 gets no slot a second after the change was answered', async () => {
  const change = fc.record({
    backend: fc.nat(3),
    state: fc.constantFrom('active' as const, 'draining' as const, 'disabled' as const),
    weight: fc.nat(3),
  });
  const steps = fc.array(
    fc.record({ pauseMs: pause, isolate: fc.nat(2), change: fc.option(change, { freq: 8 }) }),
    { minLength: 20, maxLength: 120 },
  );
  await fc.assert(
    fc.asyncProperty(someBackends, steps, async (backends, script) => {
      const sim = new PoolSim(poolOf(backends), 3);
      let current = backends;
      const barredSince = new Map<string, number>();
      for (const step of script) {
        await rest(step.pauseMs);
        const now = Date.now();
        if (step.change) {
          const { backend, ...fields } = step.change;
          current = current.map((old, i) => (i === backend % current.length ? { ...old, ...fields } : old));
          sim.configure(poolOf(current));
          for (const one of current)
            if (!isBarred(one)) barredSince.delete(one.id);
            else if (!barredSince.has(one.id)) barredSince.set(one.id, now);
        }
        const id = await sim.send(step.isolate);
        const since = id === null ? undefined : barredSince.get(id);
        if (since !== undefined) expect(now - since).toBeLessThanOrEqual(LEASE_TTL_MS);
      }
    }),
    { numRuns: 60 },
  );
});

test('whatever isolates hold, let expire and return, no share is further off than backends and outstanding slots', async () => {
  const steps = fc.array(fc.record({ pauseMs: pause, isolate: fc.nat(3) }), { minLength: 1, maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(someBackends, steps, async (backends, script) => {
      const sim = new PoolSim(poolOf(backends), 4);
      for (const { pauseMs, isolate } of script) {
        await rest(pauseMs);
        await sim.send(isolate);
      }
      const total = backends.reduce((sum, { weight }) => sum + weight, 0);
      const bound = backends.length + outstanding(sim.isolates);
      for (const { id, weight } of backends) {
        const ideal = (script.length * weight) / total;
        expect(Math.abs((sim.used.get(id) ?? 0) - ideal)).toBeLessThanOrEqual(bound);
      }
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['every turn is a slot', 0],
  ['isolates go on alone', 10_000],
])('with one isolate the order is nginx’s, however its requests are spaced: %s', async (_, maxStaleMs) => {
  // Leases grow in a burst; in the slower traffic that follows they run out before they are used up.
  const steady = fc.nat(100).map((ms) => [...Array(60).fill(0), ...Array(100).fill(ms)]);
  const gaps = fc.oneof(fc.array(pause, { maxLength: 200 }), steady);
  await fc.assert(
    fc.asyncProperty(gaps, async (pauses: number[]) => {
      const sim = new PoolSim(poolOf(backendsOf(5, 1, 1), { maxStaleMs }));
      const order: (string | null)[] = [];
      for (const ms of pauses) {
        await rest(ms);
        order.push(await sim.send());
      }
      expect(order.join('')).toBe('aabacaa'.repeat(43).slice(0, order.length));
    }),
    { numRuns: 60 },
  );
});

test('slots that an isolate left over when its traffic stopped go back, and the order goes on', async () => {
  const sim = new PoolSim(poolOf(backendsOf(5, 1, 1)));
  const order: (string | null)[] = [];
  for (let n = 0; n < 24; n++) order.push(await sim.send());
  expect(sim.isolates[0]!.slots.left).toBeGreaterThan(0);
  await rest(3_600_000);
  expect(outstanding(sim.isolates)).toBe(0);
  expect(sim.isIdle).toBe(true);
  for (let n = 0; n < 11; n++) order.push(await sim.send());
  expect(order.join('')).toBe('aabacaa'.repeat(5));
});

test.each([true, false])(
  'slots that go back with a call whose reply is lost go back once, and those in the reply too (repeated at once: %s)',
  async (retryable) => {
    const sim = new PoolSim(poolOf(backendsOf(5, 3, 1)));
    const client = sim.isolates[0]!;
    await client.sync(sim.context, 4);
    await rest(LEASE_TTL_MS);
    sim.loses = { retryable };
    expect(await client.sync(sim.context, 3)).toBe(retryable);
    await rest(LEASE_TTL_MS);
    expect(await client.sync(sim.context, 0)).toBe(true);
    await rest(LEASE_TTL_MS);
    await client.sync(sim.context, 0);
    // Not one slot was used: the sequence stands where it began.
    expect(outstanding(sim.isolates)).toBe(0);
    expect([...sim.state.sequence.position]).toEqual([0, 0, 0]);
  },
);

test.each([true, false])(
  'what a batch brings counts once, though its reply was lost (repeated at once: %s)',
  async (retryable) => {
    const sim = new PoolSim(poolOf(backendsOf(1, 1, 1)));
    const client = sim.isolates[0]!;
    client.slots.charge(0);
    sim.loses = { retryable };
    const id = await sim.send();
    await rest(10_000);
    await client.sync(sim.context, 0);
    expect(sim.calls.filter(({ batch }) => Object.keys(batch?.charged ?? {}).length > 0)).toHaveLength(2);
    // A charge of a and, if the request had its slot from the object, a turn of b.
    expect(sim.state.sequence.position).toEqual(id === null ? [-2, 1, 1] : [-1, -1, 2]);
  },
);

test('another isolate follows a report within a second', async () => {
  const sim = new PoolSim(poolOf(backendsOf(1, 1)), 2);
  for (let n = 0; n < 40; n++) await sim.send(n % 2);
  for (let n = 0; n < 3; n++) sim.state.record(['a', -1, 1, 1], Date.now());
  await rest(LEASE_TTL_MS);
  const order: (string | null)[] = [];
  for (let n = 0; n < 10; n++) order.push(await sim.send(n % 2));
  expect(order.join('')).toBe('b'.repeat(10));
});

test('a backend that one isolate skipped on suspicion is not owed those turns afterwards', async () => {
  const sim = new PoolSim(poolOf(backendsOf(1, 1, 1, 1)));
  const client = sim.isolates[0]!;
  const requests = async (count: number) => {
    const order: (string | null)[] = [];
    for (let n = 0; n < count; n++) {
      await rest(5);
      order.push(await sim.send());
    }
    return order;
  };
  await requests(40);
  // Three failures that no batch has brought to the object.
  for (let n = 0; n < 3; n++) {
    const failed = { failed: true, sentAs: 'in', beganAt: Date.now(), retryAfterMs: 0 } as const;
    client.judge(0, client.upstreams[0]!, failed, Date.now());
  }
  client.unreported = 3;
  const meanwhile = await requests(120);
  expect(meanwhile).not.toContain('a');
  expect(meanwhile).not.toContain(null);
  client.unreported = 0;
  await client.sync(sim.context, 0);
  const afterwards = await requests(40);
  expect(afterwards.filter((id) => id === 'a').length).toBeLessThanOrEqual(11);
  expect(afterwards.filter((id) => id === 'a').length).toBeGreaterThanOrEqual(9);
});

test('a client that is pinned is counted before the next slots come', async () => {
  const sim = new PoolSim(poolOf(backendsOf(1, 1), { maxLease: 1 }));
  const used: (string | null)[] = [];
  for (let n = 0; n < 40; n++) {
    await rest(300);
    sim.isolates[0]!.slots.charge(0);
    used.push(await sim.send());
  }
  expect(used).toEqual(used.map(() => 'b'));
});
