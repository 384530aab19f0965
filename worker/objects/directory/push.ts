/** Tells Pool objects of a new revision: a few at a time, each with a deadline. */
import type { Env } from '../../env.ts';
import { sixAtOnce } from '../../lib/at-once.ts';
import type { PoolPush } from '../../protocol/messages.ts';
import { deadlined, poolObject } from '../../protocol/rpc.ts';

/** One Pool object to tell: its new configuration, or only that routes have changed. */
export interface Delivery {
  readonly pool: string;
  readonly shard: string;
  readonly push: PoolPush | { readonly routesRevision: number };
}

/** Delivers all. Returns those that failed, or did not answer in time, to be tried again. */
export async function deliver(env: Env, deliveries: readonly Delivery[]): Promise<Delivery[]> {
  const failed: Delivery[] = [];
  await sixAtOnce(deliveries, async (delivery) => {
    if (!(await deliverOne(env, delivery))) failed.push(delivery);
  });
  return failed;
}

async function deliverOne(env: Env, { pool, shard, push }: Delivery): Promise<boolean> {
  const stub = poolObject(env, pool, shard);
  const call = () => ('pool' in push ? stub.configure(push) : stub.routesChanged(push.routesRevision));
  return (await deadlined(async () => ({ done: await call() }))) !== null;
}
