/** The lease protocol between isolates and a pool's object, played through with time that the test moves. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ask } from '../../../../worker/proxy/pool-client/lease.ts';
import { type Backend, LEASE_MS, LeaseSim } from '../../../support/sim/lease-sim.ts';

const IDS = ['a', 'b', 'c', 'd'];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const someBackends = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 })
  .map((weights) => weights.map((weight, i): Backend => ({ id: IDS[i]!, weight, state: 'active' })));
/** Mostly bursts, now and then a pause longer than a lease. */
const pause = fc.oneof(
  { weight: 5, arbitrary: fc.nat(40) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 2_500 }) },
);
const isBarred = ({ state, weight }: Backend) => state !== 'active' || weight === 0;

/** What each request leaves to report: nothing, or so much that reports go along with calls for slots. */
const LEFT = [0, 16];

test.each(LEFT)(
  'a backend that is drained, disabled or of weight 0 gets no slot a second after the change was answered (%i)',
  async (mappings) => {
    let rides = 0;
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
        const sim = new LeaseSim(backends, 3);
        sim.mappings = mappings;
        const barredSince = new Map<string, number>();
        for (const step of script) {
          vi.advanceTimersByTime(step.pauseMs);
          const now = Date.now();
          if (step.change) {
            const { backend, ...fields } = step.change;
            const next = sim.backends.map((old, i) =>
              i === backend % sim.backends.length ? { ...old, ...fields } : old,
            );
            sim.change(next);
            for (const one of next)
              if (!isBarred(one)) barredSince.delete(one.id);
              else if (!barredSince.has(one.id)) barredSince.set(one.id, now);
          }
          const id = await sim.request(step.isolate);
          const since = id === null ? undefined : barredSince.get(id);
          if (since !== undefined) expect(now - since).toBeLessThanOrEqual(LEASE_MS);
        }
        rides += sim.rides;
      }),
      { numRuns: 150 },
    );
    expect(rides > 0).toBe(mappings > 0);
  },
);

test.each(LEFT)(
  'whatever isolates hold, let expire and return, no share is further off than backends and outstanding slots (%i)',
  async (mappings) => {
    let rides = 0;
    const steps = fc.array(fc.record({ pauseMs: pause, isolate: fc.nat(3) }), {
      minLength: 1,
      maxLength: 300,
    });
    await fc.assert(
      fc.asyncProperty(someBackends, steps, async (backends, script) => {
        const sim = new LeaseSim(backends, 4);
        sim.mappings = mappings;
        for (const { pauseMs, isolate } of script) {
          vi.advanceTimersByTime(pauseMs);
          await sim.request(isolate);
        }
        const total = backends.reduce((sum, { weight }) => sum + weight, 0);
        const bound = backends.length + sim.outstanding();
        for (const { id, weight } of backends) {
          const ideal = (script.length * weight) / total;
          expect(Math.abs((sim.used.get(id) ?? 0) - ideal)).toBeLessThanOrEqual(bound);
        }
        rides += sim.rides;
      }),
      { numRuns: 150 },
    );
    expect(rides > 0).toBe(mappings > 0);
  },
);

test('slots that an isolate left over when its traffic stopped come back with its next request, and the order goes on', async () => {
  const backends = [5, 1, 1].map((weight, i): Backend => ({ id: IDS[i]!, weight, state: 'active' }));
  const sim = new LeaseSim(backends, 1);
  const order: (string | null)[] = [];
  for (let n = 0; n < 24; n++) order.push(await sim.request(0));
  expect(sim.isolates[0]!.slots.left).toBeGreaterThan(0);
  vi.advanceTimersByTime(3_600_000);
  for (let n = 0; n < 11; n++) order.push(await sim.request(0));
  expect(order.join('')).toBe('aabacaa'.repeat(5));
});

test.each(LEFT)(
  'with one isolate the order is nginx’s, however its requests are spaced (%i)',
  async (mappings) => {
    // Leases grow in a burst; in the slower traffic that follows they run out before they are used up.
    const steady = fc.nat(100).map((ms) => [...Array(60).fill(0), ...Array(200).fill(ms)]);
    const gaps = fc.oneof(fc.array(pause, { maxLength: 200 }), steady);
    await fc.assert(
      fc.asyncProperty(gaps, async (pauses: number[]) => {
        const backends = [5, 1, 1].map((weight, i): Backend => ({ id: IDS[i]!, weight, state: 'active' }));
        const sim = new LeaseSim(backends, 1);
        sim.mappings = mappings;
        const order: (string | null)[] = [];
        for (const ms of pauses) {
          vi.advanceTimersByTime(ms);
          order.push(await sim.request(0));
        }
        expect(order.join('')).toBe('aabacaa'.repeat(43).slice(0, order.length));
      }),
      { numRuns: 100 },
    );
  },
);

