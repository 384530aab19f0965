/** The Pool object that this isolate keeps to for a pool. */
import { shardingInForce } from '../../config/sharding.ts';
import type { Env } from '../../env.ts';
import { type PoolRpc, poolObject } from '../../protocol/rpc.ts';
import { edgeLocation } from './edge-location.ts';
import { isolateId } from './isolate.ts';
import type { PoolView } from './pool-view.ts';
import { type Shard, shardFor } from './shards.ts';

/** The shard that this isolate keeps to. */
export function shardOf(view: PoolView): Shard {
  view.shard ??= shardFor(
    shardingInForce(view.config.sharding, view.autoShards),
    edgeLocation().continent,
    isolateId(),
  );
  return view.shard;
}

/** A new stub for the pool's object: one that failed stays broken. */
export function objectOf(view: PoolView, env: Env): PoolRpc {
  const { name, hint } = shardOf(view);
  return poolObject(env, view.config.id, name, hint);
}
