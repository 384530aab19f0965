/** The Pool object that this isolate keeps to for a pool. */
import type { Env } from '../env.ts';
import { type PoolRpc, poolObject } from '../objects/stubs.ts';
import { isolateId } from './isolate.ts';
import { place } from './place.ts';
import type { PoolView } from './pool-view.ts';
import { shardFor } from './shards.ts';

/** A new stub for the pool's object: one that failed stays broken. */
export function objectOf(view: PoolView, env: Env): PoolRpc {
  view.shard ??= shardFor(view.config.sharding, place().continent, isolateId());
  return poolObject(env, view.config.id, view.shard.name, view.shard.hint);
}
