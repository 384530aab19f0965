/** The messages between isolates, Pool objects and the Directory. Two versions meet during a deploy: only add optional fields. */

import type { Changed } from '../config/changed.ts';
import type { Problem } from '../config/check.ts';
import type { Difference } from '../config/diff.ts';
import type { Precondition } from '../config/precondition.ts';
import type { Config, PoolConfig, RouteConfig } from '../config/schema.ts';
import type { Counted, HealthState } from '../stats/health.ts';
import type { Received, ReceivedCell } from '../stats/received.ts';
import type { BackendRuns } from './runs.ts';
import type { AutoShards } from './sharding.ts';
import type { BackendHealth, MappedAttempt, Mapping, Reason } from './traffic-schemas.ts';

export type { MappedAttempt, Mapping, Reason };

/** Slots returned unused, by backend id; `epoch` is that of their lease. */
export interface Returned {
  readonly epoch: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Stands for the weights in force: an isolate has read a new configuration and not heard from the object since. */
export const NO_EPOCH = -1;

/** What an isolate has noted of a pool since its last batch. */
export interface Batch {
  /** The outcomes of attempts. */
  readonly runs: readonly BackendRuns[];
  /** A JSON array of `Mapping` that is stored as it is: the object parses it only to list mappings. */
  readonly mappings: MappingBatch;
  /** The same of requests that failed or were retried, which are kept longer. */
  readonly notable?: MappingBatch;
  /** What clients received, of each request that finished since the last batch. */
  readonly received?: readonly ReceivedCell[];
  /** Affinity picks to charge to the sequence, by backend id. */
  readonly charged: Readonly<Record<string, number>>;
  readonly returned: readonly Returned[];
  /** Turns that the isolate took without slots, under the weights of an epoch. The sequence goes on after them. */
  readonly tookAlone: readonly Returned[];
  /** Probes that were sent: the backend's id, and the request that carries it. */
  readonly probes: readonly (readonly [backend: string, requestId: string | null])[];
  /** Hashes of clients with affinity that are due to be reported, by backend id. */
  readonly clients: Readonly<Record<string, readonly number[]>>;
  /** Copies of mirrored requests that were sent to the pool. */
  readonly mirrored?: number;
  /** Attempts dropped because the outbox was full. */
  readonly dropped: number;
}

/** The one call of an isolate to a Pool object. */
export interface SyncAsk {
  readonly isolate: string;
  /** The batch's number: it counts once, however often it comes. 0: without a number, so the call is not repeated. */
  readonly sequence: number;
  /** The isolate's revision of the pool's configuration. */
  readonly revision: number;
  /** How many slots it wants. */
  readonly want: number;
  readonly batch: Batch | null;
}

/** The state of a pool. It is part of every reply, so that an isolate with traffic needs no calls of its own for it. */
export interface PoolUpdate {
  readonly revision: number;
  /** The configuration, if it is newer than the caller's; null when the pool was deleted. */
  readonly pool?: PoolConfig | null;
  /** The newest revision that changed routes, or added or deleted a pool. */
  readonly routesRevision: number;
  /** The ejected backends: id and end of the ejection (epoch ms). */
  readonly ejected: readonly (readonly [string, number])[];
  /** The failing backends that the cap keeps in, which come last: id and time of the next probe (epoch ms). */
  readonly failing?: readonly (readonly [string, number])[];
  /** The backends that health checks keep out, by id. */
  readonly unhealthy?: readonly string[];
  /** The backends in slow start: id and begin (epoch ms). */
  readonly ramping: readonly (readonly [string, number])[];
  /** How long each backend takes to answer: id and ms; only in a pool whose policy measures it. */
  readonly times?: readonly (readonly [string, number])[];
  /** The id of a backend that the caller must probe with one request, now that its ejection is over. */
  readonly probe?: string;
  /** The shards that `sharding: auto` has come to. */
  readonly shards?: AutoShards;
}

/** The slots of a reply. */
export interface Lease {
  /** Identifies the weights under which the slots were taken; unused slots are returned with it. */
  readonly epoch: number;
  /** The number of the first slot in the sequence: orders replies that overtook each other. */
  readonly first: number;
  /** Indices of the pool's backends, in the order to use them. */
  readonly slots: readonly number[];
  /** Where the sequence stands after these slots, and the weights in force: an isolate without slots goes on from here. */
  readonly position?: readonly number[];
  readonly weights?: readonly number[];
  /** Why these backends are eligible: `tier` if a higher tier stands in, `fail-open` if all are ejected. */
  readonly reason: Reason;
  readonly ttlMs: number;
}

/** What an object asks of an isolate, so that it is not overloaded. Left out by an object of an earlier version. */
export interface Terms {
  /** How long to collect before a routine call, ms. */
  readonly pace?: number;
  /** Of how many successes it takes one mapping; it takes those of all other requests. */
  readonly sampling?: number;
}

/** The reply to a call of an isolate. */
export type SyncReply = PoolUpdate & Lease & Terms;

/** `count` mappings as one JSON array. */
export interface MappingBatch {
  readonly count: number;
  readonly json: string;
  /** Of how many successes one was recorded; in the memory of the object only. */
  readonly sampled?: number;
}

/** One shard's part of the live view. */
export interface LivePush extends ShardName {
  readonly status: ShardStatus;
  /** The newest mappings, oldest first. */
  readonly mappings: readonly MappingBatch[];
}

/** The configuration of a Pool object; `pool` is null when it was deleted. */
export interface PoolPush {
  /** The shards that `sharding: auto` has come to; only in the reply to a pull. */
  readonly shards?: AutoShards;
  /** Whether the live view is watched; only in the reply to a pull. */
  readonly watched?: boolean;
  readonly revision: number;
  readonly routesRevision: number;
  readonly pool: PoolConfig | null;
}

/** An ejection or a return that one shard broadcasts to the others. Times are epoch ms. */
export interface HealthChange {
  readonly kind: 'ejected' | 'returned';
  readonly backend: string;
  readonly at: number;
  readonly until: number;
  readonly ejections: number;
}

/** The backends that health checks keep out, as the shard that checks them broadcasts them to the others. */
export interface UnhealthyBackends {
  readonly backends: readonly string[];
  /** When this was so, epoch ms: an older message does not replace a newer one. */
  readonly at: number;
}

/** The configuration of an isolate. */
export interface Snapshot {
  readonly revision: number;
  readonly routesRevision: number;
  /** Names this deployment in `X-Evenkeel-Loop`, which tells a loop from a chain of two deployments. */
  readonly instance: string;
  readonly pools: readonly { readonly revision: number; readonly pool: PoolConfig }[];
  readonly routes: readonly RouteConfig[];
}

/** One backend as one shard sees it; `GET /api/pools/:pool/status` sums them. */
export interface BackendStatus {
  readonly id: string;
  readonly requests: number;
  readonly failures: number;
  readonly consecutiveFailures: number;
  /** It is failing, and the cap keeps it in. */
  readonly failing?: boolean;
  readonly ejectedUntil: number;
  readonly ejections: number;
  /** What health checks say; only from the objects that check. */
  readonly health?: BackendHealth;
  /** Its last success, and until when a probe is under way (epoch ms); 0: never. */
  readonly succeededAt?: number;
  readonly probingUntil?: number;
  /** First attempts in the present window of shares. */
  readonly picks: number;
  /** Counts by latency bucket over the last one to two minutes. */
  readonly latency: readonly number[];
  readonly weightInForce: number;
  /** Recent clients with affinity, and WebSockets that may be open; see stats/drain.ts. */
  readonly affinityClients?: number;
  readonly openWebSockets?: number;
  /** Epoch ms; 0: never. */
  readonly lastClientAt?: number;
  readonly lastWebSocketAt?: number;
  /** What clients received of it; left out: nothing. */
  readonly received?: Received;
}

/** What one shard's part of a pool's health is judged by. */
export interface ShardRecent {
  readonly lately: Counted;
  readonly minute: Counted;
  /** Answers of the last minute by backend id and latency bucket. */
  readonly latencies: Readonly<Record<string, Readonly<Record<number, number>>>>;
  /** How this shard alone judges it, and since when (epoch ms). */
  readonly health: { readonly state: HealthState; readonly since: number };
}

/** What clients received by route, in one shard. */
export interface ShardRoutes {
  readonly routes: readonly (readonly [string, Received])[];
  /** Of the routes past the limit. */
  readonly others: Received;
}

/** One shard's part of an incident; `from` (epoch ms) makes a repeated one recognisable. */
export interface IncidentPart extends ShardName {
  /** The worst that it came to, and why it was that. */
  readonly state: HealthState;
  readonly cause: string;
  readonly from: number;
  /** Epoch ms; null: it goes on. */
  readonly to: number | null;
  readonly backends: readonly string[];
  readonly requestsFailed: number;
  readonly savedByRetry: number;
}

/** The name of a Pool object: its pool, and its shard of the pool. */
export interface ShardName {
  readonly pool: string;
  readonly shard: string;
}

/** What one shard has counted since its object started, and the status of its backends. */
export interface ShardStatus {
  readonly revision: number;
  readonly shard: string;
  /** How many shards this one knows that `sharding: auto` has come to. */
  readonly shards?: AutoShards;
  readonly dropped: number;
  readonly objectCalls: number;
  readonly rowsWritten: number;
  readonly livePushes?: number;
  /** Copies of mirrored requests since the pool was created. */
  readonly mirrored?: number;
  /** What clients received; left out by an older object. */
  readonly received?: Received;
  /** Only where it was asked for. */
  readonly routes?: ShardRoutes;
  readonly recent?: ShardRecent;
  readonly backends: readonly BackendStatus[];
}

/** One shard's part of the metrics. */
export interface ShardMetrics {
  readonly status: ShardStatus;
  readonly totals: readonly (readonly [backend: string, totals: Totals])[];
}

/** The actor of a change, and the conditions under which to make it. */
export interface ChangeOptions extends Precondition {
  /** The actor: `token`, `session`, an e-mail address, or the reason of an automatic change. */
  readonly who: string;
  readonly dryRun: boolean;
}

/** The result of a change. `config` is the document after it; `changes` are what a dry run would change. */
export type ChangeResult =
  | {
      readonly ok: true;
      readonly revision: number;
      readonly config: Config;
      readonly created: boolean;
      readonly warnings: Problem[];
      readonly changes?: Difference[];
    }
  | { readonly ok: false; readonly reason: 'stale'; readonly revision: number }
  | { readonly ok: false; readonly reason: 'precondition'; readonly detail: string }
  | Exclude<Changed, { ok: true }>;

/** A session, as its cookie describes it. */
export interface Session {
  readonly id: string;
  readonly generation: number;
  /** When it expires, epoch ms. */
  readonly until: number;
  /** Whose it is, as they said themselves. */
  readonly name?: string;
}

/** A push to one Pool object: its new configuration, or only the number of a revision that changed routes. */
export interface Delivery {
  readonly pool: string;
  readonly shard: string;
  readonly push: PoolPush | { readonly routesRevision: number };
}

/** The counters of one backend id. */
export interface Totals {
  /** Attempts, retries included. */
  requests: number;
  /** Attempts after another backend had failed the request. */
  retries: number;
  failures: Record<FailureKind, number>;
  ejections: number;
  /** Responses by class of status: 1xx, 2xx, 3xx, 4xx, 5xx. */
  responses: number[];
  /** Responses by time to their headers: a count per bucket of `LATENCY_BOUNDS_MS`, and one above; not cumulative. */
  latency: number[];
  latencySumMs: number;
}

/** The kinds of failure that count against a backend. */
export const FAILURE_KINDS = ['connect-failure', 'timeout', 'stalled', 'status'] as const;
/** One kind of failure. */
export type FailureKind = (typeof FAILURE_KINDS)[number];
