/** The RPC of the objects, and stubs to call it. Make a new stub for each call: one that failed once keeps failing. */

import type { Change } from '../config/changed.ts';
import type { Config } from '../config/schema.ts';
import type { Env } from '../env.ts';
import type { Drain } from '../stats/drain.ts';
import type { Range, ScopeFilter, ShardSeries } from '../stats/rollup.ts';
import type { AlertReport, AlertTest } from './alert-schemas.ts';
import type { Condition } from './conditions.ts';
import type { Revision, RevisionDetails } from './config-schemas.ts';
import type { HistoryEvent, PoolEvent } from './events.ts';
import type {
  ChangeOptions,
  ChangeResult,
  HealthChange,
  IncidentPart,
  LivePush,
  Mapping,
  PoolPush,
  Session,
  ShardMetrics,
  ShardName,
  ShardStatus,
  Snapshot,
  SyncAsk,
  SyncReply,
  UnhealthyBackends,
} from './messages.ts';
import type { Rollout, RolloutAction, RolloutPlan, RolloutResult } from './rollout-schemas.ts';
import type { AutoShards } from './sharding.ts';
import type { Check, Incident } from './traffic-schemas.ts';

/** The methods of a Pool object. They are declared here because the types that the runtime derives lose tuples. */
export interface PoolRpc {
  sync(ask: SyncAsk): Promise<SyncReply>;
  configure(push: PoolPush): Promise<number>;
  routesChanged(routesRevision: number): Promise<void>;
  hearFlip(change: HealthChange): Promise<void>;
  unhealthy(): Promise<UnhealthyBackends>;
  hearUnhealthy(unhealthy: UnhealthyBackends): Promise<void>;
  checks(backend: string): Promise<Check[]>;
  checkNow(backend: string): Promise<Check | null>;
  endEjection(backend: string): Promise<boolean>;
  shardsChanged(shards: AutoShards): Promise<void>;
  status(withRoutes?: boolean): Promise<ShardStatus>;
  watch(): Promise<ShardStatus>;
  metrics(): Promise<ShardMetrics>;
  series(filter: ScopeFilter, range: Range): Promise<ShardSeries>;
  requests(): Promise<Mapping[]>;
  sampled(): Promise<number>;
}

/** The methods of the Directory. */
export interface DirectoryRpc {
  read(): Promise<{ revision: number; config: Config; drains: Drain[] }>;
  snapshot(known: number): Promise<Snapshot | null>;
  pullPool(pool: string, shard: string): Promise<PoolPush>;
  shardsOf(pool: string): Promise<string[]>;
  shards(): Promise<ShardName[]>;
  reshard(pool: string, from: number, to: number): Promise<AutoShards>;
  change(change: Change, options: ChangeOptions): Promise<ChangeResult>;
  drain(
    pool: string,
    backend: string,
    disableAfterMs: number | null,
    options: ChangeOptions,
  ): Promise<ChangeResult>;
  undrain(pool: string, backend: string, options: ChangeOptions): Promise<ChangeResult>;
  rollback(to: number, options: ChangeOptions): Promise<ChangeResult>;
  revisions(): Promise<{ revision: number; revisions: Revision[] }>;
  revisionDetails(revision: number): Promise<RevisionDetails | null>;
  noteEvents(events: readonly PoolEvent[]): Promise<void>;
  noteConditions(source: ShardName, conditions: readonly Condition[]): Promise<void>;
  alerts(): Promise<{ revision: number; alerts: AlertReport[] }>;
  testAlert(id: string): Promise<AlertTest | null>;
  rollout(route: string): Promise<Rollout | null>;
  startRollout(plan: RolloutPlan): Promise<RolloutResult>;
  actOnRollout(route: string, action: RolloutAction, who: string): Promise<RolloutResult>;
  events(limit: number): Promise<{ revision: number; events: HistoryEvent[] }>;
  noteIncidents(parts: readonly IncidentPart[]): Promise<void>;
  incidents(pool: string | null, limit: number): Promise<{ revision: number; incidents: Incident[] }>;
  livePush(push: LivePush): Promise<boolean>;
  fetch(request: Request): Promise<Response>;
  addLogin(hash: string): Promise<void>;
  takeLogin(hash: string): Promise<boolean>;
  attemptSignIn(address: string): Promise<number>;
  admit(address: string): Promise<number>;
  signOut(session: Session, everywhere: boolean): Promise<void>;
  isSignedOut(session: Session): Promise<boolean>;
}

/** A stub for the object of one shard of a pool; `locationHint` has an effect only when the object is created. */
export const poolObject = (
  env: Env,
  pool: string,
  shard: string,
  locationHint?: DurableObjectLocationHint,
): PoolRpc =>
  env.POOL.getByName(`${pool}/${shard}`, locationHint ? { locationHint } : {}) as unknown as PoolRpc;

/** A stub for the deployment's one Directory. */
export const directoryObject = (env: Env): DirectoryRpc =>
  env.DIRECTORY.getByName('directory') as unknown as DirectoryRpc;
