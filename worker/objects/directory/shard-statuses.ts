/** The newest status of every shard, as the Directory knows them while somebody watches: told by the Pool objects, or asked. */
import type { Env } from '../../env.ts';
import { CALLS_AT_ONCE, forEachLimit, OBJECT_DEADLINE_MS, withDeadline } from '../../lib/calls.ts';
import type { ShardName, ShardStatus } from '../../protocol/messages.ts';
import { poolObject } from '../../protocol/rpc.ts';

/** What is known of one shard: null when that is to be asked anew. `asOf` is the moment that it is no older than. */
interface Known {
  readonly status: ShardStatus | null;
  readonly asOf: number;
}

/** By pool and shard; in memory only. */
export class ShardStatuses {
  readonly #env: Env;
  readonly #prune: (pool: string, status: ShardStatus) => ShardStatus | null;
  readonly #byPool = new Map<string, Map<string, Known>>();
  /** Moments are numbered: a clock would not tell two of one millisecond apart. */
  #moment = 0;

  /** `prune` says what of a status is worth keeping; null: nothing. */
  constructor(env: Env, prune: (pool: string, status: ShardStatus) => ShardStatus | null) {
    this.#env = env;
    this.#prune = prune;
  }

  /** Takes over a status that one shard has just told. Returns whether it was kept. */
  keep(name: ShardName, status: ShardStatus): boolean {
    return this.#keep(name, status, ++this.#moment);
  }

  /** Whether this shard's status is known. */
  has({ pool, shard }: ShardName): boolean {
    return !!this.#byPool.get(pool)?.get(shard)?.status;
  }

  /** What is known of a pool. */
  of(pool: string): ShardStatus[] {
    return [...(this.#byPool.get(pool)?.values() ?? [])].flatMap(({ status }) => status ?? []);
  }

  /** Forgets what is known of a pool, so that it is asked anew. */
  askAnew(pool: string): void {
    const shards = this.#byPool.get(pool);
    // An answer asked for before this moment is as old as what is forgotten.
    for (const shard of shards?.keys() ?? []) shards?.set(shard, { status: null, asOf: ++this.#moment });
  }

  /** Forgets all. */
  forget(): void {
    this.#byPool.clear();
  }

  /** Forgets every pool but these. */
  forgetOthers(pools: ReadonlySet<string>): void {
    for (const pool of this.#byPool.keys()) if (!pools.has(pool)) this.#byPool.delete(pool);
  }

  /** Asks Pool objects how they stand, and tells them that somebody watches. An answer is kept when `wanted` says so. */
  async ask(names: readonly ShardName[], wanted: (name: ShardName) => boolean): Promise<void> {
    await forEachLimit(names, CALLS_AT_ONCE, async (name) => {
      const asOf = ++this.#moment;
      const status = await withDeadline(
        () => poolObject(this.#env, name.pool, name.shard).watch(),
        OBJECT_DEADLINE_MS,
      );
      if (status && wanted(name)) this.#keep(name, status, asOf);
    });
  }

  /** What was told since a slow answer was asked for is newer than the answer. */
  #keep({ pool, shard }: ShardName, status: ShardStatus, asOf: number): boolean {
    const kept = this.#prune(pool, status);
    const shards = this.#byPool.get(pool) ?? new Map<string, Known>();
    if (!kept || (shards.get(shard)?.asOf ?? 0) > asOf) return false;
    this.#byPool.set(pool, shards.set(shard, { status: kept, asOf }));
    return true;
  }
}