test('slots that go back with a call whose reply is lost go back once, though the call is repeated', async () => {
  const backends = [5, 3, 1].map((weight, i): Backend => ({ id: IDS[i]!, weight, state: 'active' }));
  const sim = new LeaseSim(backends, 1);
  const view = sim.isolates[0]!;
  await ask(view, sim.env, 4);
  vi.advanceTimersByTime(LEASE_MS);
  sim.losesReply = true;
  expect(await ask(view, sim.env, 0)).toBe(true);
  // Nobody holds a slot, none was used: the sequence stands where it began.
  expect(sim.outstanding()).toBe(0);
  expect([...sim.state.sequence.position]).toEqual([0, 0, 0]);
});

test('another isolate follows a report within a second', async () => {
  const backends = ['a', 'b'].map((id): Backend => ({ id, weight: 1, state: 'active' }));
  const sim = new LeaseSim(backends, 2);
  for (let n = 0; n < 40; n++) await sim.request(n % 2);
  for (let n = 0; n < 3; n++) sim.state.record(['a', -1, 1, 1], Date.now());
  vi.advanceTimersByTime(LEASE_MS);
  const order: (string | null)[] = [];
  for (let n = 0; n < 10; n++) order.push(await sim.request(n % 2));
  expect(order.join('')).toBe('b'.repeat(10));
});

test('a backend that one isolate skipped on suspicion is not owed those turns afterwards', async () => {
  const backends = IDS.map((id): Backend => ({ id, weight: 1, state: 'active' }));
  const sim = new LeaseSim(backends, 1);
  const view = sim.isolates[0]!;
  const requests = async (count: number) => {
    const order: (string | null)[] = [];
    for (let n = 0; n < count; n++) {
      vi.advanceTimersByTime(5);
      order.push(await sim.request(0));
    }
    return order;
  };
  await requests(40);
  const FAILED = { failed: true, sentAs: 'in', beganAt: Date.now(), retryAfterMs: 0 } as const;
  // Three failures that no report has brought to the object.
  for (let n = 0; n < 3; n++) view.recordAttempt(0, view.upstreams[0]!, FAILED, Date.now());
  view.unreported = 3;
  const meanwhile = await requests(120);
  expect(meanwhile).not.toContain('a');
  expect(meanwhile).not.toContain(null);
  view.unreported = 0;
  await ask(view, sim.env, 0);
  const afterwards = await requests(40);
  expect(afterwards.filter((id) => id === 'a').length).toBeLessThanOrEqual(11);
  expect(afterwards.filter((id) => id === 'a').length).toBeGreaterThanOrEqual(9);
});

test.each(LEFT)('a client that is pinned is counted before the next slots come (%i)', async (mappings) => {
  const backend = (id: string): Backend => ({ id, weight: 1, state: 'active' });
  const sim = new LeaseSim([backend('a'), backend('b')], 1);
  sim.mappings = mappings;
  const used: (string | null)[] = [];
  for (let n = 0; n < 40; n++) {
    vi.advanceTimersByTime(300);
    sim.isolates[0]!.slots.charge('a', 0);
    used.push(await sim.request(0));
  }
  expect(used).toEqual(used.map(() => 'b'));
  expect(sim.rides > 0).toBe(mappings > 0);
});

test('a charge whose call was carried out, and its reply lost, does not count again', async () => {
  const backend = (id: string): Backend => ({ id, weight: 1, state: 'active' });
  const sim = new LeaseSim([backend('a'), backend('b'), backend('c')], 1);
  sim.losesReply = true;
  sim.isolates[0]!.slots.charge('a', 0);
  await sim.request(0);
  expect(sim.isolates[0]!.slots.takeCharged()).toEqual({});
  // The charge, the slot that was lost and the one that was used: a round in all.
  expect(sim.state.sequence.position).toEqual([0, 0, 0]);
});
