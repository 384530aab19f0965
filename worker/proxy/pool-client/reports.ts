/** What an isolate has noted of a pool, made up into reports and taken to the pool's object; what it does not take waits. */
import type { Env } from '../../env.ts';
import { retryOnce, withDeadline } from '../../lib/calls.ts';
import { ISOLATE_DEADLINE_MS, PAUSE_MS } from '../../lib/timing.ts';
import { flushLog } from '../../log/sinks.ts';
import type { AttemptRecord, LeaseReply, Mapping, PoolUpdate, Report } from '../../protocol/messages.ts';
import { poolObject } from '../../protocol/rpc.ts';
import { ReceivedCells } from '../../stats/received.ts';
import { requeueClients, takeClients } from './affinity-clients.ts';
import { isolateId, lostPools, refreshRoutesIfStale } from './isolate.ts';
import { shardOf } from './pool-object.ts';
import type { PoolView } from './pool-view.ts';
import type { Shard } from './shards.ts';

/**
 * Attempts, and mappings, kept while the object is away, in batches not taken and as many outside; then the oldest go, and the
 * attempts are counted.
 */
export const CAPACITY = 1_024;

/** As many for all pools together whose objects are away, each its part: an isolate has 128 MB for everything. */
export const CAPACITY_IN_ALL = 65_536;

/** Batches that wait at most: an object recognises a repeated report only this far back. */
export const BATCHES_WAITING = 30;

/** A batch that was made up and not yet taken. It keeps its number and its object: sent again, it counts once. */
interface Batch {
  readonly report: Report;
  readonly shard: Shard;
  readonly failures: number;
}

/** What has come together since the last report, and the reports that wait. */
export interface Outbox {
  attempts: AttemptRecord[];
  mappings: Mapping[];
  /** What the clients of finished requests received. */
  readonly received: ReceivedCells;
  probing: string[];
  probeRequestIds: string[];
  failures: number;
  mirrored: number;
  dropped: number;
  /** When the batch began, and which one it is: its timer sends no other. */
  startedAt: number;
  batch: number;
  /** When the last one went. */
  sentAt: number;
  /** Oldest first. */
  waiting: Batch[];
  /** Since when a request has been about to send these again; 0: none is. */
  resendingSince: number;
}

const outboxes = new WeakMap<PoolView, Outbox>();

const empty = () => ({
  attempts: [],
  mappings: [],
  probing: [],
  probeRequestIds: [],
  failures: 0,
  mirrored: 0,
  dropped: 0,
  startedAt: 0,
});

/** A pool's, as this isolate keeps it. */
export function outboxOf(view: PoolView): Outbox {
  let outbox = outboxes.get(view);
  if (!outbox) {
    // Begins where no earlier outbox of this isolate for the same pool can have come to.
    outbox = {
      ...empty(),
      received: new ReceivedCells(),
      batch: Date.now(),
      sentAt: 0,
      waiting: [],
      resendingSince: 0,
    };
    outboxes.set(view, outbox);
  }
  return outbox;
}

/** How many slots a report should bring along: none while most are in hand, on their way, or not in demand. */
function slotsToBring(view: PoolView, now: number): number {
  const { slots, config } = view;
  if (config.maxStaleMs === 0 || !view.policy.leased || !slots.isInDemand || view.isAsking(now)) return 0;
  slots.want = Math.min(slots.want, config.maxLease);
  return slots.left <= slots.want / 2 ? slots.want : 0;
}

/**
 * Takes all that has come together to the object; `want` slots come back with its answer, unless it is of an older code. Null:
 * there was nothing to take, or no answer. Nothing else is waited for: the log may wait for company, and the Directory may
 * be slow.
 */
export async function send(
  view: PoolView,
  env: Env,
  ctx: ExecutionContext,
  want = slotsToBring(view, Date.now()),
): Promise<PoolUpdate | LeaseReply | null> {
  const outbox = outboxOf(view);
  const batches = [...outbox.waiting, ...buildReports(view, outbox)];
  if (batches.length === 0) return null;
  outbox.waiting = [];
  outbox.sentAt = Date.now();
  const { returned, tookAlone = [] } = batches.at(-1)!.report;
  const isTalk = !view.isAsking(outbox.sentAt) && (want > 0 || returned.length + tookAlone.length > 0);
  if (isTalk) view.askingSince = outbox.sentAt;
  const delivered = deliver(view, env, ctx, batches, want).finally(() => {
    if (isTalk) view.askingSince = 0;
  });
  // After the call has left: a request may be waiting for its slots.
  ctx.waitUntil(flushLog(env, isolateId()));
  return delivered;
}

