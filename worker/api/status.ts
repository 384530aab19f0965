/** `/api/pools/:pool/status` and `/api/requests`: what the Pool objects have seen, summed over shards. */
import { type Context, Hono } from 'hono';
import { eligible, standing } from '../balance/available.ts';
import type { PoolConfig } from '../config/schema.ts';
import { quantile } from '../objects/latency.ts';
import type { BackendStatus, Mapping, ShardStatus } from '../objects/protocol.ts';
import { poolObject } from '../objects/stubs.ts';
import type { ApiEnv } from './access.ts';
import { directory, readConfig } from './directory.ts';
import { readLimit } from './limit.ts';
import { findPool } from './pools.ts';

export const statusApi = new Hono<ApiEnv>()
  .get('/pools/:pool/status', async (c) => {
    const { revision, config } = await readConfig(c);
    const pool = findPool(config, c.req.param('pool'));
    const shards = await Promise.all((await stubs(c, pool.id)).map((stub) => stub.status()));
    return c.json(poolStatus(pool, revision, shards));
  })
  .get('/requests', async (c) => {
    const { pool, backend, outcome, status, path } = c.req.query();
    const limit = readLimit(c.req.query('limit'));
    const { revision, config } = await readConfig(c);
    const pools = pool === undefined ? config.pools.map(({ id }) => id) : [findPool(config, pool).id];
    const all = await Promise.all(
      pools.map(async (id) => Promise.all((await stubs(c, id)).map((stub) => stub.requests()))),
    );
    const fits = (mapping: Mapping): boolean =>
      (backend === undefined || mapping.attempts.some((attempt) => attempt.backend === backend)) &&
      (outcome === undefined || mapping.attempts.some((attempt) => attempt.outcome === outcome)) &&
      (status === undefined || String(mapping.status) === status) &&
      (path === undefined || mapping.path.startsWith(path));
    const requests = all
      .flat(2)
      .filter(fits)
      .sort((a, b) => b.at + b.ms - (a.at + a.ms));
    return c.json({ revision, requests: requests.slice(0, limit) });
  });

/** The Pool objects of a pool: those that exist, and always the first. */
async function stubs(c: Context<ApiEnv>, pool: string) {
  const shards = new Set(['0', ...(await directory(c).shardsOf(pool))]);
  return [...shards].map((shard) => poolObject(c.env, pool, shard));
}

/** Sums the shards up. `share` and `expectedShare` are from 0 to 1; null where nothing was seen that could tell. */
export function poolStatus(pool: PoolConfig, revision: number, shards: readonly ShardStatus[]) {
  const of = (id: string) => shards.flatMap((shard) => shard.backends.filter((backend) => backend.id === id));
  const sum = (rows: readonly BackendStatus[], value: (row: BackendStatus) => number) =>
    rows.reduce((a, row) => a + value(row), 0);
  const max = (rows: readonly BackendStatus[], value: (row: BackendStatus) => number) =>
    rows.reduce((a, row) => Math.max(a, value(row)), 0);
  const rows = pool.backends.map((backend) => of(backend.id));
  const ejectedUntil = rows.map((row) => max(row, (r) => r.ejectedUntil));
  const set = eligible(pool.backends, (i) => ejectedUntil[i] !== 0, pool.whenUnavailable === 'fail-open');
  const weights = pool.backends.map((backend, i) =>
    set.indices.includes(i) ? max(rows[i]!, (r) => r.weightInForce) || backend.weight : 0,
  );
  const totalWeight = weights.reduce((a, b) => a + b, 0);
  const totalPicks = sum(rows.flat(), (r) => r.picks);
  const backends = pool.backends.map((backend, i) => {
    const row = rows[i]!;
    const latency = row.reduce<number[]>((a, r) => r.latency.map((count, k) => count + (a[k] ?? 0)), []);
    const verdict = standing(backend, ejectedUntil[i] !== 0);
    const usable = verdict === 'available' && set.indices.includes(i);
    return {
      id: backend.id,
      state: backend.state,
      weight: backend.weight,
      status: verdict === 'weight-0' || (verdict === 'available' && !usable) ? ('standby' as const) : verdict,
      requests: sum(row, (r) => r.requests),
      failures: sum(row, (r) => r.failures),
      consecutiveFailures: max(row, (r) => r.consecutiveFailures),
      ejectedUntil: ejectedUntil[i] || null,
      ejections: max(row, (r) => r.ejections),
      share: totalPicks > 0 ? sum(row, (r) => r.picks) / totalPicks : null,
      expectedShare: totalWeight > 0 ? weights[i]! / totalWeight : null,
      latencyMs: { p50: quantile(latency, 0.5), p95: quantile(latency, 0.95) },
      // Not known yet: the runtime does not tell when a socket that was passed through closes.
      openWebSockets: null,
      affinityClients: null,
    };
  });
  const cost = shards.map(({ shard, dropped, objectCalls, rowsWritten }) => ({
    shard,
    dropped,
    objectCalls,
    rowsWritten,
  }));
  return { pool: pool.id, revision, backends, shards: cost };
}
