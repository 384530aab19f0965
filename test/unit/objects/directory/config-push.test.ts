/** Revisions on their way to Pool objects that are slow or away. */
import { afterEach, expect, test, vi } from 'vitest';
import type { Env } from '../../../../worker/env.ts';
import { Deliveries, UNDELIVERED } from '../../../../worker/objects/directory/config-push.ts';
import type { Delivery } from '../../../../worker/protocol/messages.ts';
import { envOf } from '../../../support/samples.ts';

const TO = { pool: 'shop', shard: '0' };

afterEach(() => {
  vi.useRealTimers();
});

/** A Pool object that is away until the test changes it; what it takes is kept as revision and routes revision. */
function poolThatIsAway() {
  const pool = { isAway: true, taken: [] as string[], env: {} as Env };
  pool.env = envOf(() => ({
    async configure({ revision, routesRevision }) {
      if (pool.isAway) throw new Error('away');
      pool.taken.push(`${revision}, ${routesRevision}`);
      return revision;
    },
    async routesChanged(routesRevision) {
      if (pool.isAway) throw new Error('away');
      pool.taken.push(`routes ${routesRevision}`);
    },
  }));
  return pool;
}

const pushOf = (revision: number): Delivery => ({
  ...TO,
  push: { revision, routesRevision: revision, pool: null },
});

test.each([
  { failed: [pushOf(2), pushOf(1)], taken: ['2, 2'] },
  { failed: [pushOf(2), { ...TO, push: { routesRevision: 3 } }], taken: ['2, 3'] },
  { failed: [{ ...TO, push: { routesRevision: 3 } }, pushOf(2)], taken: ['2, 3'] },
  {
    failed: [
      { ...TO, push: { routesRevision: 3 } },
      { ...TO, push: { routesRevision: 1 } },
    ],
    taken: ['routes 3'],
  },
])(
  'of pushes that fail one after another the object takes the newest, in row %#',
  async ({ failed, taken }) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const pool = poolThatIsAway();
    const deliveries = new Deliveries(pool.env);
    for (const delivery of failed) await deliveries.deliver([delivery]);
    pool.isAway = false;
    vi.setSystemTime(deliveries.retryAt);
    await deliveries.retryPending();
    expect(pool.taken).toEqual(taken);
  },
);

test('a new revision is tried again even when an earlier one has been given up', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const pool = poolThatIsAway();
  const deliveries = new Deliveries(pool.env);
  await deliveries.deliver([pushOf(1)]);
  for (let tries = 0; deliveries.retryAt !== 0; tries++) {
    expect(tries).toBeLessThan(10);
    vi.setSystemTime(deliveries.retryAt);
    await deliveries.retryPending();
  }
  await deliveries.deliver([pushOf(2)]);
  expect(deliveries.retryAt).toBeGreaterThan(Date.now());
  pool.isAway = false;
  vi.setSystemTime(deliveries.retryAt);
  await deliveries.retryPending();
  expect(pool.taken).toEqual(['2, 2']);
});

test(`${UNDELIVERED} objects that are away get another push; those owed longest are left to pull`, async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  let isAway = true;
  const taken: string[] = [];
  const env = envOf((name) => ({
    async configure({ revision }) {
      if (isAway) throw new Error('away');
      taken.push(name);
      return revision;
    },
  }));
  const deliveries = new Deliveries(env);
  const pushTo = (i: number): Delivery => ({
    pool: `p${i}`,
    shard: '0',
    push: { revision: 1, routesRevision: 1, pool: null },
  });
  const pushes = Array.from({ length: UNDELIVERED + 5 }, (_, i) => pushTo(i));
  await deliveries.deliver(pushes.slice(0, 5));
  await deliveries.deliver(pushes.slice(5));
  isAway = false;
  vi.setSystemTime(deliveries.retryAt);
  await deliveries.retryPending();
  expect(taken.toSorted()).toEqual(
    pushes
      .slice(5)
      .map(({ pool }) => `${pool}/0`)
      .toSorted(),
  );
});
