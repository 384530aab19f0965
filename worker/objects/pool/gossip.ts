/** What one shard of a pool finds out about a backend is told to the pool's other shards. */
import type { Env } from '../../env.ts';
import { CALLS_AT_ONCE, forEachLimit, OBJECT_DEADLINE_MS, withDeadline } from '../../lib/calls.ts';
import type { HealthChange, ShardName } from '../../protocol/messages.ts';
import { directoryObject, poolObject } from '../../protocol/rpc.ts';

/** Tells every other shard of each flip, in order. Never throws: who has not been told finds out by itself. */
export async function broadcastHealthChanges(
  env: Env,
  { pool, shard }: ShardName,
  flips: readonly HealthChange[],
): Promise<void> {
  const shards = await withDeadline(() => directoryObject(env).shardsOf(pool), OBJECT_DEADLINE_MS);
  const missed: string[] = [];
  await forEachLimit(shards?.filter((peer) => peer !== shard) ?? [], CALLS_AT_ONCE, async (peer) => {
    for (const flip of flips) {
      const told = await withDeadline(async () => {
        await poolObject(env, pool, peer).hearFlip(flip);
        return true;
      }, OBJECT_DEADLINE_MS);
      if (told) continue;
      missed.push(peer);
      return;
    }
  });
  if (shards !== null && missed.length === 0) return;
  console.warn({
    message: 'other shards were not told of an ejection; they find out by themselves',
    pool,
    detail: shards === null ? 'the Directory did not name them' : missed.join(', '),
  });
}
