/** What the objects do when others of them are slow or away. */
import { afterEach, expect, test, vi } from 'vitest';
import type { Env } from '../../../../worker/env.ts';
import { Deliveries, UNDELIVERED } from '../../../../worker/objects/directory/config-push.ts';
import { ShardStatuses } from '../../../../worker/objects/directory/shard-statuses.ts';
import { tellPeers } from '../../../../worker/objects/pool/gossip.ts';
import type { Delivery, Flip, ShardStatus } from '../../../../worker/protocol/messages.ts';
import type { DirectoryRpc, PoolRpc } from '../../../../worker/protocol/rpc.ts';

/** An environment whose Pool objects do what `objects` says; four shards of a pool exist. */
const envOf = (objects: (name: string) => Partial<PoolRpc>): Env => {
  const directory: Partial<DirectoryRpc> = { shardsOf: async () => ['0', '1', '2', '3'] };
  return { POOL: { getByName: objects }, DIRECTORY: { getByName: () => directory } } as unknown as Env;
};

const TO = { pool: 'shop', shard: '0' };

afterEach(() => {
  vi.useRealTimers();
});

const tick = () => new Promise((resolve) => setImmediate(resolve));

test('the live view asks six Pool objects at once, and keeps what each answers', async () => {
  let asking = 0;
  let most = 0;
  const env = envOf((name) => ({
    async watch() {
      most = Math.max(most, ++asking);
      await tick();
      asking--;
      if (name === 'shop/3') throw new Error('away');
      return { shard: name.split('/')[1] } as ShardStatus;
    },
  }));
  const names = Array.from({ length: 20 }, (_, i) => ({ pool: 'shop', shard: String(i) }));
  const statuses = new ShardStatuses(env, (_, status) => status);
  await statuses.ask(names, () => true);
  expect(most).toBe(6);
  expect(names.filter((name) => !statuses.has(name)).map(({ shard }) => shard)).toEqual(['3']);
});

/** What is known of a Pool object that answers when the test lets it; `asked` waits for answers, the oldest first. */
function slowShard() {
  const asked: ((dropped: number) => void)[] = [];
  const statusOf = (dropped: number) => ({ shard: '0', dropped }) as ShardStatus;
  const env = envOf(() => ({
    watch: () => new Promise((resolve) => asked.push((dropped) => resolve(statusOf(dropped)))),
  }));
  const statuses = new ShardStatuses(env, (_, status) => status);
  return {
    asked,
    ask: () => statuses.ask([TO], () => true),
    push: (dropped: number) => statuses.keep(TO, statusOf(dropped)),
    askAnew: () => statuses.askAnew('shop'),
    known: () => statuses.of('shop').map(({ dropped }) => dropped),
    isKnown: () => statuses.has(TO),
  };
}

test('a slow answer does not take the place of what the shard has pushed since it was asked', async () => {
  const shard = slowShard();
  const asking = shard.ask();
  shard.push(2);
  shard.asked[0]!(1);
  await asking;
  expect(shard.known()).toEqual([2]);
});

test('of two answers that overtake each other the one asked for later counts', async () => {
  const shard = slowShard();
  const asking = [shard.ask(), shard.ask()];
  shard.asked[1]!(2);
  await asking[1];
  shard.asked[0]!(1);
  await asking[0];
  expect(shard.known()).toEqual([2]);
});

test('what has been forgotten so as to be asked anew does not come back by an earlier question', async () => {
  const shard = slowShard();
  shard.push(1);
  const asking = shard.ask();
  shard.askAnew();
  expect(shard.isKnown()).toBe(false);
  shard.asked[0]!(1);
  await asking;
  expect(shard.isKnown()).toBe(false);
  const again = shard.ask();
  shard.asked[1]!(2);
  await again;
  expect(shard.known()).toEqual([2]);
});

test('a shard that is away keeps no other from hearing of an ejection', async () => {
  const heard: string[] = [];
  const env = envOf((name) => ({
    async hearFlip({ kind, backend }) {
      if (name === 'shop/1') throw new Error('away');
      heard.push(`${name} ${kind} ${backend}`);
    },
  }));
  const flip: Flip = { kind: 'ejected', backend: 'a', at: 1, until: 2, ejections: 1 };
  await tellPeers(env, { pool: 'shop', shard: '0' }, [flip]);
  expect(heard.toSorted()).toEqual(['shop/2 ejected a', 'shop/3 ejected a']);
});

/** A Pool object that is away until told otherwise; what it takes is noted as revision and routes revision. */
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
  'of pushes that fail one after another the object takes what is newest, in row %#',
  async ({ failed, taken }) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const pool = poolThatIsAway();
    const deliveries = new Deliveries(pool.env);
    for (const delivery of failed) await deliveries.deliver([delivery]);
    pool.isAway = false;
    vi.setSystemTime(deliveries.retryAt);
    await deliveries.again();
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
    await deliveries.again();
  }
  await deliveries.deliver([pushOf(2)]);
  expect(deliveries.retryAt).toBeGreaterThan(Date.now());
  pool.isAway = false;
  vi.setSystemTime(deliveries.retryAt);
  await deliveries.again();
  expect(pool.taken).toEqual(['2, 2']);
});

test(`${UNDELIVERED} objects that are away are told again; those owed longest are left to pull`, async () => {
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
  await deliveries.again();
  expect(taken.toSorted()).toEqual(
    pushes
      .slice(5)
      .map(({ pool }) => `${pool}/0`)
      .toSorted(),
  );
});