async function deliver(
  view: PoolView,
  env: Env,
  ctx: ExecutionContext,
  batches: readonly Batch[],
  want: number,
): Promise<PoolUpdate | LeaseReply | null> {
  const outbox = outboxOf(view);
  let last: PoolUpdate | LeaseReply | null = null;
  for (const [i, { report, shard, failures }] of batches.entries()) {
    const asked = i === batches.length - 1 ? want : 0;
    const object = () => poolObject(env, view.config.id, shard.name, shard.hint);
    const news = await withDeadline(
      () => retryOnce(() => object().report(report, asked)),
      ISOLATE_DEADLINE_MS,
    );
    const now = Date.now();
    if (news === null) {
      view.breaker.onFailure(now);
      outbox.waiting.unshift(...batches.slice(i));
      trim(view, outbox);
      return null;
    }
    view.unreported -= failures;
    if ('slots' in news) view.applyLease(news, now);
    else view.applyUpdate(news, now);
    ctx.waitUntil(refreshRoutesIfStale(view, env));
    last = news;
  }
  return last;
}

/** Builds a report of what the outbox holds; none when it is empty. */
function buildReports(view: PoolView, outbox: Outbox): Batch[] {
  const { attempts, mappings, probing, probeRequestIds, failures, mirrored, dropped } = outbox;
  if (attempts.length + mappings.length + probing.length + mirrored === 0) return [];
  Object.assign(outbox, empty());
  const report = {
    isolate: isolateId(),
    sequence: ++outbox.batch,
    revision: view.revision,
    attempts,
    mappings: { count: mappings.length, json: JSON.stringify(mappings) },
    received: outbox.received.take(),
    charged: view.slots.takeCharged(),
    probing,
    probeRequestIds,
    ...takeTurns(view),
    clients: takeClients(view),
    mirrored,
    dropped,
  };
  return [{ report, shard: shardOf(view), failures }];
}

/**
 * What the sequence is to be moved on and back by. One call at a time carries it, and that call's reply says where the
 * sequence then stands: a reply that does not know of it would set the isolate's copy back.
 */
function takeTurns(view: PoolView): Pick<Report, 'returned' | 'tookAlone'> {
  const { slots } = view;
  if (view.isAsking(Date.now())) return { returned: [], tookAlone: [] };
  return { returned: slots.takeReturned(), tookAlone: slots.takeTurnsAlone() };
}

/** Enforces the bounds: the oldest entries go, and their attempts are counted as dropped. */
export function trim(view: PoolView, outbox: Outbox): void {
  const { attempts, mappings, waiting } = outbox;
  const capacity = view.breaker.hasFailed
    ? Math.min(CAPACITY, Math.floor(CAPACITY_IN_ALL / lostPools()))
    : CAPACITY;
  if (attempts.length > capacity) outbox.dropped += attempts.splice(0, attempts.length - capacity).length;
  if (mappings.length > capacity) mappings.splice(0, mappings.length - capacity);
  let kept = waiting.reduce((sum, { report }) => sum + entriesOf(report), 0);
  while (waiting.length > BATCHES_WAITING || kept > capacity) {
    const { report, failures } = waiting.shift()!;
    kept -= entriesOf(report);
    outbox.dropped += report.attempts.length + report.dropped;
    view.unreported -= failures;
    requeueClients(view, report.clients ?? {});
  }
}

/** A request that was sent to no backend has a mapping and no attempt. */
const entriesOf = ({ attempts, mappings }: Report): number => Math.max(attempts.length, mappings.count);

/** Entries that make a batch full, unless one has just gone: a call costs the path as much as 2 requests, whatever is in it. */
export const BATCH = 64;
/** Entries that make it full all the same. */
export const LARGEST_BATCH = 256;

/** What has come together since `startedAt`; the last batch went at `sentAt` (epoch ms). */
export interface Waiting {
  readonly attempts: { readonly length: number };
  readonly mappings: { readonly length: number };
  readonly startedAt: number;
  readonly sentAt: number;
}

/** Whether it is to go now, in a call of its own. `now` in epoch ms. */
export const isFull = (outbox: Waiting, now: number): boolean => holds(outbox, 1, now);

/**
 * Whether it is to go now with a call for slots, so that it needs none of its own: when it is half full, and at little traffic
 * when it has rested. Where every request makes such a call, not every one takes a report along.
 */
export const isWorthTaking = (outbox: Waiting, now: number): boolean =>
  holds(outbox, 0.5, now) || (entriesWaiting(outbox) > 0 && now - outbox.startedAt >= PAUSE_MS);

const entriesWaiting = ({ attempts, mappings }: Waiting): number =>
  Math.max(mappings.length, attempts.length / 2);

function holds(outbox: Waiting, share: number, now: number): boolean {
  const entries = entriesWaiting(outbox);
  if (entries >= LARGEST_BATCH * share) return true;
  return entries >= BATCH * share && now - outbox.sentAt >= PAUSE_MS * share;
}
