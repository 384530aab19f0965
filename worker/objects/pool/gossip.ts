/** Broadcasts to a pool's other shards what one shard observed of the backends: ejections, returns, health checks. */
import type { Env } from '../../env.ts';
import { CALLS_AT_ONCE, forEachLimit, withDeadline } from '../../lib/calls.ts';
import { OBJECT_DEADLINE_MS } from '../../lib/timing.ts';
import type { HealthChange, ShardName, UnhealthyBackends } from '../../protocol/messages.ts';
import { directoryObject, type PoolRpc, poolObject } from '../../protocol/rpc.ts';

/**
 * Sends every other shard the changes, in their order. Never throws: a shard that missed one observes the backend with its
 * own requests.
 */
export const broadcastHealthChanges = (
  env: Env,
  name: ShardName,
  changes: readonly HealthChange[],
): Promise<void> =>
  broadcast(
    env,
    name,
    changes.map((change) => (peer) => peer.hearFlip(change)),
  );

/** Sends every other shard which backends are unhealthy. Never throws: a shard that missed it asks with its next pull. */
export const broadcastUnhealthy = (env: Env, name: ShardName, unhealthy: UnhealthyBackends): Promise<void> =>
  broadcast(env, name, [(peer) => peer.hearUnhealthy(unhealthy)]);

/** Makes the calls, in their order, to every other shard. */
async function broadcast(
  env: Env,
  { pool, shard }: ShardName,
  calls: readonly ((peer: PoolRpc) => Promise<void>)[],
): Promise<void> {
  const shards = await withDeadline(() => directoryObject(env).shardsOf(pool), OBJECT_DEADLINE_MS);
  const missed: string[] = [];
  await forEachLimit(shards?.filter((peer) => peer !== shard) ?? [], CALLS_AT_ONCE, async (peer) => {
    for (const call of calls) {
      const received = await withDeadline(async () => {
        await call(poolObject(env, pool, peer));
        return true;
      }, OBJECT_DEADLINE_MS);
      if (received) continue;
      missed.push(peer);
      return;
    }
  });
  if (shards !== null && missed.length === 0) return;
  console.warn({
    message: 'other shards did not receive a changed verdict on a backend; they find out themselves',
    pool,
    detail: shards === null ? 'the Directory did not list the shards' : missed.join(', '),
  });
}
