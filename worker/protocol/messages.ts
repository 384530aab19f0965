/** What isolates, Pool objects and the Directory say to each other. Old and new code meet during a deploy: only add. */

import type { Changed } from '../config/changed.ts';
import type { Problem } from '../config/check.ts';
import type { Difference } from '../config/diff.ts';
import type { Precondition } from '../config/precondition.ts';
import type { Config, PoolConfig, RouteConfig } from '../config/schema.ts';
import type { MappedAttempt, Mapping, Reason } from './traffic-schemas.ts';

export type { MappedAttempt, Mapping, Reason };

/** Slots that go back unused, by backend id, from the lease's `epoch`. */
export interface Returned {
  readonly epoch: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** An isolate asks for slots; with `want` 0 it asks how things stand, and gives back and charges all the same. */
export interface LeaseAsk {
  readonly want: number;
  /** The revision of the pool's configuration that the isolate has. */
  readonly revision: number;
  readonly returned: readonly Returned[];
  /** Affinity picks to charge to the sequence first, by backend id. */
  readonly charged?: Readonly<Record<string, number>>;
}

/** How a pool stands: part of every reply, so that under load an isolate stays fresh for nothing. */
export interface PoolNews {
  readonly revision: number;
  /** The configuration, when it is newer than the asker's; null when the pool is gone. */
  readonly pool?: PoolConfig | null;
  /** The newest revision that touched routes or the set of pools. */
  readonly routesRevision: number;
  /** Backend id and the end of its ejection (epoch ms). */
  readonly ejected: readonly (readonly [string, number])[];
  /** The same of backends that the cap keeps in: asked only when no other is left. */
  readonly failing?: readonly (readonly [string, number])[];
  /** Backend id and when its slow start began (epoch ms). */
  readonly ramping: readonly (readonly [string, number])[];
  /** The id of a backend to try with one request, now that its ejection is over. */
  readonly probe?: string;
}

export interface LeaseReply extends PoolNews {
  /** Under which weights the slots were taken; goes back with unused ones. */
  readonly epoch: number;
  /** Number of the first slot in the sequence, so that replies that overtake each other can be put in order. */
  readonly first: number;
  /** Indices into the pool's backends, in the order to use them. */
  readonly slots: readonly number[];
  /** Why these backends: `tier` when a higher tier stands in, `fail-open` when all are ejected. */
  readonly reason: Reason;
  readonly ttlMs: number;
}

/** What one attempt showed: backend id, code, ms to headers, flags. A tuple, for there are many. */
export type AttemptRecord = readonly [
  backend: string,
  code: number,
  ms: number,
  flags: number,
  /** Only of failures and probes: what an event names as its example. */
  requestId?: string,
  /** Only of failures: what the answer's `Retry-After` asked for, in ms. */
  retryAfterMs?: number,
];
/** Codes below 0 stand for attempts without a response; any other code is the response's status. */
export const CODE = { 'connect-failure': -1, timeout: -2, 'client-closed': -3, stalled: -4 } as const;
/** `out`: the isolate knew the backend to be ejected when the attempt began; `probe`: this was its probe. */
export const FLAG = { first: 1, upgrade: 2, out: 4, probe: 8 } as const;

/** Several mappings as one JSON array. */
export interface MappingBatch {
  readonly count: number;
  readonly json: string;
}

/** One batch of an isolate's outbox. `(isolate, sequence)` makes a repeated report harmless. */
export interface Report {
  readonly isolate: string;
  readonly sequence: number;
  readonly revision: number;
  readonly attempts: readonly AttemptRecord[];
  /** A JSON array of `Mapping`, as it will be stored: the object reads it only when somebody asks. */
  readonly mappings: MappingBatch;
  /** Affinity picks to charge to the sequence, by backend id. */
  readonly charged: Readonly<Record<string, number>>;
  readonly returned: readonly Returned[];
  /** Backends whose probe has just been sent. */
  readonly probing: readonly string[];
  /** The requests that carry these probes, in the same order. */
  readonly probeRequestIds?: readonly string[];
  /** Clients with affinity not told of lately, as hashes, by backend id. */
  readonly clients?: Readonly<Record<string, readonly number[]>>;
  /** Entries dropped because the outbox was full. */
  readonly dropped: number;
}

/** One shard's news for those who watch. */
export interface LivePush extends ShardName {
  readonly status: ShardStatus;
  /** The newest, oldest first. */
  readonly mappings: readonly MappingBatch[];
}

/** What the Directory tells a Pool object. */
export interface PoolPush {
  /** Whether somebody watches the live view; only in the answer to a pull. */
  readonly watched?: boolean;
  readonly revision: number;
  readonly routesRevision: number;
  readonly pool: PoolConfig | null;
}

/** An ejection or a return, as one shard tells the others. Times are epoch ms. */
export interface HealthChange {
  readonly kind: 'ejected' | 'returned';
  readonly backend: string;
  readonly at: number;
  readonly until: number;
  readonly ejections: number;
}

/** What the Directory tells an isolate. */
export interface Snapshot {
  readonly revision: number;
  readonly routesRevision: number;
  /** Names this deployment in `X-Evenkeel-Loop`, so that a loop is not taken for another Evenkeel. */
  readonly instance: string;
  readonly pools: readonly { readonly revision: number; readonly pool: PoolConfig }[];
  readonly routes: readonly RouteConfig[];
}

/** One backend as one shard sees it; `GET /api/pools/:pool/status` sums these up. */
export interface BackendStatus {
  readonly id: string;
  readonly requests: number;
  readonly failures: number;
  readonly consecutiveFailures: number;
  /** It fails, and the cap keeps it in. */
  readonly failing?: boolean;
  readonly ejectedUntil: number;
  readonly ejections: number;
  /** Its last success, and until when a probe is under way: epoch ms, 0: never. */
  readonly succeededAt?: number;
  readonly probingUntil?: number;
  /** First attempts in the present share window. */
  readonly picks: number;
  /** Counts by latency bucket over the last one to two minutes. */
  readonly latency: readonly number[];
  readonly weightInForce: number;
  /** Distinct clients with affinity of late, and WebSockets that may be open; see `drain.ts`. */
  readonly affinityClients?: number;
  readonly openWebSockets?: number;
  /** Epoch ms; 0: never. */
  readonly lastClientAt?: number;
  readonly lastWebSocketAt?: number;
}

/** A Pool object's name: its pool and which of the pool's objects it is. */
export interface ShardName {
  readonly pool: string;
  readonly shard: string;
}

export interface ShardStatus {
  readonly revision: number;
  readonly shard: string;
  readonly dropped: number;
  readonly objectCalls: number;
  readonly rowsWritten: number;
  readonly livePushes?: number;
  readonly backends: readonly BackendStatus[];
}

/** One shard's part of the metrics. */
export interface ShardMetrics {
  readonly status: ShardStatus;
  readonly totals: readonly (readonly [backend: string, totals: Totals])[];
}

/** Who asks for a change, and on what condition. */
export interface ChangeOptions extends Precondition {
  readonly who: string;
  readonly dryRun: boolean;
}

/** What became of a change. `config` is the document after it; `changes`, what a dry run would change in the one in force. */
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

/** A session as its cookie tells it. */
export interface Session {
  readonly id: string;
  readonly generation: number;
  /** When it ends by itself, epoch ms. */
  readonly until: number;
}

/** One Pool object to tell: its new configuration, or only that routes have changed. */
export interface Delivery {
  readonly pool: string;
  readonly shard: string;
  readonly push: PoolPush | { readonly routesRevision: number };
}

export interface Totals {
  /** Attempts, retries included. */
  requests: number;
  /** Attempts that followed a failure of the same request elsewhere. */
  retries: number;
  failures: Record<FailureKind, number>;
  ejections: number;
  /** Responses by class: 1xx, 2xx, 3xx, 4xx, 5xx. */
  responses: number[];
  /** Responses by time to headers, a count per bucket of LATENCY_BOUNDS_MS and one above; not cumulative. */
  latency: number[];
  latencySumMs: number;
}

export type FailureKind = (typeof FAILURE_KINDS)[number];

/** How an attempt failed, as far as it counts against the backend. */
export const FAILURE_KINDS = ['connect-failure', 'timeout', 'stalled', 'status'] as const;
