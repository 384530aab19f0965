/** Broadcasts the ejections and returns that one shard of a pool observed to the pool's other shards. */
import type { Env } from '../../env.ts';
import { CALLS_AT_ONCE, forEachLimit, withDeadline } from '../../lib/calls.ts';
import { OBJECT_DEADLINE_MS } from '../../lib/timing.ts';
import type { HealthChange, ShardName } from '../../protocol/messages.ts';
import { directoryObject, poolObject } from '../../protocol/rpc.ts';

/**
 * Sends every other shard the changes, in their order. Never throws: a shard that missed one observes the backend with its
 * own requests.
 */
export async function broadcastHealthChanges(
  env: Env,
  { pool, shard }: ShardName,
  changes: readonly HealthChange[],
): Promise<void> {
  const shards = await withDeadline(() => directoryObject(env).shardsOf(pool), OBJECT_DEADLINE_MS);
  const missed: string[] = [];
  await forEachLimit(shards?.filter((peer) => peer !== shard) ?? [], CALLS_AT_ONCE, async (peer) => {
    for (const change of changes) {
      const received = await withDeadline(async () => {
        await poolObject(env, pool, peer).hearFlip(change);
        return true;
      }, OBJECT_DEADLINE_MS);
      if (received) continue;
      missed.push(peer);
      return;
    }
  });
  if (shards !== null && missed.length === 0) return;
  console.warn({
    message: 'other shards did not receive an ejection or a return; they observe it themselves',
    pool,
    detail: shards === null ? 'the Directory did not list the shards' : missed.join(', '),
  });
}
