/** What one shard of a pool finds out about a backend is told to the pool's other shards. */
import type { Env } from '../../env.ts';
import { sixAtOnce } from '../../lib/at-once.ts';
import type { Flip, ShardName } from '../../protocol/messages.ts';
import { deadlined, directoryObject, poolObject } from '../../protocol/rpc.ts';

/** Tells every other shard of each flip, in order. Never throws: who has not been told finds out by itself. */
export async function tellPeers(env: Env, { pool, shard }: ShardName, flips: readonly Flip[]): Promise<void> {
  const shards = await deadlined(() => directoryObject(env).shardsOf(pool));
  const missed: string[] = [];
  await sixAtOnce(shards?.filter((peer) => peer !== shard) ?? [], async (peer) => {
    for (const flip of flips) {
      const told = await deadlined(async () => {
        await poolObject(env, pool, peer).hearFlip(flip);
        return true;
      });
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
