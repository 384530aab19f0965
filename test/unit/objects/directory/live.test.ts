/** What the Directory keeps for its viewers, and what they are sent, with Pool objects that the test plays. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Config, configSchema, type PoolConfig, poolSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import {
  BACKENDS_PER_MESSAGE,
  EVENTS_PER_MESSAGE,
  Live,
  MAPPINGS_PER_MESSAGE,
} from '../../../../worker/objects/directory/live.ts';
import type { HistoryEvent } from '../../../../worker/protocol/events.ts';
import type { LivePush, ShardStatus } from '../../../../worker/protocol/messages.ts';
import { noLatencies } from '../../../../worker/stats/latency.ts';
import type { PoolStatus } from '../../../../worker/stats/pool-status.ts';
import { batchOf } from '../../../support/samples.ts';
import { contextOf, Socket } from './samples.ts';

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
function setUp() {
  const sent: PoolStatus[] = [];
  const asked: string[] = [];
  const source = { revision: 1, config: { pools: [] as PoolConfig[], routes: [], alerts: [] }, drains: [] };
  const socket = {
    send: (message: string) => sent.push(...(JSON.parse(message).statuses ?? [])),
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
  const live = new Live(ctx, env, { read: () => source, pool, shardsOf: () => [] });
  return {
    ...{ live, asked },
    /** Puts a revision in force. */
    change(...pools: PoolConfig[]) {
      const before = source.config.pools;
      source.revision++;
      source.config = { pools, routes: [], alerts: [] };
      live.addRevision(
        source.revision,
        pools.filter((pool) => !before.includes(pool)).map(({ id }) => id),
      );
    },
    push: (pool: string, shard: string, requests: number) =>
      live.push({ pool, shard, status: statusOf(shard, requests), mappings: [] }),
    /** The requests last sent of a pool, once everything due has been sent. */
    async requests(pool: string) {
      await vi.advanceTimersByTimeAsync(2 * SECOND_MS);
      return sent.findLast((status) => status.pool === pool)?.backends[0]?.requests;
    },
  };
}

test('a pool that is deleted and created again starts from zero, whatever its objects reported and still report', async () => {
  const { change, push, requests } = setUp();
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

test('no object of a deleted pool is asked for its status', async () => {
  const { asked, change, push, requests } = setUp();
  change(poolOf('shop'), poolOf('kept'));
  push('shop', '1', 7);
  change(poolOf('kept'));
  push('shop', '1', 8);
  expect(await requests('kept')).toBe(0);
  expect(asked.filter((name) => name.startsWith('shop/'))).toEqual([]);
});

describe('limits', () => {
  const times = <T>(count: number, make: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i));

  const statusOf = (requests: number): ShardStatus =>
    ({ revision: 1, shard: '0', backends: [{ id: 'b0', requests, latency: [] }] }) as unknown as ShardStatus;
  const configOf = (pools: number, backends: number): Config =>
    configSchema.parse({
      pools: times(pools, (p) => ({
        id: `p${p}`,
        backends: times(backends, (b) => ({ id: `b${b}`, url: 'http://a.test' })),
      })),
    });

  /** A Directory with one watcher; `messagesOf` returns those of a type. */
  function liveOf(config: Config) {
    const directory = { revision: 1, config, drains: [] };
    const socket = new Socket();
    const getByName = () => ({ watch: async () => statusOf(0) });
    const source = {
      read: () => directory,
      pool: (id: string) => config.pools.find((pool) => pool.id === id),
      shardsOf: () => [],
    };
    const live = new Live(contextOf([socket]), { POOL: { getByName } } as unknown as Env, source);
    const messagesOf = (type: string) =>
      socket.messages.map((message) => JSON.parse(message)).filter((message) => message.type === type);
    return { live, messagesOf };
  }

  test(`about ${MAPPINGS_PER_MESSAGE} mappings wait for the next message, the newest`, async () => {
    const { live, messagesOf } = liveOf(configOf(1, 1));
    const push = (i: number): LivePush => ({
      ...{ pool: 'p0', shard: '0', status: statusOf(i), mappings: [batchOf(i * 64, 64)] },
    });
    for (let i = 0; i < 20; i++) live.push(push(i));
    await vi.advanceTimersByTimeAsync(1_000);
    const [{ mappings }] = messagesOf('mappings');
    expect(mappings.length).toBeGreaterThanOrEqual(MAPPINGS_PER_MESSAGE);
    expect(mappings.length).toBeLessThan(MAPPINGS_PER_MESSAGE + 64);
    expect(mappings.at(-1)).toEqual({ at: 20 * 64 - 1 });
  });

  test(`${EVENTS_PER_MESSAGE} events wait for the next message, the newest`, async () => {
    const { live, messagesOf } = liveOf(configOf(1, 1));
    for (let i = 0; i < EVENTS_PER_MESSAGE + 5; i++) live.addEvents([{ id: i } as HistoryEvent]);
    await vi.advanceTimersByTimeAsync(1_000);
    const [{ events }] = messagesOf('events');
    expect(events).toHaveLength(EVENTS_PER_MESSAGE);
    expect([events[0].id, events.at(-1).id]).toEqual([5, EVENTS_PER_MESSAGE + 4]);
  });

  test(`one message has the status of ${BACKENDS_PER_MESSAGE} backends; the other pools come with the next ones, each once`, async () => {
    const config = configOf(5, BACKENDS_PER_MESSAGE / 2);
    const { live, messagesOf } = liveOf(config);
    live.addRevision(
      1,
      config.pools.map(({ id }) => id),
    );
    const ids = () =>
      messagesOf('status').map(({ statuses }) => statuses.map(({ pool }: { pool: string }) => pool));
    await vi.advanceTimersByTimeAsync(1_000);
    // Who changes again comes after those who wait.
    live.addRevision(2, ['p0']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ids()).toEqual([
      ['p0', 'p1'],
      ['p2', 'p3'],
      ['p4', 'p0'],
    ]);
  });
});
