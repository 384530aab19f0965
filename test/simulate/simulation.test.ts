/** The simulation: repeatable, and within what the protocol promises where its objects keep up. */
import { expect, test } from 'vitest';
import { type Settings, simulate } from './simulation.ts';

const small: Settings = {
  seed: 7,
  sharding: 'region',
  locations: 20,
  isolates: 40,
  requestsPerSecond: 2_000,
  hours: [3, 15],
};

test('the same settings give the same figures, another seed gives others', async () => {
  const figures = await simulate(small);
  expect(await simulate(small)).toEqual(figures);
  expect(await simulate({ ...small, seed: 8 })).not.toEqual(figures);
});

test.each(['none', 'region', 4] as const)(
  'with sharding %s shares hold and a drain is known within a second and a way',
  async (sharding) => {
    const figures = await simulate({ ...small, sharding });
    expect(figures.requests).toBeGreaterThan(5_000);
    expect(figures.turnedAwayPercent).toBe(0);
    expect(figures.shareErrorPercent).toBeLessThan(1);
    expect(figures.staleMs.max).toBeLessThanOrEqual(1_000 + 200);
    expect(figures.callsPerRequest).toBeLessThan(0.5);
  },
);

test('isolates that are busy wait for a slot only while their object restarts', async () => {
  const busy = await simulate({ ...small, sharding: 'region', isolates: 8, requestsPerSecond: 4_000 });
  expect(busy.waitedPercent).toBeLessThan(4);
});
