/** A pool's status as the sum of its shards. */
import { expect, test } from 'vitest';
import { poolSchema } from '../../../worker/config/schema.ts';
import type { Env } from '../../../worker/env.ts';
import type { BackendStatus, ShardStatus } from '../../../worker/protocol/messages.ts';
import { drainTimes } from '../../../worker/stats/drain.ts';
import { noLatencies } from '../../../worker/stats/latency.ts';
import { poolStatus, pruneStatus } from '../../../worker/stats/pool-status.ts';

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
  { sharding: 2, probing: 0, succeeded: 3_001, verdict: 'available', why: 'it works' },
  { sharding: 'region', probing: 0, succeeded: 3_001, verdict: 'available', why: 'it works' },
  { sharding: 2, probing: 0, succeeded: 3_000, verdict: 'ejected', why: 'its probe may not be reported yet' },
  { sharding: 2, probing: 4_000, succeeded: 4_000, verdict: 'ejected', why: 'its probe is under way' },
  { sharding: 2, probing: 4_000, succeeded: 4_001, verdict: 'available', why: 'its probe was lost' },
  { sharding: 2, probing: undefined, succeeded: 3_001, verdict: 'ejected', why: 'older code does not tell' },
  { sharding: 2, probing: 0, succeeded: undefined, verdict: 'ejected', why: 'older code does not tell' },
] as const)(
  'ejected until 1000 by the first shard of $sharding, probing until $probing, a success elsewhere at $succeeded: $verdict, for $why',
  ({ sharding, probing, succeeded, verdict }) => {
    const pool = poolSchema.parse({ id: 'p', backends, sharding });
    const changed = (status: ShardStatus, more: Partial<BackendStatus>): ShardStatus => ({
      ...status,
      backends: status.backends.map((row) => ({ ...row, ...more })),
    });
    const left = changed(shard('0', 1_000), probing === undefined ? {} : { probingUntil: probing });
    const name = sharding === 'region' ? 'eu' : '1';
    const other = changed(shard(name, 0), succeeded === undefined ? {} : { succeededAt: succeeded });
    const [a, b] = poolStatus(pool, [left, other], CONTEXT).backends;
    expect([a!.status, a!.ejectedUntil]).toEqual([verdict, verdict === 'ejected' ? 1_000 : null]);
    expect(b!.status).toBe('available');
  },
);

test('the counters of an unused shard still count', () => {
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
    const counted = pruneStatus(sharding, whole);
    expect(counted.backends.map(({ id }) => id)).toEqual(kept);
    const sum = (status: ShardStatus) => {
      const { at: _, health: __, ...counts } = poolStatus(pool, [shard('0', 0), status], CONTEXT);
      return counts;
    };
    expect(sum(counted)).toEqual(sum(whole));
  },
);

test('the verdict of health checks is that of the shards that check: of regions the worst, else the first shard', () => {
  const checked = (name: string, state: 'healthy' | 'unhealthy', lastCheckAt: number): ShardStatus => ({
    ...shard(name, 0),
    backends: shard(name, 0).backends.map((row) => ({
      ...row,
      health: { state, since: 1, lastCheckAt, lastMs: 5, lastResult: 'ok', consecutive: 1 },
    })),
  });
  const of = (sharding: 'region' | 2, shards: ShardStatus[]) => {
    const pool = poolSchema.parse({ id: 'p', backends, sharding, healthCheck: {} });
    const [a] = poolStatus(pool, shards, CONTEXT).backends;
    return [a!.status, a!.health.state, a!.health.lastCheckAt];
  };
  expect(of('region', [checked('eu', 'unhealthy', 1), checked('us', 'healthy', 2)])).toEqual([
    'unhealthy',
    'unhealthy',
    1,
  ]);
  expect(of('region', [checked('eu', 'healthy', 1), checked('us', 'healthy', 2)])[2]).toBe(2);
  expect(of(2, [checked('0', 'healthy', 1), shard('1', 0)])).toEqual(['available', 'healthy', 1]);
  expect(of(2, [shard('0', 0), shard('1', 0)])).toEqual(['available', 'unknown', null]);
  // A region that is no longer in use.
  expect(of(2, [checked('0', 'healthy', 1), checked('eu', 'unhealthy', 9)])[0]).toBe('available');
});
