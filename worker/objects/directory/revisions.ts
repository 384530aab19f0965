/** The configuration in force and the revisions kept: what a change makes of it, and which Pool objects it concerns. */
import { applyChange } from '../../config/change.ts';
import type { Change } from '../../config/changed.ts';
import { type DeploymentInfo, type Problem, truncateProblems, warnings } from '../../config/check.ts';
import { differences } from '../../config/diff.ts';
import { hasTarget, isWanted, unmetCondition } from '../../config/precondition.ts';
import type { Config } from '../../config/schema.ts';
import type { RevisionDetails } from '../../protocol/config-schemas.ts';
import type {
  ChangeOptions,
  ChangeResult,
  Delivery,
  PoolPush,
  ShardName,
  Snapshot,
} from '../../protocol/messages.ts';
import { type AutoShards, ONE_SHARD } from '../../protocol/sharding.ts';
import { DirectoryStore, type Meta, type Revision } from './store.ts';

export type { RevisionDetails };

const EMPTY: Config = { pools: [], routes: [], alerts: [] };

/** What a change would make of the configuration. A refused change or a dry run has its answer already. */
export type ChangePreview =
  | {
      readonly commits: true;
      readonly config: Config;
      readonly created: boolean;
      readonly warnings: Problem[];
      readonly summary: string;
    }
  | { readonly commits: false; readonly answer: ChangeResult };

/** Stored in SQLite; the revision in force is also in memory. Every method is synchronous: no call sees half a revision. */
export class Revisions {
  readonly #store: DirectoryStore;
  #revision: number;
  #config: Config;
  #meta: Meta;

