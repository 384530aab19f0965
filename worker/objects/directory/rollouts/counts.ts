/** What clients of one route have received from a pool, read from its Pool objects and summed. */
import type { Env } from '../../../env.ts';
import { CALLS_AT_ONCE, forEachLimit, withDeadline } from '../../../lib/calls.ts';
import { OBJECT_DEADLINE_MS } from '../../../lib/timing.ts';
import { poolObject } from '../../../protocol/rpc.ts';
import { failedOf, requestsOf } from '../../../stats/received.ts';
import { type SeenCounts, sumSeen } from '../../../stats/rollout.ts';
import { rangeOf } from '../../../stats/rollup.ts';

interface PoolShards {
  readonly pool: string;
  readonly shards: readonly string[];
}

/**
 * The requests and failures since the pool was created, and the times since `since` (epoch ms), to the step of the pool's
 * memory. Null: a shard did not answer, and a sum without it would be wrong.
 */
export async function readSeen(
  env: Env,
  { pool, shards }: PoolShards,
  route: string,
  since: number,
): Promise<SeenCounts | null> {
  const now = Date.now();
  const range = rangeOf(since, now, null, now);
  const scope = `route ${route}` as const;
  const found: (SeenCounts | null)[] = [];
  await forEachLimit(shards, CALLS_AT_ONCE, async (shard) => {
    const read = async (): Promise<SeenCounts> => {
      const [{ routes }, series] = await Promise.all([
        poolObject(env, pool, shard).status(true),
        poolObject(env, pool, shard).series(scope, range),
      ]);
      const received = routes?.routes.find(([id]) => id === route)?.[1];
      const steps = series.scopes.flatMap(([name, own]) => (name === scope ? own : []));
      // A step that began before may hold what came before.
      const own = steps.filter(([at]) => at >= since || range.stepMs > now - since);
      return {
        requests: received ? requestsOf(received) : 0,
        failed: received ? failedOf(received) : 0,
        waited: sumSeen(
          own.map(([, figures]) => ({ requests: 0, failed: 0, waited: figures.received.waited })),
        ).waited,
      };
    };
    found.push(await withDeadline(read, OBJECT_DEADLINE_MS));
  });
  const answered = found.filter((one) => one !== null);
  return answered.length < found.length ? null : sumSeen(answered);
}
