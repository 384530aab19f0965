/** `/api/pools/:pool/status`, `/api/status`, `/api/series` and `/api/requests`: what the Pool objects have seen, summed over shards. */
import { Hono } from 'hono';
import { poolStatus } from '../objects/pool-status.ts';
import type { Mapping } from '../objects/protocol.ts';
import { poolSeries } from '../objects/series.ts';
import type { ApiEnv } from './auth/access.ts';
import { readConfig, statusContext } from './directory.ts';
import { readLimit } from './http/limit.ts';
import { findPool } from './pools.ts';
import { shardObjects, shardObjectsOf } from './shards.ts';

/** Rings read at once, and of them only the newest kept: all those of a thousand pools do not fit into an isolate. */
const RINGS_AT_ONCE = 6;

export const statusApi = new Hono<ApiEnv>()
  .get('/pools/:pool/status', async (c) => {
    const known = await readConfig(c);
    const pool = findPool(known.config, c.req.param('pool'));
    const shards = await Promise.all((await shardObjects(c, pool.id)).map((stub) => stub.status()));
    return c.json(poolStatus(pool, shards, statusContext(c, known)));
  })
  .get('/status', async (c) => {
    const known = await readConfig(c);
    const { revision, config } = known;
    const objects = await shardObjectsOf(
      c,
      config.pools.map(({ id }) => id),
    );
    const statuses = await Promise.all(
      config.pools.map(async (pool, i) =>
        poolStatus(
          pool,
          await Promise.all(objects[i]!.map((stub) => stub.status())),
          statusContext(c, known),
        ),
      ),
    );
    return c.json({ revision, statuses });
  })
  .get('/series', async (c) => {
    const { pool: one } = c.req.query();
    const { revision, config } = await readConfig(c);
    const pools = one === undefined ? config.pools : [findPool(config, one)];
    const objects = await shardObjectsOf(
      c,
      pools.map(({ id }) => id),
    );
    const now = Date.now();
    const series = await Promise.all(
      pools.map(async (pool, i) => {
        const shards = await Promise.all(objects[i]!.map((stub) => stub.series()));
        const ids = one === undefined ? null : pool.backends.map(({ id }) => id);
        return poolSeries(pool.id, shards, now, ids);
      }),
    );
    return c.json({ revision, series });
  })
  .get('/requests', async (c) => {
    const { pool, backend, outcome, status, path, requestId } = c.req.query();
    const limit = readLimit(c.req.query('limit'));
    const { revision, config } = await readConfig(c);
    const pools = pool === undefined ? config.pools.map(({ id }) => id) : [findPool(config, pool).id];
    const fits = (mapping: Mapping): boolean =>
      (requestId === undefined || mapping.requestId === requestId) &&
      (backend === undefined || mapping.attempts.some((attempt) => attempt.backend === backend)) &&
      (outcome === undefined || mapping.attempts.some((attempt) => attempt.outcome === outcome)) &&
      (status === undefined || String(mapping.status) === status) &&
      (path === undefined || mapping.path.startsWith(path));
    const objects = (await shardObjectsOf(c, pools)).flat();
    let requests: Mapping[] = [];
    for (let from = 0; from < objects.length; from += RINGS_AT_ONCE) {
      const asked = objects.slice(from, from + RINGS_AT_ONCE);
      const rings = await Promise.all(asked.map((stub) => stub.requests()));
      requests = [...requests, ...rings.flat().filter(fits)]
        .sort((a, b) => b.at + b.ms - (a.at + a.ms))
        .slice(0, limit);
    }
    return c.json({ revision, requests });
  });
