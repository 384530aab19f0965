/** What waits for those who watch has limits, and so has what a slow one is sent: each is reached here, and passed. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Config, configSchema } from '../../../../worker/config/schema.ts';
import type { Env } from '../../../../worker/env.ts';
import { BACKENDS, EVENTS, Live, MAPPINGS } from '../../../../worker/objects/directory/live.ts';
import { SILENT_MS, UNHEARD_LENGTH, Watchers } from '../../../../worker/objects/directory/watchers.ts';
import { LiveFeed, MAPPINGS as MAPPINGS_PUSHED } from '../../../../worker/objects/pool/live-feed.ts';
import type { HistoryEvent } from '../../../../worker/protocol/events.ts';
import type { LivePush, MappingBatch, ShardStatus } from '../../../../worker/protocol/messages.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocketRequestResponsePair', class {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** The end of a watcher's socket that an object holds; `pongAt`: when the runtime last answered its ping. */
class Socket {
  readonly messages: string[] = [];
  readonly since = Date.now();
  code: number | null = null;
  pongAt: Date | null = null;
  deserializeAttachment = () => ({ by: null, until: Number.POSITIVE_INFINITY, since: this.since });
  send = (message: string) => void this.messages.push(message);
  close = (code: number) => {
    this.code = code;
  };
}

const contextOf = (sockets: readonly Socket[]) =>
  ({
    setWebSocketAutoResponse: () => undefined,
    getWebSockets: () => sockets.filter(({ code }) => code === null),
    getWebSocketAutoResponseTimestamp: ({ pongAt }: Socket) => pongAt,
  }) as unknown as ConstructorParameters<typeof Watchers>[0];

test(`a watcher who is sent ${UNHEARD_LENGTH} characters without a ping is let go; one who pings goes on`, () => {
  const [deaf, attentive] = [new Socket(), new Socket()];
  const watchers = new Watchers(contextOf([deaf, attentive]));
  const message = 'x'.repeat(UNHEARD_LENGTH / 16);
  for (let i = 0; i < 15; i++) watchers.broadcast(message);
  expect([deaf.code, deaf.messages.length]).toEqual([null, 15]);
  vi.advanceTimersByTime(1_000);
  attentive.pongAt = new Date();
  for (let i = 0; i < 15; i++) watchers.broadcast(message);
  expect([deaf.code, deaf.messages.length]).toEqual([4408, 15]);
  expect([attentive.code, attentive.messages.length]).toEqual([null, 30]);
});

test(`a watcher who says nothing for ${SILENT_MS} ms is let go`, () => {
  const socket = new Socket();
  const watchers = new Watchers(contextOf([socket]));
  vi.advanceTimersByTime(SILENT_MS - 1);
  watchers.broadcast('x');
  expect(socket.code).toBeNull();
  vi.advanceTimersByTime(1);
  watchers.broadcast('x');
  expect([socket.code, socket.messages.length]).toEqual([4408, 1]);
});

const batchOf = (first: number, count: number): MappingBatch => ({
  count,
  json: JSON.stringify(times(count, (i) => ({ at: first + i }))),
});
const statusOf = (requests: number): ShardStatus =>
  ({ revision: 1, shard: '0', backends: [{ id: 'b0', requests, latency: [] }] }) as unknown as ShardStatus;
const configOf = (pools: number, backends: number): Config =>
  configSchema.parse({
    pools: times(pools, (p) => ({
      id: `p${p}`,
      backends: times(backends, (b) => ({ id: `b${b}`, url: 'http://a.test' })),
    })),
  });

/** A Directory with one watcher; `told` are the messages of a type. */
function liveOf(config: Config) {
  const directory = { revision: 1, config, drains: [] };
  const socket = new Socket();
  const getByName = () => ({ watch: async () => statusOf(0) });
  const source = {
    now: () => directory,
    pool: (id: string) => config.pools.find((pool) => pool.id === id),
    shardsOf: () => [],
  };
  const live = new Live(contextOf([socket]), { POOL: { getByName } } as unknown as Env, source);
  const told = (type: string) =>
    socket.messages.map((message) => JSON.parse(message)).filter((message) => message.type === type);
  return { live, told };
}

test(`about ${MAPPINGS} mappings wait for the next message, the newest`, async () => {
  const { live, told } = liveOf(configOf(1, 1));
  const push = (i: number): LivePush => ({
    ...{ pool: 'p0', shard: '0', status: statusOf(i), mappings: [batchOf(i * 64, 64)] },
  });
  for (let i = 0; i < 20; i++) live.push(push(i));
  await vi.advanceTimersByTimeAsync(1_000);
  const [{ mappings }] = told('mappings');
  expect(mappings.length).toBeGreaterThanOrEqual(MAPPINGS);
  expect(mappings.length).toBeLessThan(MAPPINGS + 64);
  expect(mappings.at(-1)).toEqual({ at: 20 * 64 - 1 });
});

test(`${EVENTS} events wait for the next message, the newest`, async () => {
  const { live, told } = liveOf(configOf(1, 1));
  for (let i = 0; i < EVENTS + 5; i++) live.noteEvents([{ id: i } as HistoryEvent]);
  await vi.advanceTimersByTimeAsync(1_000);
  const [{ events }] = told('events');
  expect(events).toHaveLength(EVENTS);
  expect([events[0].id, events.at(-1).id]).toEqual([5, EVENTS + 4]);
});

test(`one message tells the status of ${BACKENDS} backends; the other pools come with the next ones, each once`, async () => {
  const config = configOf(5, BACKENDS / 2);
  const { live, told } = liveOf(config);
  live.noteRevision(
    1,
    config.pools.map(({ id }) => id),
  );
  const ids = () => told('status').map(({ statuses }) => statuses.map(({ pool }: { pool: string }) => pool));
  await vi.advanceTimersByTimeAsync(1_000);
  // Who changes again comes after those who wait.
  live.noteRevision(2, ['p0']);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ids()).toEqual([
    ['p0', 'p1'],
    ['p2', 'p3'],
    ['p4', 'p0'],
  ]);
});

test(`about ${MAPPINGS_PUSHED} mappings go to the Directory with one push, the newest`, async () => {
  const pushed: LivePush[] = [];
  const directory = {
    livePush: async (push: LivePush) => {
      pushed.push(push);
      return true;
    },
  };
  const env = { DIRECTORY: { getByName: () => directory } } as unknown as Env;
  const feed = new LiveFeed({ pool: 'p0', shard: '0' }, () => statusOf(0));
  feed.watch();
  for (let i = 0; i < 20; i++) feed.note(env, batchOf(i * 64, 64));
  await vi.advanceTimersByTimeAsync(1_000);
  const { mappings } = pushed[0]!;
  const count = mappings.reduce((sum, batch) => sum + batch.count, 0);
  expect(count).toBeGreaterThanOrEqual(MAPPINGS_PUSHED);
  expect(count).toBeLessThan(MAPPINGS_PUSHED + 64);
  expect(mappings.at(-1)).toEqual(batchOf(19 * 64, 64));
});
