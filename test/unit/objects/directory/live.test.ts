/** What the Directory keeps for those who watch, and what they are told, with Pool objects that the test plays. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PoolConfig } from '../../../../worker/config/schema.ts';
import { poolSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import { Live } from '../../../../worker/objects/directory/live.ts';
import type { ShardStatus } from '../../../../worker/protocol/messages.ts';
import { noLatencies } from '../../../../worker/stats/latency.ts';
import type { PoolStatus } from '../../../../worker/stats/pool-status.ts';

const SECOND_MS = 1_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocketRequestResponsePair', class {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** One backend's requests, as a shard tells them. */
const statusOf = (shard: string, requests: number): ShardStatus => ({
  ...{ revision: 1, shard, dropped: 0, objectCalls: 0, rowsWritten: 0 },
  backends: [
    {
      ...{ id: 'a', requests, failures: 0, consecutiveFailures: 0, ejectedUntil: 0, ejections: 0, picks: 0 },
      ...{ latency: noLatencies(), weightInForce: 1 },
    },
  ],
});

const poolOf = (id: string, more: object = {}): PoolConfig =>
  poolSchema.parse({ id, backends: [{ id: 'a', url: 'http://a.test' }], ...more });

/** A Directory's live view with one watcher, who notes the statuses sent. */
function world() {
  const told: PoolStatus[] = [];
  const asked: string[] = [];
  const source = { revision: 1, config: { pools: [] as PoolConfig[], routes: [] }, drains: [] };
  const socket = {
    send: (message: string) => told.push(...(JSON.parse(message).statuses ?? [])),
    deserializeAttachment: () => ({ by: null, until: Number.POSITIVE_INFINITY, since: Date.now() }),
  };
  const ctx = {
    getWebSockets: () => [socket],
    setWebSocketAutoResponse: () => undefined,
    getWebSocketAutoResponseTimestamp: () => null,
  } as unknown as ConstructorParameters<typeof Live>[0];
  const watch = (name: string) => async () => {
    asked.push(name);
    return statusOf(name.split('/')[1]!, 0);
  };
  const env = { POOL: { getByName: (name: string) => ({ watch: watch(name) }) } } as unknown as Env;
  const pool = (id: string) => source.config.pools.find((one) => one.id === id);
  const live = new Live(ctx, env, { now: () => source, pool, shardsOf: () => [] });
  return {
    ...{ live, asked },
    /** Puts a revision in force. */
    change(...pools: PoolConfig[]) {
      const before = source.config.pools;
      source.revision++;
      source.config = { pools, routes: [] };
      live.noteRevision(
        source.revision,
        pools.filter((pool) => !before.includes(pool)).map(({ id }) => id),
      );
    },
    push: (pool: string, shard: string, requests: number) =>
      live.push({ pool, shard, status: statusOf(shard, requests), mappings: [] }),
    /** The requests last told of a pool, once everything due has been sent. */
    async requests(pool: string) {
      await vi.advanceTimersByTimeAsync(2 * SECOND_MS);
      return told.findLast((status) => status.pool === pool)?.backends[0]?.requests;
    },
  };
}

test('a pool that is deleted and made again begins anew, whatever its objects had told and still tell', async () => {
  const { change, push, requests } = world();
  change(poolOf('shop'));
  push('shop', '0', 7);
  push('shop', '1', 5);
  expect(await requests('shop')).toBe(12);
  change();
  push('shop', '1', 6);
  expect(await requests('shop')).toBe(12);
  change(poolOf('shop'));
  expect(await requests('shop')).toBe(0);
});

test('no object of a deleted pool is asked how it stands', async () => {
  const { asked, change, push, requests } = world();
  change(poolOf('shop'), poolOf('kept'));
  push('shop', '1', 7);
  change(poolOf('kept'));
  push('shop', '1', 8);
  expect(await requests('kept')).toBe(0);
  expect(asked.filter((name) => name.startsWith('shop/'))).toEqual([]);
});
