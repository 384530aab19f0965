/** Pushes configuration to Pool objects, and retries the pushes that failed a few times. */
import type { Env } from '../../env.ts';
import { evictOldest } from '../../lib/bounded.ts';
import { CALLS_AT_ONCE, forEachLimit, withDeadline } from '../../lib/calls.ts';
import { OBJECT_DEADLINE_MS, PUSH_RETRY_MS } from '../../lib/timing.ts';
import type { Delivery } from '../../protocol/messages.ts';
import { poolObject } from '../../protocol/rpc.ts';

/** Retries of a failed push, `PUSH_RETRY_MS` apart and each twice as long after the last. */
const RETRIES = 6;
/** Objects whose push is retried: as many as one alarm can call. Beyond it those that failed first pull instead. */
export const UNDELIVERED = 1_000;

/** In memory only: a Pool object pulls what is lost. */
export class Deliveries {
  readonly #env: Env;
  /** By object: everything it still has to receive, merged from all failed pushes. */
  readonly #undelivered = new Map<string, Delivery>();
  #tries = 0;
  #retryAt = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  /** When to call `retryPending` (epoch ms); 0: there is nothing to retry. */
  get retryAt(): number {
    return this.#retryAt;
  }

  /** Delivers everything. What fails is kept for `retryPending`, with the full number of retries. */
  async deliver(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    this.#tries = 0;
    await this.#deliver(deliveries);
  }

  /** Retries what failed, if it is time. */
  async retryPending(): Promise<void> {
    if (this.#retryAt === 0 || this.#retryAt > Date.now()) return;
    const undelivered = [...this.#undelivered.values()];
    this.#undelivered.clear();
    this.#retryAt = 0;
    await this.#deliver(undelivered);
  }

  async #deliver(deliveries: readonly Delivery[]): Promise<void> {
    const failed = await pushAll(this.#env, deliveries);
    if (failed.length === 0) return;
    for (const delivery of failed) this.#merge(delivery);
    if (this.#tries++ < RETRIES) this.#retryAt = Date.now() + PUSH_RETRY_MS * 2 ** this.#tries;
    console.warn({
      message: 'Pool objects did not receive the new revision; they pull it later',
      count: failed.length,
    });
  }

  /** Keeps a failed push: an older one may fail after a newer one, and a change of routes must not hide that of the pool. */
  #merge(delivery: Delivery): void {
    const { pool, shard, push } = delivery;
    const name = `${pool}/${shard}`;
    const known = (this.#undelivered.get(name) ?? delivery).push;
    const routesRevision = Math.max(known.routesRevision, push.routesRevision);
    const newest = !('pool' in push) || ('pool' in known && known.revision > push.revision) ? known : push;
    this.#undelivered.set(name, { pool, shard, push: { ...newest, routesRevision } });
    evictOldest(this.#undelivered, UNDELIVERED);
  }
}

/** Pushes everything. Returns what failed or did not answer in time. */
async function pushAll(env: Env, deliveries: readonly Delivery[]): Promise<Delivery[]> {
  const failed: Delivery[] = [];
  await forEachLimit(deliveries, CALLS_AT_ONCE, async (delivery) => {
    if (!(await pushOne(env, delivery))) failed.push(delivery);
  });
  return failed;
}

async function pushOne(env: Env, { pool, shard, push }: Delivery): Promise<boolean> {
  const stub = poolObject(env, pool, shard);
  const call = () => ('pool' in push ? stub.configure(push) : stub.routesChanged(push.routesRevision));
  return (await withDeadline(async () => ({ done: await call() }), OBJECT_DEADLINE_MS)) !== null;
}
