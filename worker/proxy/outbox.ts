/** Outcomes and mappings on their way to the Pool object: one call for many requests, never in front of a response. */
import type { Outcome } from '../balance/types.ts';
import type { Env } from '../env.ts';
import { CODE, FLAG, type Mapping } from '../objects/protocol.ts';
import { type Outbox, outboxOf, send, trim } from './delivery.ts';
import { ask } from './lease.ts';
import type { PoolView } from './pool-view.ts';

/** Entries that make a batch full, unless one has just gone: a call costs the path as much as 2 requests, whatever is in it. */
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

/**
 * Sends a full batch along with a request that begins. Behind a response that is there already the same call costs twice as
 * much, for the request must be kept alive for it.
 */
export function sendFullBatch(view: PoolView, env: Env, ctx: ExecutionContext, now: number): void {
  if (isFull(outboxOf(view), now) && !view.contact.isAway(now)) ctx.waitUntil(send(view, env));
}

function schedule(view: PoolView, env: Env, ctx: ExecutionContext): void {
  const outbox = outboxOf(view);
  const now = Date.now();
  trim(view, outbox);
  if (outbox.startedAt === 0 || now - outbox.startedAt > ORPHANED_MS) {
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