  constructor(sql: SqlStorage) {
    this.#store = new DirectoryStore(sql);
    const newest = this.#store.newest();
    this.#revision = newest?.revision ?? 0;
    this.#config = (newest && this.#store.document(newest.revision)) ?? EMPTY;
    const stored = this.#store.meta();
    this.#meta = stored ?? {
      instance: crypto.randomUUID().slice(0, 8),
      routesRevision: 0,
      poolRevisions: {},
    };
    if (!stored) this.#store.saveMeta(this.#meta);
  }

  /** The revision in force; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** The document in force. */
  get config(): Config {
    return this.#config;
  }

  /** What an isolate routes by; null when `known` is the revision in force. */
  snapshot(known: number): Snapshot | null {
    if (known === this.#revision && known > 0) return null;
    const { instance, routesRevision, poolRevisions } = this.#meta;
    const pools = this.#config.pools.map((pool) => ({ revision: poolRevisions[pool.id] ?? 0, pool }));
    return { revision: this.#revision, routesRevision, instance, pools, routes: this.#config.routes };
  }

  /** The configuration of a Pool object, which is recorded as existing. */
  pullPool(pool: string, shard: string): PoolPush {
    const config = this.#config.pools.find((other) => other.id === pool) ?? null;
    if (config) this.#store.addShard(pool, shard);
    // The name of a pool that does not exist is not looked up: it may be anything, such as `constructor`.
    const revision = (config && this.#meta.poolRevisions[pool]) ?? this.#revision;
    return { revision, routesRevision: this.#meta.routesRevision, pool: config };
  }

  /** The number of shards that `sharding: auto` has come to in a pool. */
  autoShards(pool: string): AutoShards {
    const { autoShards = {} } = this.#meta;
    // A pool may be named `constructor`.
    return Object.hasOwn(autoShards, pool) ? autoShards[pool]! : ONE_SHARD;
  }

  /** Sets that number. Returns whether the pool exists and shards by itself. `now` is epoch ms. */
  reshard(pool: string, count: number, now: number): boolean {
    if (this.#config.pools.find(({ id }) => id === pool)?.sharding !== 'auto') return false;
    const since = Math.max(now, this.autoShards(pool).since + 1);
    this.#meta = { ...this.#meta, autoShards: { ...this.#meta.autoShards, [pool]: { count, since } } };
    this.#store.saveMeta(this.#meta);
    return true;
  }

  /** The Pool objects that exist. */
  shards(): ShardName[] {
    return this.#store.shards();
  }

  /** The document of a revision; null when it is not kept. */
  document(revision: number): Config | null {
    return this.#store.document(revision);
  }

  /** The revisions kept, newest first. */
  kept(): Revision[] {
    return this.#store.revisions();
  }

  /** One revision with its document and what it changed; null when it is not kept. */
  details(revision: number): RevisionDetails | null {
    const found = this.#store.revisions().find((row) => row.revision === revision);
    const config = this.#store.document(revision);
    if (!found || !config) return null;
    const before = revision === 1 ? EMPTY : this.#store.document(revision - 1);
    return { ...found, config, changes: before && differences(before, config) };
  }

  /** Previews a change, and writes nothing. `exists`: whether the resource that it changes exists. */
  previewChange(
    change: Change,
    options: ChangeOptions,
    deployment: DeploymentInfo,
    exists = hasTarget(this.#config, change),
  ): ChangePreview {
    const { dryRun } = options;
    const revision = this.#revision;
    if (!isWanted(options, revision))
      return { commits: false, answer: { ok: false, reason: 'stale', revision } };
    const changed = applyChange(this.#config, change, deployment);
    // Conditions do not count for a resource that cannot be found (RFC 9110, 13.2.1).
    const isMissing = !changed.ok && changed.reason === 'missing';
    const detail = isMissing ? null : unmetCondition(options, revision, exists);
    if (detail !== null) return { commits: false, answer: { ok: false, reason: 'precondition', detail } };
    if (!changed.ok) return { commits: false, answer: changed };
    const { config, created, summary } = changed;
    const notes = truncateProblems(warnings(config));
    if (!dryRun) return { commits: true, config, created, warnings: notes, summary };
    const changes = differences(this.#config, config);
    return { commits: false, answer: { ok: true, revision, config, created, warnings: notes, changes } };
  }

  /** Makes a document the new revision in force. Returns the pools it changed, and what to push to which Pool objects. */
  commit(
    config: Config,
    actor: string,
    summary: string,
    at: number,
  ): { changed: string[]; concerned: Delivery[] } {
    const revision = this.#revision + 1;
    const old = new Map(this.#config.pools.map((pool) => [pool.id, JSON.stringify(pool)]));
    const poolRevisions = Object.fromEntries(
      config.pools.map((pool) => {
        const same = old.get(pool.id) === JSON.stringify(pool);
        return [pool.id, same ? (this.#meta.poolRevisions[pool.id] ?? revision) : revision];
      }),
    );
    const samePools = config.pools.length === old.size && config.pools.every((pool) => old.has(pool.id));
    const sameRoutes = JSON.stringify(config.routes) === JSON.stringify(this.#config.routes);
    const routesChanged = !samePools || !sameRoutes;
    const routesRevision = routesChanged ? revision : this.#meta.routesRevision;
    const autoShards = Object.fromEntries(
      Object.entries(this.#meta.autoShards ?? {}).filter(([pool]) => Object.hasOwn(poolRevisions, pool)),
    );
    const meta = { instance: this.#meta.instance, routesRevision, poolRevisions, autoShards };
    this.#store.commit({ revision, at, who: actor, summary }, config, meta);
    this.#revision = revision;
    this.#config = config;
    this.#meta = meta;
    const changed = config.pools.map((pool) => pool.id).filter((id) => poolRevisions[id] === revision);
    return { changed, concerned: this.#concerned(routesChanged) };
  }

  #concerned(routesChanged: boolean): Delivery[] {
    const revision = this.#revision;
    const { routesRevision, poolRevisions } = this.#meta;
    const pools = new Map(this.#config.pools.map((pool) => [pool.id, pool]));
    // Health checks do not wait for a request to make their object.
    for (const { id, healthCheck } of this.#config.pools) if (healthCheck) this.#store.addShard(id, '0');
    return this.#store.shards().flatMap(({ pool, shard }): Delivery[] => {
      const config = pools.get(pool);
      if (!config) {
        this.#store.dropShard(pool, shard);
        return [{ pool, shard, push: { revision, routesRevision, pool: null } }];
      }
      if (poolRevisions[pool] === revision)
        return [{ pool, shard, push: { revision, routesRevision, pool: config } }];
      return routesChanged ? [{ pool, shard, push: { routesRevision } }] : [];
    });
  }
}
