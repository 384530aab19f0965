/** Outcomes and mappings on their way to the Pool object: one call for many requests, none of its own in front of a response. */
import type { Change } from '../../balance/ejection.ts';
import type { Outcome } from '../../balance/types.ts';
import type { Env } from '../../env.ts';
import { AWAY_MS, BATCH_MS, IDLE_MS, ORPHANED_MS } from '../../lib/timing.ts';
import { CODE, FLAG, type Mapping } from '../../protocol/messages.ts';
import { addFinished, type Bytes, type FinishedRequest } from '../../stats/received.ts';
import { ask } from './lease.ts';
import type { PoolView } from './pool-view.ts';
import { isFull, outboxOf, send, trim } from './reports.ts';

/** What an isolate has seen of one attempt. */
export interface Seen {
  readonly backend: string;
  readonly outcome: Outcome;
  /** It counts against the backend. */
  readonly failed: boolean;
  /** The balancer's choice, and no retry. */
  readonly isFirst: boolean;
  readonly isUpgrade: boolean;
  /** Whether the backend was known to be ejected when the attempt began, and whether this was its probe. */
  readonly sentAs: 'in' | 'out' | 'probe';
  /** What a failed answer's `Retry-After` asked for, in ms; 0: nothing. */
  readonly retryAfterMs: number;
  /** What the attempt changed in the isolate's own verdict. */
  readonly change: Change;
  /** What an event may name: the request id of a failure or a probe, else null. */
  readonly example: string | null;
}

/** Notes one attempt; a failure or a changed verdict is reported at once, so that all know within a second. `now` in epoch ms. */
export function recordAttempt(
  view: PoolView,
  seen: Seen,
  now: number,
  env: Env,
  ctx: ExecutionContext,
): void {
  const { backend, outcome, failed, isFirst, isUpgrade, sentAs, retryAfterMs, change, example } = seen;
  const { ms } = outcome;
  const code = outcome.kind === 'response' ? outcome.status! : CODE[outcome.kind];
  const knew = sentAs === 'in' ? 0 : sentAs === 'out' ? FLAG.out : FLAG.probe;
  const flags = (isFirst ? FLAG.first : 0) | (isUpgrade ? FLAG.upgrade : 0) | knew;
  const outbox = outboxOf(view);
  if (example === null) outbox.attempts.push([backend, code, ms, flags]);
  else if (retryAfterMs === 0) outbox.attempts.push([backend, code, ms, flags, example]);
  else outbox.attempts.push([backend, code, ms, flags, example, retryAfterMs]);
  const isNews = failed || change !== 'none';
  if (isNews) {
    outbox.failures++;
    view.unreported++;
  }
  if (isNews && !view.breaker.isOpen(now)) ctx.waitUntil(send(view, env, ctx));
  else schedule(view, now, env, ctx);
}

/** Counts what the client of a finished request received. It goes with the request's mapping. */
export function countFinished(
  view: PoolView,
  finished: FinishedRequest & { readonly route: string | null },
  bytes: Bytes,
): void {
  addFinished(outboxOf(view).received.of(finished.route, finished.backend), finished, bytes);
}

/** Notes a finished request. */
export function recordMapping(
  view: PoolView,
  mapping: Mapping,
  now: number,
  env: Env,
  ctx: ExecutionContext,
): void {
  outboxOf(view).mappings.push(mapping);
  schedule(view, now, env, ctx);
}

/** Counts a copy of a mirrored request that is sent to the pool. */
export function recordMirrored(view: PoolView, now: number, env: Env, ctx: ExecutionContext): void {
  outboxOf(view).mirrored++;
  schedule(view, now, env, ctx);
}

/** Reports at once that a probe is on its way. */
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
  ctx.waitUntil(send(view, env, ctx));
}

/**
 * Sends a full batch along with a request that begins. Behind a response that is there already the same call costs twice as
 * much, because the runtime must keep the request alive for it.
 */
export function sendFullBatch(view: PoolView, env: Env, ctx: ExecutionContext, now: number): void {
  if (isFull(outboxOf(view), now) && !view.breaker.isOpen(now)) ctx.waitUntil(send(view, env, ctx));
}

function schedule(view: PoolView, now: number, env: Env, ctx: ExecutionContext): void {
  const outbox = outboxOf(view);
  trim(view, outbox);
  if (outbox.startedAt === 0 || now - outbox.startedAt > ORPHANED_MS) {
    outbox.startedAt = now;
    ctx.waitUntil(sendLater(view, env, ctx, outbox.batch));
  }
}

async function sendLater(view: PoolView, env: Env, ctx: ExecutionContext, batch: number): Promise<void> {
  await sleep(BATCH_MS);
  if (outboxOf(view).batch === batch) await send(view, env, ctx);
  await sendWaiting(view, env, ctx);
  await giveBackWhenIdle(view, env);
}

/** Pauses before what the object did not take is sent again, should no request follow. */
const RESEND_MS = [AWAY_MS, 2 * AWAY_MS] as const;

/** Sends what the object did not take again, for one batch at a time. */
async function sendWaiting(view: PoolView, env: Env, ctx: ExecutionContext): Promise<void> {
  const outbox = outboxOf(view);
  // A request that vanished meanwhile does not keep the next one from it.
  if (Date.now() - outbox.resendingSince < RESEND_MS[0] + RESEND_MS[1] + ORPHANED_MS) return;
  outbox.resendingSince = Date.now();
  for (const pauseMs of RESEND_MS) {
    if (outbox.waiting.length === 0) break;
    await sleep(pauseMs);
    if (outbox.waiting.length > 0) await send(view, env, ctx);
  }
  outbox.resendingSince = 0;
}

/** An isolate may vanish in a pause: what it holds of the sequence goes back first, so that the order goes on without it. */
async function giveBackWhenIdle(view: PoolView, env: Env): Promise<void> {
  if (outboxOf(view).startedAt !== 0 || view.slots.left === 0) return;
  const { batch } = outboxOf(view);
  await sleep(IDLE_MS);
  const isIdle = outboxOf(view).startedAt === 0 && outboxOf(view).batch === batch;
  if (isIdle && view.slots.left > 0 && !view.breaker.isOpen(Date.now())) await ask(view, env, 0);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
