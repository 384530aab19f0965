/** Values that many tests start from. */
import type { Env } from '../../worker/env.ts';
import type { Mapping, MappingBatch, SyncReply } from '../../worker/protocol/messages.ts';
import type { DirectoryRpc, PoolRpc } from '../../worker/protocol/rpc.ts';
import type { Finished, SeenAttempt } from '../../worker/proxy/pool-client/outbox.ts';

/** A request that backend a of pool shop answered at the first attempt, with other fields where `more` has them. */
export const mapping = (more: Partial<Mapping> = {}): Mapping => ({
  requestId: 'r1',
  at: 1_000,
  method: 'GET',
  host: 'shop.test',
  path: '/',
  route: 'shop',
  pool: 'shop',
  backend: 'a',
  reason: 'policy',
  attempts: [{ backend: 'a', outcome: 'ok', status: 200, ms: 5 }],
  status: 200,
  ms: 5,
  colo: null,
  notRetried: null,
  ...more,
});

/** The end of such a request, as an isolate notes it; its record goes along unless `mapping` says otherwise. */
export const finished = (more: Partial<Finished> = {}): Finished => ({
  ...mapping(),
  bytes: { bytesIn: 0, bytesOut: 0 },
  mapping: mapping(),
  ...more,
});

/** The first attempt of a request, which backend a answered with 200. */
export const ANSWERED: SeenAttempt = {
  backend: 'a',
  outcome: { kind: 'response', status: 200, ms: 1 },
  failed: false,
  isFirst: true,
  isUpgrade: false,
  sentAs: 'in',
  retryAfterMs: 0,
  change: 'none',
  example: null,
};

/** An environment whose Pool objects do what `objects` says; four shards of a pool exist. */
export const envOf = (objects: (name: string) => Partial<PoolRpc>): Env => {
  const directory: Partial<DirectoryRpc> = { shardsOf: async () => ['0', '1', '2', '3'] };
  return { POOL: { getByName: objects }, DIRECTORY: { getByName: () => directory } } as unknown as Env;
};

/** A lease of these slots for a second, the first of them at this place of the sequence. */
export const lease = (first: number, slots: number[], epoch = 1): SyncReply => ({
  revision: 1,
  routesRevision: 1,
  ejected: [],
  ramping: [],
  epoch,
  first,
  slots,
  reason: 'policy',
  ttlMs: 1_000,
});

/** `count` mappings as an isolate reports them; of each only `at` is there, from `first` on. */
export const batchOf = (first: number, count: number): MappingBatch => ({
  count,
  json: JSON.stringify(Array.from({ length: count }, (_, i) => ({ at: first + i }))),
});
