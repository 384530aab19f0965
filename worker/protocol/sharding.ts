/** How many Pool objects share a pool's load: what the operator set, or what `auto` has come to. No I/O. */
import type { PoolConfig } from '../config/schema.ts';

/** The number of shards that a pool with `sharding: auto` has come to, and when (epoch ms): the later number counts. */
export interface AutoShards {
  readonly count: number;
  readonly since: number;
}

/** Every pool begins with one shard. */
export const ONE_SHARD: AutoShards = { count: 1, since: 0 };

/** The sharding in force: `auto` is `none` or a number. */
export function shardingInForce(
  sharding: PoolConfig['sharding'],
  auto: AutoShards,
): Exclude<PoolConfig['sharding'], 'auto'> {
  if (sharding !== 'auto') return sharding;
  return auto.count > 1 ? auto.count : 'none';
}

/** The one of two numbers that came later. */
export const laterShards = (known: AutoShards, heard: AutoShards | undefined): AutoShards =>
  heard && heard.since > known.since ? heard : known;
