/** Outcomes and mappings on their way to the Pool object: one call for many requests, never in front of a response. */
import type { Outcome } from '../balance/types.ts';
import type { Env } from '../env.ts';
import { flushLog } from '../log/sinks.ts';
import { type AttemptRecord, CODE, FLAG, type Mapping, type Report } from '../objects/protocol.ts';
import { poolObject } from '../objects/stubs.ts';
import { putBackClients, takeClients } from './clients.ts';
import { within } from './deadline.ts';
import { current, isolateId, refreshInBackground } from './isolate.ts';
import { ask } from './lease.ts';
import { shardOf } from './pool-object.ts';
import type { PoolView } from './pool-view.ts';
import type { Shard } from './shards.ts';

/** Entries that make a batch full, unless one has just gone: a call costs the path as much as 5 requests, whatever is in it. */
export const BATCH = 64;
const PAUSE_MS = 50;
/** Entries that make it full all the same. */
export const LARGEST_BATCH = 256;
/** A batch that does not fill goes after this time. */
export const BATCH_MS = 250;
/** Without a request for as long as a lease holds, slots in hand have expired. */
const IDLE_MS = 1_000;
/** A batch whose sender has not sent it by now has lost its sender; the next request takes over. */
const ORPHANED_MS = 1_000;
/** Attempts, and mappings, kept while the object is away; then the oldest go, and the attempts are counted. */
export const CAPACITY = 1_024;

/** Batches that wait at most: an object tells a repeated report from a new one only so far back. */
export const BATCHES_WAITING = 30;

/** A batch that was made up and not yet taken. It keeps its number and its object: sent again, it counts once. */
interface Batch {
  readonly report: Report;
  readonly shard: Shard;
  readonly failures: number;
}

interface Outbox {
  attempts: AttemptRecord[];
  mappings: Mapping[];
  charged: Map<string, number>;
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
  charged: new Map<string, number>(),
  probing: [],
  probeRequestIds: [],
  failures: 0,
  dropped: 0,
  startedAt: 0,
});

function outboxOf(view: PoolView): Outbox {
  let outbox = outboxes.get(view);
  if (!outbox) {
    // Begins where no earlier outbox of this isolate for the same pool can have come to.
    outbox = { ...empty(), batch: Date.now(), sentAt: 0, waiting: [] };
    outboxes.set(view, outbox);
  }
  return outbox;
}

/**
 * Notes one attempt; a failure is reported at once, so that all know within a second. `requestId` is what an event may
 * name: that of a failure or a probe, else null.
 */
export function recordAttempt(
  view: PoolView,
  backend: string,
  outcome: Outcome,
  failed: boolean,
  first: boolean,
  upgrade: boolean,
  requestId: string | null,
  env: Env,
  ctx: ExecutionContext,
): void {
  const code = outcome.kind === 'response' ? outcome.status! : CODE[outcome.kind];
  const flags = (first ? FLAG.first : 0) | (upgrade ? FLAG.upgrade : 0);
  const { ms } = outcome;
  const outbox = outboxOf(view);
  outbox.attempts.push(
    requestId === null ? [backend, code, ms, flags] : [backend, code, ms, flags, requestId],
  );
  if (failed) {
    outbox.failures++;
    view.unreportedFailures++;
  }
  if (failed && !view.contact.isAway(Date.now())) ctx.waitUntil(send(view, env));
  else schedule(view, env, ctx);
}

/** Notes a finished request. */
export function recordMapping(view: PoolView, mapping: Mapping, env: Env, ctx: ExecutionContext): void {
  outboxOf(view).mappings.push(mapping);
  schedule(view, env, ctx);
}

/** Charges an affinity pick to the sequence; it goes with the next batch. */
export function recordCharge(view: PoolView, backend: string): void {
  const { charged } = outboxOf(view);
  charged.set(backend, (charged.get(backend) ?? 0) + 1);
}

/** Tells the object that a probe is on its way. */
export function recordProbe(
  view: PoolView,
  backend: string,
  requestId: string,
  env: Env,
  ctx: ExecutionContext,
): void {
  const outbox = outboxOf(view);
  outbox.probing.push(backend);
  outbox.probeRequestIds.push(requestId);
  ctx.waitUntil(send(view, env));
}

