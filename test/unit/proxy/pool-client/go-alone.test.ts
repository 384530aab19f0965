/** Isolates whose object is far away: no request waits, the order stays nginx's, and shares are exact in the long run. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { take } from '../../../../worker/balance/round-robin.ts';
import { poolSchema } from '../../../../worker/config/schema.ts';
import type { Returned } from '../../../../worker/protocol/messages.ts';
import type { PoolView } from '../../../../worker/proxy/pool-client/pool-view.ts';
import { PoolSim } from '../../../support/sim/pool-sim.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const poolOf = (weights: readonly number[], more: object = {}) =>
  poolSchema.parse({
    id: 'p',
    maxLease: 16,
    backends: weights.map((weight, i) => ({ id: `b${i}`, url: 'http://backend.test', weight })),
    ...more,
  });

const someWeights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 });
/** Ms of one way to the object, call after call. */
const someDelays = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 20 });
/** Mostly bursts, now and then a pause longer than a lease; never as long as maxStaleMs. */
const somePauses = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.nat(40) },
    { weight: 2, arbitrary: fc.integer({ min: 100, max: 900 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 5_000 }) },
  ),
  { minLength: 30, maxLength: 200 },
);

function farObject(
  weights: readonly number[],
  isolates: number,
  delays: readonly number[],
  more: object = {},
) {
  let calls = 0;
  return new PoolSim(poolOf(weights, more), isolates, () => delays[calls++ % delays.length]!);
}

/** The index of the backend that a request goes to. */
const send = async (object: PoolSim, isolate: number) => Number((await object.send(isolate))!.slice(1));

test('one isolate: the order is nginx’s, whatever the pauses and the delays', async () => {
  await fc.assert(
    fc.asyncProperty(someWeights, someDelays, somePauses, async (weights, delays, pauses) => {
      const object = farObject(weights, 1, delays);
      const position = weights.map(() => 0);
      for (const [n, pauseMs] of pauses.entries()) {
        expect([n, await send(object, 0)]).toEqual([n, take(position, weights)]);
        await vi.advanceTimersByTimeAsync(pauseMs);
      }
    }),
    { numRuns: 40 },
  );
});

test('no request waits but the first, while the pauses are shorter than maxStaleMs', async () => {
  const object = farObject([5, 1, 1], 1, [100]);
  for (const pauseMs of [10, 20, 2_500, 1_000, 500, 9_000, 100, 20, 3_000]) {
    await send(object, 0);
    await vi.advanceTimersByTimeAsync(pauseMs);
  }
  expect(object.waited).toBe(1);
});

test('after a silence longer than maxStaleMs a request waits for its object', async () => {
  const object = farObject([5, 1, 1], 1, [100], { maxStaleMs: 2_000 });
  await send(object, 0);
  await vi.advanceTimersByTimeAsync(10_000);
  await send(object, 0);
  expect(object.waited).toBe(2);
});

test('with maxLease 1 and maxStaleMs 0 every request waits for its slot', async () => {
  const object = farObject([5, 1, 1], 1, [5], { maxStaleMs: 0, maxLease: 1 });
  for (let n = 0; n < 10; n++) {
    await send(object, 0);
    await vi.advanceTimersByTimeAsync(300);
  }
  expect(object.waited).toBe(10);
});

test('one isolate: the order goes on when its object restarts, whenever that is', async () => {
  const restarts = fc.array(fc.boolean(), { minLength: 20, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(someWeights, restarts, async (weights, script) => {
      const object = farObject(weights, 1, [20]);
      const position = weights.map(() => 0);
      for (const [n, restarts] of script.entries()) {
        // What is stored is what it was when the last call had ended.
        if (restarts) {
          await vi.advanceTimersByTimeAsync(3_000);
          object.restart();
        }
        expect([n, await send(object, 0)]).toEqual([n, take(position, weights)]);
        await vi.advanceTimersByTimeAsync(30);
      }
    }),
    { numRuns: 20 },
  );
});

test('many isolates: shares are the weights, but for what each isolate holds, and no turn is lost or counted twice', async () => {
  const steps = fc.array(fc.record({ isolate: fc.nat(3), pauseMs: fc.nat(60) }), {
    minLength: 100,
    maxLength: 200,
  });
  await fc.assert(
    fc.asyncProperty(someWeights, someDelays, steps, async (weights, delays, script) => {
      const object = farObject(weights, 4, delays);
      const used = weights.map(() => 0);
      for (const { isolate, pauseMs } of script) {
        used[await send(object, isolate)]!++;
        await vi.advanceTimersByTimeAsync(pauseMs);
      }
      await vi.advanceTimersByTimeAsync(10_000);
      const total = weights.reduce((a, b) => a + b, 0);
      const { position } = object.state.sequence;
      // What the isolates have yet to bring: turns taken alone, less slots that were not used.
      const owed = weights.map((_, i) => object.isolates.reduce((sum, view) => sum + owedBy(view, i), 0));
      const brought = script.length - owed.reduce((a, b) => a + b, 0);
      weights.forEach((weight, i) => {
        expect((brought * weight - position[i]!) / total + owed[i]!).toBeCloseTo(used[i]!, 6);
        expect(Math.abs(used[i]! - (script.length * weight) / total)).toBeLessThanOrEqual(
          weights.length + 4 * 4,
        );
      });
    }),
    { numRuns: 15, interruptAfterTimeLimit: 30_000 },
  );
});

/** The turns of backend `index` that an isolate has taken and not brought, less the slots that it has not used. */
function owedBy(view: PoolView, index: number): number {
  const slots = view.slots.copy();
  slots.drop();
  const count = (turns: readonly Returned[]) =>
    turns.reduce((sum, { counts }) => sum + (counts[`b${index}`] ?? 0), 0);
  const { tookAlone, returned } = slots.takePending();
  return count(tookAlone) - count(returned);
}
