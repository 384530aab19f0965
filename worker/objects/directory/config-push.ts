/** Pushes to Pool objects that do not give up at once: what failed is tried again later, a few times. */
import type { Env } from '../../env.ts';
import { CALLS_AT_ONCE, forEachLimit, OBJECT_DEADLINE_MS, withDeadline } from '../../lib/calls.ts';
import type { Delivery } from '../../protocol/messages.ts';
import { poolObject } from '../../protocol/rpc.ts';

/** An undelivered push is tried again after this time, doubled each time, at most `RETRIES` times. */
const RETRY_MS = 1_000;
const RETRIES = 6;
/** Objects that are told again at most, as many as have their turn within an alarm; then those owed longest pull. */
export const UNDELIVERED = 1_000;

/** In memory only: what is lost with it, Pool objects pull. */
export class Deliveries {
  readonly #env: Env;
  /** By object: what it has to know, put together from all that failed. */
  readonly #undelivered = new Map<string, Delivery>();
  #tries = 0;
  #retryAt = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  /** When what was not delivered is to be tried again (epoch ms); 0: nothing is. */
  get retryAt(): number {
    return this.#retryAt;
  }

  /** Delivers all; what fails is kept for `again`, with as many tries as ever. */
  async deliver(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    this.#tries = 0;
    await this.#deliver(deliveries);
  }

  /** Tries again what failed, if it is time. */
  async again(): Promise<void> {
    if (this.#retryAt === 0 || this.#retryAt > Date.now()) return;
    const undelivered = [...this.#undelivered.values()];
    this.#undelivered.clear();
    this.#retryAt = 0;
    await this.#deliver(undelivered);
  }

  async #deliver(deliveries: readonly Delivery[]): Promise<void> {
    const failed = await deliver(this.#env, deliveries);
    if (failed.length === 0) return;
    for (const delivery of failed) this.#keep(delivery);
    if (this.#tries++ < RETRIES) this.#retryAt = Date.now() + RETRY_MS * 2 ** this.#tries;
    console.warn({
      message: 'Pool objects did not take the new revision; they pull it later',
      count: failed.length,
    });
  }

  /** An older push may fail after a newer one, and routes that change after a pool must not hide its change. */
  #keep(delivery: Delivery): void {
    const { pool, shard, push } = delivery;
    const name = `${pool}/${shard}`;
    const known = (this.#undelivered.get(name) ?? delivery).push;
    const routesRevision = Math.max(known.routesRevision, push.routesRevision);
    const newest = !('pool' in push) || ('pool' in known && known.revision > push.revision) ? known : push;
    this.#undelivered.set(name, { pool, shard, push: { ...newest, routesRevision } });
    const oldest = this.#undelivered.keys().next().value;
    if (this.#undelivered.size > UNDELIVERED && oldest !== undefined) this.#undelivered.delete(oldest);
  }
}

/** Delivers all. Returns those that failed, or did not answer in time, to be tried again. */
async function deliver(env: Env, deliveries: readonly Delivery[]): Promise<Delivery[]> {
  const failed: Delivery[] = [];
  await forEachLimit(deliveries, CALLS_AT_ONCE, async (delivery) => {
    if (!(await deliverOne(env, delivery))) failed.push(delivery);
  });
  return failed;
}

async function deliverOne(env: Env, { pool, shard, push }: Delivery): Promise<boolean> {
  const stub = poolObject(env, pool, shard);
  const call = () => ('pool' in push ? stub.configure(push) : stub.routesChanged(push.routesRevision));
  return (await withDeadline(async () => ({ done: await call() }), OBJECT_DEADLINE_MS)) !== null;
}
