/** The Pool objects of a pool, for responses that sum over them. */
import type { Context } from 'hono';
import { poolObject } from '../protocol/rpc.ts';
import type { ApiEnv } from './auth/access.ts';
import { directory } from './directory.ts';

/** The Pool objects that exist, and always the first. */
export async function shardObjects(c: Context<ApiEnv>, pool: string) {
  const shards = new Set(['0', ...(await directory(c).shardsOf(pool))]);
  return [...shards].map((shard) => poolObject(c.env, pool, shard));
}

/** The same for several pools, in their order, with a single call to the Directory. */
export async function shardObjectsOf(c: Context<ApiEnv>, pools: readonly string[]) {
  const known = await directory(c).shards();
  return pools.map((pool) => {
    const shards = new Set(['0', ...known.filter((row) => row.pool === pool).map((row) => row.shard)]);
    return [...shards].map((shard) => poolObject(c.env, pool, shard));
  });
}
