/** A pool's status as the sum of its shards. */
import { expect, test } from 'vitest';
import { poolSchema } from '../../worker/config/schema.ts';
import { drainTimes, type Env } from '../../worker/env.ts';
import { noLatencies } from '../../worker/objects/latency.ts';
import { countedOnly, poolStatus } from '../../worker/objects/pool-status.ts';
import type { ShardStatus } from '../../worker/objects/protocol.ts';

const shard = (name: string, ejectedUntil: number): ShardStatus => ({
  ...{ revision: 1, shard: name, dropped: 0, objectCalls: 0, rowsWritten: 0 },
  backends: ['a', 'b'].map((id) => ({
    ...{ id, requests: 10, failures: 1, consecutiveFailures: 0, ejections: 0, picks: 5 },
    ...{ ejectedUntil: id === 'a' ? ejectedUntil : 0, latency: noLatencies(), weightInForce: 1 },
  })),
});
const CONTEXT = { revision: 1, drains: [], times: drainTimes({} as Env), complete: true };
const backends = ['a', 'b'].map((id) => ({ id, url: `http://${id}.test` }));

test.each([
  { sharding: 'none', shards: ['0', '1', 'eu'], verdict: 'available' },
  { sharding: 2, shards: ['0', '2', 'eu'], verdict: 'available' },
  { sharding: 2, shards: ['0', '1'], verdict: 'ejected' },
  { sharding: 'region', shards: ['0', '1'], verdict: 'available' },
  { sharding: 'region', shards: ['0', 'eu'], verdict: 'ejected' },
] as const)(
  'with sharding $sharding the ejection that only shard $shards.1 knows of makes its backend $verdict',
  ({ sharding, shards, verdict }) => {
    const pool = poolSchema.parse({ id: 'p', backends, sharding });
    const all = shards.map((name, i) => shard(name, i === 1 ? 1 : 0));
    const status = poolStatus(pool, all, CONTEXT);
    expect(status.backends[0]!.status).toBe(verdict);
  },
);

test.each([
  { asked: 900, until: 1_000, succeeded: 1_001, verdict: 'available', why: 'its probe would succeed' },
  { asked: 1_001, until: 1_000, succeeded: 1_001, verdict: 'ejected', why: 'it has handed out its probe' },
  {
    asked: 900,
    until: 1_000,
    succeeded: 1_000,
    verdict: 'ejected',
    why: 'that was before its time was over',
  },
  { asked: undefined, until: 1_000, succeeded: 1_001, verdict: 'ejected', why: 'older code does not tell' },
  { asked: 900, until: 1_000, succeeded: undefined, verdict: 'ejected', why: 'older code does not tell' },
])(
  'of a shard asked at $asked, ejected until $until and a success elsewhere at $succeeded: $verdict, for $why',
  ({ asked, until, succeeded, verdict }) => {
    const pool = poolSchema.parse({ id: 'p', backends, sharding: 2 });
    const left = { ...shard('0', until), ...(asked === undefined ? {} : { askedAt: asked }) };
    const other = { ...shard('1', 0), askedAt: 2_000 };
    const seen = succeeded === undefined ? {} : { succeededAt: succeeded };
    const shards = [left, { ...other, backends: other.backends.map((row) => ({ ...row, ...seen })) }];
    const [a, b] = poolStatus(pool, shards, CONTEXT).backends;
    expect([a!.status, a!.ejectedUntil]).toEqual([verdict, verdict === 'ejected' ? until : null]);
    expect(b!.status).toBe('available');
  },
);

test('what a shard out of use has counted still counts', () => {
  const pool = poolSchema.parse({ id: 'p', backends });
  const status = poolStatus(pool, [shard('0', 0), shard('1', 0)], CONTEXT);
  expect(status.backends[0]).toMatchObject({ requests: 20, failures: 2 });
});

test.each([
  { sharding: 2, name: '1', requests: 0, kept: ['a', 'b'] },
  { sharding: 2, name: 'eu', requests: 0, kept: ['a'] },
  { sharding: 'none', name: '1', requests: 0, kept: ['a'] },
  { sharding: 'none', name: '1', requests: 3, kept: ['a', 'b'] },
] as const)(
  'with sharding $sharding, of shard $name with $requests requests at b only $kept add to the sum, and it stays the same',
  ({ sharding, name, requests, kept }) => {
    const pool = poolSchema.parse({ id: 'p', backends, sharding });
    const { backends: rows, ...rest } = shard(name, 0);
    const seen = { requests, failures: 0, picks: 0 };
    const whole = { ...rest, backends: rows.map((row) => (row.id === 'b' ? { ...row, ...seen } : row)) };
    const counted = countedOnly(sharding, whole);
    expect(counted.backends.map(({ id }) => id)).toEqual(kept);
    const sum = (status: ShardStatus) => ({ ...poolStatus(pool, [shard('0', 0), status], CONTEXT), at: 0 });
    expect(sum(counted)).toEqual(sum(whole));
  },
);
