/** `/api/series`: the past in steps, of a pool, a backend or a route, or of everything, summed over shards. */
import { z } from 'zod';
import { UNROUTED_POOL } from '../../config/unrouted.ts';
import { poolObject } from '../../protocol/rpc.ts';
import { seriesSchema } from '../../protocol/traffic-schemas.ts';
import { columnsOf, FINEST_MS, rangeOf, type Scope, type ScopeFilter } from '../../stats/rollup.ts';
import { readConfig } from '../directory.ts';
import { operation } from '../http/operation.ts';
import { fail } from '../http/problem.ts';
import { findPool } from '../pools.ts';
import { shardObjectsOf } from '../shards.ts';

/** What a series covers where the request does not say, in ms. */
const DEFAULT_MS = 10 * 60_000;
/** The longest that it may cover: what is remembered, and a day. */
const LONGEST_MS = 31 * 24 * 3_600_000;

/** The operation on the past. */
export const seriesApi = [
  operation(
    'GET /series',
    {
      summary: 'What clients received in the past, step by step; null where nothing was recorded',
      query: {
        pool: z.string().describe('Only of this pool; without it the sum of all pools, and each of them'),
        backend: z.string().describe('Only of this backend of the pool'),
        route: z.string().describe('Only of this route'),
        by: z.literal('backend').describe('backend: each backend of the pool too'),
        from: z.int().describe('Epoch ms; left out: ten minutes before `to`'),
        to: z.int().describe('Epoch ms; left out: now'),
        step: z
          .int()
          .min(FINEST_MS)
          .describe(
            'In ms. It becomes longer where less is remembered (5 s for ten minutes, a minute for a day, an hour for 30 days), and when the response would have more than 2,000 steps',
          ),
      },
      answer: seriesSchema,
      problems: [400, 404],
    },
    async (c) => {
      const { pool: only, backend, route, by, ...times } = c.req.query();
      const now = Date.now();
      const to = readNumber('to', times.to, 1) ?? now;
      const from = readNumber('from', times.from, 0) ?? to - DEFAULT_MS;
      if (from >= to || to - from > LONGEST_MS) refuse('from', 'must be before `to`, by 31 days at most');
      const range = rangeOf(from, Math.min(to, now + FINEST_MS), readNumber('step', times.step, 1), now);
      if (by !== undefined && by !== 'backend') refuse('by', 'must be backend');
      if (only === undefined && (backend !== undefined || by !== undefined))
        refuse('pool', 'must be named with backend, and with by');
      if (backend !== undefined && route !== undefined) refuse('route', 'must be left out with backend');
      const { revision, config } = await readConfig(c);
      const pools = only === undefined ? config.pools : [findPool(config, only)];
      const scope: Scope =
        backend !== undefined ? `backend ${backend}` : route !== undefined ? `route ${route}` : 'pool';
      const filter: ScopeFilter = by === 'backend' && scope === 'pool' ? 'backends' : scope;
      const objects = await shardObjectsOf(
        c,
        pools.map(({ id }) => id),
      );
      // Routes that answer themselves have no pool.
      const unpooled =
        route === undefined || only !== undefined ? [] : [poolObject(c.env, UNROUTED_POOL, '0')];
      const shards = await Promise.all(
        [...objects, unpooled].map((stubs) => Promise.all(stubs.map((stub) => stub.series(filter, range)))),
      );
      const columns = columnsOf(shards.flat(), scope, range);
      if (only === undefined) {
        const each = pools.map(({ id }, i) => ({ id, ...columnsOf(shards[i]!, scope, range) }));
        return { revision, ...columns, ...(route === undefined ? { pools: each } : {}) };
      }
      if (filter !== 'backends') return { revision, ...columns };
      const backends = pools[0]!.backends.map(({ id }) => ({
        id,
        ...columnsOf(shards.flat(), `backend ${id}`, range),
      }));
      return { revision, ...columns, backends };
    },
  ),
] as const;

/** A query parameter that is a whole number; null: it is left out. Throws a 400 for anything else. */
function readNumber(name: string, text: string | undefined, least: number): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < least) refuse(name, 'must be a whole number of milliseconds');
  return value;
}

const refuse = (path: string, message: string): never => fail(400, `${path} ${message}`, [{ path, message }]);
