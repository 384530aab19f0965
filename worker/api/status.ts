/** `/api/pools/:pool/status` and `/api/requests`: what the Pool objects have seen, summed over shards. */
import { type Context, Hono } from 'hono';
import { poolStatus } from '../objects/pool-status.ts';
import type { Mapping } from '../objects/protocol.ts';
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
