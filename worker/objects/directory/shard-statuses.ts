/** The newest status of every shard, which the Directory holds while the live view is watched: pushed by Pool objects, or fetched. */
import type { Env } from '../../env.ts';
import { CALLS_AT_ONCE, forEachLimit, withDeadline } from '../../lib/calls.ts';
import { OBJECT_DEADLINE_MS } from '../../lib/timing.ts';
import type { ShardName, ShardStatus } from '../../protocol/messages.ts';
import { poolObject } from '../../protocol/rpc.ts';

/** One shard's status, null when it has to be fetched again. It is no older than the moment `asOf`. */
interface Entry {
  readonly status: ShardStatus | null;
  readonly asOf: number;
}

/** By pool and shard; in memory only. */
export class ShardStatuses {
  readonly #env: Env;
  readonly #prune: (pool: string, status: ShardStatus) => ShardStatus | null;
  readonly #byPool = new Map<string, Map<string, Entry>>();
  /** Moments are counted: a clock would not order two of the same millisecond. */
  #moment = 0;

  /** `prune` returns the part of a status that is worth holding, or null. */
  constructor(env: Env, prune: (pool: string, status: ShardStatus) => ShardStatus | null) {
    this.#env = env;
    this.#prune = prune;
  }

  /** Stores a status that a shard pushed just now. Returns whether it was worth holding. */
  update(name: ShardName, status: ShardStatus): boolean {
    return this.#store(name, status, ++this.#moment);
  }

  /** Whether this shard's status is here. */
  has({ pool, shard }: ShardName): boolean {
    return !!this.#byPool.get(pool)?.get(shard)?.status;
  }

  /** The statuses of a pool's shards, as far as they are here. */
  of(pool: string): ShardStatus[] {
    return [...(this.#byPool.get(pool)?.values() ?? [])].flatMap(({ status }) => status ?? []);
  }

  /** Drops the statuses of a pool, so that they are fetched again. */
  invalidate(pool: string): void {
    const shards = this.#byPool.get(pool);
    // A reply that was requested before this moment is as old as what is dropped.
    for (const shard of shards?.keys() ?? []) shards?.set(shard, { status: null, asOf: ++this.#moment });
  }

  /** Drops everything. */
  clear(): void {
    this.#byPool.clear();
  }

  /** Drops every pool but these. */
  retain(pools: ReadonlySet<string>): void {
    for (const pool of this.#byPool.keys()) if (!pools.has(pool)) this.#byPool.delete(pool);
  }

  /** Fetches statuses, and makes the Pool objects push further changes. A reply is stored when `wanted` says so. */
  async fetch(names: readonly ShardName[], wanted: (name: ShardName) => boolean): Promise<void> {
    await forEachLimit(names, CALLS_AT_ONCE, async (name) => {
      const asOf = ++this.#moment;
      const status = await withDeadline(
        () => poolObject(this.#env, name.pool, name.shard).watch(),
        OBJECT_DEADLINE_MS,
      );
      if (status && wanted(name)) this.#store(name, status, asOf);
    });
  }

  /** Stores a status unless a newer one has arrived since it was requested. */
  #store({ pool, shard }: ShardName, status: ShardStatus, asOf: number): boolean {
    const pruned = this.#prune(pool, status);
    const shards = this.#byPool.get(pool) ?? new Map<string, Entry>();
    if (!pruned || (shards.get(shard)?.asOf ?? 0) > asOf) return false;
    this.#byPool.set(pool, shards.set(shard, { status: pruned, asOf }));
    return true;
  }
}