function schedule(view: PoolView, env: Env, ctx: ExecutionContext): void {
  const outbox = outboxOf(view);
  const now = Date.now();
  trim(view, outbox);
  if (isFull(outbox, now)) {
    // While the object is away one try a batch time is enough.
    if (!view.contact.isAway(now)) ctx.waitUntil(send(view, env));
  } else if (outbox.startedAt === 0 || now - outbox.startedAt > ORPHANED_MS) {
    outbox.startedAt = now;
    ctx.waitUntil(sendLater(view, env, outbox.batch));
  }
}

function isFull({ attempts, mappings, sentAt }: Outbox, now: number): boolean {
  const entries = Math.max(mappings.length, attempts.length / 2);
  return entries >= LARGEST_BATCH || (entries >= BATCH && now - sentAt >= PAUSE_MS);
}

async function sendLater(view: PoolView, env: Env, batch: number): Promise<void> {
  await sleep(BATCH_MS);
  if (outboxOf(view).batch === batch) await send(view, env);
  await giveBackWhenIdle(view, env);
}

/** An isolate may vanish in a pause: what it holds of the sequence goes back first, so that the order goes on without it. */
async function giveBackWhenIdle(view: PoolView, env: Env): Promise<void> {
  if (outboxOf(view).startedAt !== 0 || view.slots.left === 0) return;
  const { batch } = outboxOf(view);
  await sleep(IDLE_MS);
  const isIdle = outboxOf(view).startedAt === 0 && outboxOf(view).batch === batch;
  if (isIdle && view.slots.left > 0 && !view.contact.isAway(Date.now())) await ask(view, env, 0);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function send(view: PoolView, env: Env): Promise<void> {
  const outbox = outboxOf(view);
  const batches = [...outbox.waiting, ...makeUp(view, outbox)];
  if (batches.length === 0) return;
  outbox.waiting = [];
  outbox.sentAt = Date.now();
  const logged = flushLog(env, isolateId());
  await deliver(view, env, batches);
  await logged;
}

async function deliver(view: PoolView, env: Env, batches: readonly Batch[]): Promise<void> {
  const outbox = outboxOf(view);
  for (const [i, { report, shard, failures }] of batches.entries()) {
    const news = await within(() => poolObject(env, view.config.id, shard.name, shard.hint).report(report));
    const now = Date.now();
    if (news === null) {
      view.contact.missed(now);
      outbox.waiting.unshift(...batches.slice(i));
      trim(view, outbox);
      return;
    }
    view.unreportedFailures -= failures;
    view.hear(news, now);
    if (view.gone || news.routesRevision > (current()?.snapshot.routesRevision ?? 0))
      await refreshInBackground(env);
  }
}

/** Makes a report of what has come together; none when there is nothing to tell. */
function makeUp(view: PoolView, outbox: Outbox): Batch[] {
  const { attempts, mappings, charged, probing, probeRequestIds, failures, dropped } = outbox;
  if (attempts.length === 0 && mappings.length === 0 && probing.length === 0) return [];
  Object.assign(outbox, empty());
  const report = {
    isolate: isolateId(),
    sequence: ++outbox.batch,
    revision: view.revision,
    attempts,
    mappings: { count: mappings.length, json: JSON.stringify(mappings) },
    charged: Object.fromEntries(charged),
    probing,
    probeRequestIds,
    returned: view.slots.takeReturned(),
    clients: takeClients(view),
    dropped,
  };
  return [{ report, shard: shardOf(view), failures }];
}

/** Past their bounds the oldest go, and what they tell of is counted. */
function trim(view: PoolView, outbox: Outbox): void {
  const { attempts, mappings, waiting } = outbox;
  if (attempts.length > CAPACITY) outbox.dropped += attempts.splice(0, attempts.length - CAPACITY).length;
  if (mappings.length > CAPACITY) mappings.splice(0, mappings.length - CAPACITY);
  let kept = waiting.reduce((sum, { report }) => sum + entriesOf(report), 0);
  while (waiting.length > BATCHES_WAITING || kept > CAPACITY) {
    const { report, failures } = waiting.shift()!;
    kept -= entriesOf(report);
    outbox.dropped += report.attempts.length + report.dropped;
    view.unreportedFailures -= failures;
    putBackClients(view, report.clients ?? {});
  }
}

/** A request that nobody was asked for has a mapping and no attempt. */
const entriesOf = ({ attempts, mappings }: Report): number => Math.max(attempts.length, mappings.count);
