/** `/api/pools/:pool/status`, `/api/status`, `/api/series` and `/api/requests`: what the Pool objects have seen, summed over shards. */
import { z } from 'zod';
import { UNROUTED_POOL } from '../config/unrouted.ts';
import {
  type Mapping,
  outcome,
  poolStatusSchema,
  requestsSchema,
  seriesSchema,
  statusesSchema,
} from '../protocol/traffic-schemas.ts';
import { poolStatus } from '../stats/pool-status.ts';
import { CLIENT_CLOSED } from '../stats/received.ts';
import { poolSeries } from '../stats/series.ts';
import { readConfig, statusContext } from './directory.ts';
import { readLimit } from './http/limit.ts';
import { operation } from './http/operation.ts';
import { limit, pool } from './openapi/parameters.ts';
import { findPool } from './pools.ts';
import { shardObjects, shardObjectsOf } from './shards.ts';

/** Rings read at once, of which only the newest mappings are kept: the rings of a thousand pools do not fit into an isolate. */
const RINGS_AT_ONCE = 6;

/** The operations on what the Pool objects counted. */
export const statusApi = [
  operation(
    'GET /pools/:pool/status',
    {
      summary: 'The state and the counters of the backends of a pool',
      answer: poolStatusSchema,
      problems: [404],
    },
    async (c) => {
      const known = await readConfig(c);
      const found = findPool(known.config, c.req.param('pool'));
      const shards = await Promise.all((await shardObjects(c, found.id)).map((stub) => stub.status()));
      return poolStatus(found, shards, statusContext(c, known));
    },
  ),

  operation('GET /status', { summary: 'The status of every pool', answer: statusesSchema }, async (c) => {
    const known = await readConfig(c);
    const { revision, config } = known;
    const objects = await shardObjectsOf(
      c,
      config.pools.map(({ id }) => id),
    );
    const statuses = await Promise.all(
      config.pools.map(async (one, i) => {
        const shards = await Promise.all(objects[i]!.map((stub) => stub.status()));
        return poolStatus(one, shards, statusContext(c, known));
      }),
    );
    return { revision, statuses };
  }),

  operation(
    'GET /series',
    {
      summary: 'The last five minutes of each pool in steps of five seconds; for one pool by backend too',
      query: { pool },
      answer: seriesSchema,
      problems: [404],
    },
    async (c) => {
      const { pool: only } = c.req.query();
      const { revision, config } = await readConfig(c);
      const pools = only === undefined ? config.pools : [findPool(config, only)];
      const objects = await shardObjectsOf(
        c,
        pools.map(({ id }) => id),
      );
      const now = Date.now();
      const series = await Promise.all(
        pools.map(async (one, i) => {
          const shards = await Promise.all(objects[i]!.map((stub) => stub.series()));
          const ids = only === undefined ? null : one.backends.map(({ id }) => id);
          return poolSeries(one.id, shards, now, ids);
        }),
      );
      return { revision, series };
    },
  ),

  operation(
    'GET /requests',
    {
      summary: 'Recent requests and where they went, newest first',
      query: {
        pool,
        backend: z.string().describe('Only with an attempt at this backend'),
        outcome: outcome().describe('Only with an attempt of this outcome'),
        status: z.int().min(100).max(599).describe('Only those that the client received this status for'),
        path: z.string().describe('Only those whose path begins with this'),
        requestId: z.string().describe('Only with this X-Request-Id'),
        limit,
      },
      answer: requestsSchema,
      problems: [400, 404],
    },
    async (c) => {
      const { pool: only, ...filter } = c.req.query();
      const most = readLimit(c.req.query('limit'));
      const { revision, config } = await readConfig(c);
      const pools =
        only === undefined
          ? [...config.pools.map(({ id }) => id), UNROUTED_POOL]
          : [findPool(config, only).id];
      const objects = (await shardObjectsOf(c, pools)).flat();
      let requests: Mapping[] = [];
      for (let from = 0; from < objects.length; from += RINGS_AT_ONCE) {
        const asked = objects.slice(from, from + RINGS_AT_ONCE);
        const rings = await Promise.all(asked.map((stub) => stub.requests()));
        requests = [...requests, ...rings.flat().filter((mapping) => fits(mapping, filter))]
          .sort((a, b) => b.at + b.ms - (a.at + a.ms))
          .slice(0, most);
      }
      return { revision, requests };
    },
  ),
] as const;

/** Whether an attempt ended so. A client may also leave before a backend is asked, and then there is no attempt. */
const hasOutcome = ({ attempts, status }: Mapping, outcome: string): boolean =>
  attempts.some((attempt) => attempt.outcome === outcome) ||
  (outcome === 'client-closed' && status === CLIENT_CLOSED && attempts.length === 0);

/** Whether a mapping fits the query; what the query leaves out fits everything. */
const fits = (
  mapping: Mapping,
  { backend, outcome: ended, status, path, requestId }: Readonly<Record<string, string | undefined>>,
): boolean =>
  (requestId === undefined || mapping.requestId === requestId) &&
  (backend === undefined || mapping.attempts.some((attempt) => attempt.backend === backend)) &&
  (ended === undefined || hasOutcome(mapping, ended)) &&
  (status === undefined || String(mapping.status) === status) &&
  (path === undefined || mapping.path.startsWith(path));
