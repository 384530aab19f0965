/** What an isolate has noted of a pool, made up into reports and taken to the pool's object; what it does not take waits. */
import type { Env } from '../../env.ts';
import { retryOnce, withDeadline } from '../../lib/calls.ts';
import { ISOLATE_DEADLINE_MS, PAUSE_MS } from '../../lib/timing.ts';
import { flushLog } from '../../log/sinks.ts';
import type { AttemptRecord, LeaseReply, Mapping, PoolNews, Report } from '../../protocol/messages.ts';
import { poolObject } from '../../protocol/rpc.ts';
import { putBackClients, takeClients } from './affinity-clients.ts';
import { followRoutes, isolateId, lostPools } from './isolate.ts';
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

/** Batches that wait at most: an object tells a repeated report from a new one only so far back. */
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
  probing: string[];
  probeRequestIds: string[];
  failures: number;
  dropped: number;
  /** When the batch began, and which one it is: its timer sends no other. */
  startedAt: number;
  batch: number;
  /** When the last one went. */
  sentAt: number;
  /** Oldest first. */
  waiting: Batch[];
}

const outboxes = new WeakMap<PoolView, Outbox>();

const empty = () => ({
  attempts: [],
  mappings: [],
  probing: [],
  probeRequestIds: [],
  failures: 0,
  dropped: 0,
  startedAt: 0,
});

/** A pool's, as this isolate keeps it. */
export function outboxOf(view: PoolView): Outbox {
  let outbox = outboxes.get(view);
  if (!outbox) {
    // Begins where no earlier outbox of this isolate for the same pool can have come to.
    outbox = { ...empty(), batch: Date.now(), sentAt: 0, waiting: [] };
    outboxes.set(view, outbox);
  }
  return outbox;
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
  want = 0,
): Promise<PoolNews | LeaseReply | null> {
  const outbox = outboxOf(view);
  const batches = [...outbox.waiting, ...makeUp(view, outbox)];
  if (batches.length === 0) return null;
  outbox.waiting = [];
  outbox.sentAt = Date.now();
  const delivered = deliver(view, env, ctx, batches, want);
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
): Promise<PoolNews | LeaseReply | null> {
  const outbox = outboxOf(view);
  let last: PoolNews | LeaseReply | null = null;
  for (const [i, { report, shard, failures }] of batches.entries()) {
    const asked = i === batches.length - 1 ? want : 0;
    const object = () => poolObject(env, view.config.id, shard.name, shard.hint);
    const news = await withDeadline(
      () => retryOnce(() => object().report(report, asked)),
      ISOLATE_DEADLINE_MS,
    );
    const now = Date.now();
    if (news === null) {
      view.contact.missed(now);
      outbox.waiting.unshift(...batches.slice(i));
      trim(view, outbox);
      return null;
    }
    view.unreported -= failures;
    if ('slots' in news) view.hearLease(news, now);
    else view.hear(news, now);
    ctx.waitUntil(followRoutes(view, env));
    last = news;
  }
  return last;
}

/** Makes a report of what has come together; none when there is nothing to tell. */
function makeUp(view: PoolView, outbox: Outbox): Batch[] {
  const { attempts, mappings, probing, probeRequestIds, failures, dropped } = outbox;
  if (attempts.length === 0 && mappings.length === 0 && probing.length === 0) return [];
  Object.assign(outbox, empty());
  const report = {
    isolate: isolateId(),
    sequence: ++outbox.batch,
    revision: view.revision,
    attempts,
    mappings: { count: mappings.length, json: JSON.stringify(mappings) },
    charged: view.slots.takeCharged(),
    probing,
    probeRequestIds,
    returned: view.slots.takeReturned(),
    clients: takeClients(view),
    dropped,
  };
  return [{ report, shard: shardOf(view), failures }];
}

/** Past their bounds the oldest go, and what they tell of is counted. */
export function trim(view: PoolView, outbox: Outbox): void {
  const { attempts, mappings, waiting } = outbox;
  const capacity = view.contact.isLost
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
    putBackClients(view, report.clients ?? {});
  }
}

/** A request that nobody was asked for has a mapping and no attempt. */
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
