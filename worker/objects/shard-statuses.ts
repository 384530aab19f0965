/** The newest status of every shard, as the Directory knows them while somebody watches: told by the Pool objects, or asked. */
import type { Env } from '../env.ts';
import { sixAtOnce } from './at-once.ts';
import type { ShardName, ShardStatus } from './protocol.ts';
import { deadlined, poolObject } from './stubs.ts';

/** By pool and shard; in memory only. */
export class ShardStatuses {
  readonly #env: Env;
  readonly #worth: (pool: string, status: ShardStatus) => ShardStatus | null;
  readonly #byPool = new Map<string, Map<string, ShardStatus>>();

  /** `worth` says what of a status is worth keeping; null: nothing. */
  constructor(env: Env, worth: (pool: string, status: ShardStatus) => ShardStatus | null) {
    this.#env = env;
    this.#worth = worth;
  }

  /** Takes one shard's status over. Returns whether it was kept. */
  keep({ pool, shard }: ShardName, status: ShardStatus): boolean {
    const kept = this.#worth(pool, status);
    if (!kept) return false;
    const shards = this.#byPool.get(pool) ?? new Map<string, ShardStatus>();
    this.#byPool.set(pool, shards.set(shard, kept));
    return true;
  }

  /** Whether this shard's status is known. */
  has({ pool, shard }: ShardName): boolean {
    return this.#byPool.get(pool)?.has(shard) ?? false;
  }

  /** What is known of a pool. */
  of(pool: string): ShardStatus[] {
    return [...(this.#byPool.get(pool)?.values() ?? [])];
  }

  /** Forgets a pool, or all of them. */
  forget(pool?: string): void {
    if (pool === undefined) this.#byPool.clear();
    else this.#byPool.delete(pool);
  }

  /** Forgets every pool but these. */
  forgetOthers(pools: ReadonlySet<string>): void {
    for (const pool of this.#byPool.keys()) if (!pools.has(pool)) this.#byPool.delete(pool);
  }

  /** Asks Pool objects how they stand, and tells them that somebody watches. An answer is kept when `wanted` says so. */
  async ask(names: readonly ShardName[], wanted: (name: ShardName) => boolean): Promise<void> {
    await sixAtOnce(names, async (name) => {
      const status = await deadlined(() => poolObject(this.#env, name.pool, name.shard).watch());
      if (status && wanted(name)) this.keep(name, status);
    });
  }
}
