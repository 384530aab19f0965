/** Tells Pool objects of a new revision: a few at a time, each with a deadline. */
import type { Env } from '../env.ts';
import type { PoolPush } from './protocol.ts';
import { deadlined, poolObject } from './stubs.ts';

/** Workers wait for the headers of at most six connections at once; the seventh would queue. */
const AT_ONCE = 6;

/** One Pool object to tell: its new configuration, or only that routes have changed. */
export interface Delivery {
  readonly pool: string;
  readonly shard: string;
  readonly push: PoolPush | { readonly routesRevision: number };
}

/** Delivers all. Returns those that failed, or did not answer in time, to be tried again. */
export async function deliver(env: Env, deliveries: readonly Delivery[]): Promise<Delivery[]> {
  const failed: Delivery[] = [];
  const queue = [...deliveries];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift())
      if (!(await deliverOne(env, next))) failed.push(next);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, deliveries.length) }, work));
  return failed;
}

async function deliverOne(env: Env, { pool, shard, push }: Delivery): Promise<boolean> {
  const stub = poolObject(env, pool, shard);
  const call = () => ('pool' in push ? stub.configure(push) : stub.routesChanged(push.routesRevision));
  return (await deadlined(async () => ({ done: await call() }))) !== null;
}
