/** `/api/pools/:pool/status` and `/api/status`: what the Pool objects have counted, summed over shards. */
import { UNROUTED_POOL } from '../../config/unrouted.ts';
import { poolObject } from '../../protocol/rpc.ts';
import { deploymentStatusSchema, poolStatusSchema } from '../../protocol/traffic-schemas.ts';
import { poolStatus } from '../../stats/pool-status.ts';
import { describeReceived, noneReceived, sumRoutes } from '../../stats/received.ts';
import { readConfig, statusContext } from '../directory.ts';
import { operation } from '../http/operation.ts';
import { findPool } from '../pools.ts';
import { shardObjects, shardObjectsOf } from '../shards.ts';

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

  operation(
    'GET /status',
    {
      summary: 'The status of every pool and what clients received by route',
      answer: deploymentStatusSchema,
    },
    async (c) => {
      const known = await readConfig(c);
      const { revision, config } = known;
      const objects = await shardObjectsOf(
        c,
        config.pools.map(({ id }) => id),
      );
      const unpooled = poolObject(c.env, UNROUTED_POOL, '0').status(true);
      const shards = await Promise.all(
        objects.map((stubs) => Promise.all(stubs.map((stub) => stub.status(true)))),
      );
      const pools = config.pools.map((one, i) => poolStatus(one, shards[i]!, statusContext(c, known)));
      // What no route fitted is apart from the routes that answer without a pool.
      const { routes: answered = [], others: unrouted = noneReceived() } = (await unpooled).routes ?? {};
      const { routes, others } = sumRoutes(
        [
          ...shards.flat().flatMap((shard) => shard.routes ?? []),
          { routes: answered, others: noneReceived() },
        ],
        config.routes.map(({ id }) => id),
      );
      return {
        revision,
        pools,
        routes: config.routes.map(({ id }, i) => ({ id, ...describeReceived(routes[i]!) })),
        otherRoutes: describeReceived(others),
        unrouted: { own: unrouted.own },
      };
    },
  ),
] as const;
