/** A request's way from backend to backend: one attempt, what is noted of it, and who comes next. */
import { takesNew } from '../balance/available.ts';
import { type Budget, beginRequest, endRequest, takeRetry } from '../balance/budget.ts';
import { isFailure, readRetryAfter } from '../balance/ejection.ts';
import { isRetryable } from '../balance/retry.ts';
import { endWait, type Wait, type Waits } from '../balance/stall.ts';
import type { Outcome } from '../balance/types.ts';
import type { BackendConfig } from '../config/schema.ts';
import type { Env } from '../env.ts';
import { type Exchange, noteAttempt } from './exchange.ts';
import { recordAttempt, recordProbe, sendFullBatch } from './pool-client/outbox.ts';
import type { PoolView } from './pool-client/pool-view.ts';
import type { Start } from './resolve.ts';
import { nextPick } from './selection/candidates.ts';
import { fallback, hasOthers } from './selection/fallback.ts';
import type { Choice } from './selection/pick.ts';
import { type AttemptResult, attempt } from './upstream/attempt.ts';
import { type Body, canResend, type NoBody, prepareBody } from './upstream/body.ts';
import { type Deployment, headersOf, messageOf } from './upstream/message.ts';
import { attemptMs, wholeMs } from './upstream/timeouts.ts';
import { countsUnderWay } from './upstream/under-way.ts';
import { type Upstream, upstreamUrl } from './upstream/upstream.ts';

/** What stays the same for all attempts, and where the request has come to. */
export interface Course {
  readonly exchange: Exchange;
  readonly body: Body;
  readonly headers: Headers;
  /** When all attempts together must be over, epoch ms. */
  readonly deadline: number;
  /** When the present backend's turn began, epoch ms. */
  turnAt: number;
  /** Of the route's pool: what retries are taken from, wherever they go. */
  readonly budget: Budget;
  /** How many attempts there had been when it came to this pool. */
  attemptsBefore: number;
  view: PoolView;
  pick: Choice;
  /** Who is asked now. The configuration may change meanwhile, so an index would hold for this turn only. */
  backend: BackendConfig;
  upstream: Upstream;
  /** Whether that backend was known to be ejected when it was asked. */
  sentAs: 'in' | 'out' | 'probe';
  /** Where the request waits. */
  waits: Waits;
  wait: Wait | null;
  /** The retry that a stalled attempt leads to has been taken from the budget. */
  hasBudget: boolean;
  /** The request counts as under way at the present backend until its response has ended. */
  isCounted: boolean;
}

/** How often an attempt that waits looks whether its backend is stalled: a part of `stallMs`, within these bounds. */
const TICKS_PER_STALL = 8;
const TICK_MS = { least: 50, most: 1_000 };

/** Why no backend was asked, and the pool where it came to that: none may be asked, or there is no body to send. */
export interface NotAsked {
  readonly view: PoolView;
  readonly why: NoBody | 'nobody';
}

/** Makes ready to ask the first backend. It needs a promise only for a fallback or a body that is to be kept. */
export function setOut(
  { exchange, view: own, pick }: Start,
  deployment: Deployment,
  env: Env,
  ctx: ExecutionContext,
): Course | NotAsked | Promise<Course | NotAsked> {
  const leave = (view: PoolView, to: Choice) => makeReady(exchange, own, view, to, deployment, env, ctx);
  if (pick) return leave(own, pick);
  const found = fallback(exchange, own, env, ctx);
  return found.then(({ view, pick: other }) => (other ? leave(view, other) : { view, why: 'nobody' }));
}

function makeReady(
  exchange: Exchange,
  own: PoolView,
  view: PoolView,
  pick: Choice,
  deployment: Deployment,
  env: Env,
  ctx: ExecutionContext,
): Course | Promise<Course | NotAsked> {
  const { request, retry } = exchange;
  const { backend, upstream } = view.member(pick.index);
  beginRequest(own.budget, exchange.startedAt);
  sendFullBatch(view, env, ctx, exchange.startedAt);
  exchange.reason = pick.reason;
  const mayRepeat = retry.maxRetries > 0 && hasOthers(own.config);
  const prepared = prepareBody(request, mayRepeat ? retry.bodyLimitBytes : -1, ctx);
  const headers = headersOf(exchange, deployment);
  const { budget } = own;
  const go = (body: Body): Course => {
    // What the client took to send its body is not the backends' doing.
    const turnAt = Date.now();
    const deadline = turnAt + wholeMs(exchange, view.config, backend);
    return {
      exchange,
      body,
      headers,
      deadline,
      turnAt,
      budget,
      attemptsBefore: 0,
      view,
      pick,
      backend,
      upstream,
      sentAs: 'in',
      waits: view.waits[pick.index]!,
      wait: null,
      hasBudget: false,
      isCounted: false,
    };
  };
  if (!(prepared instanceof Promise)) return go(prepared);
  return prepared.then((body) => {
    if (typeof body === 'object') return go(body);
    endRequest(budget, exchange.startedAt);
    return { view, why: body };
  });
}

/** Asks the backend whose turn it is. */
export function ask(course: Course, env: Env, ctx: ExecutionContext): Promise<AttemptResult> {
  const { exchange, body, headers, turnAt, view, pick, backend, upstream } = course;
  if (pick.reason === 'probe') recordProbe(view, upstream.id, exchange.requestId, env, ctx);
  course.isCounted = countsUnderWay(view.config);
  const url = upstreamUrl(upstream, exchange.target, exchange.route);
  const message = messageOf(url, exchange, headers, body, course.isCounted);
  const timeoutMs = attemptMs(exchange, view.config, backend, course.deadline - turnAt);
  const { stallMs } = view.config.ejection;
  const limits = {
    startedAt: turnAt,
    timeoutMs,
    upload: body.kind === 'stream' ? body.upload : null,
    isAbortable: exchange.attempts.length > 0,
    tickMs: stallMs === 0 ? timeoutMs : clamp(stallMs / TICKS_PER_STALL, TICK_MS.least, TICK_MS.most),
    mayLeave: () => mayLeave(course),
    isWatched: course.isCounted,
  };
  const isOut = view.ejectedUntil(Math.min(pick.index, view.healths.length - 1)) !== 0;
  course.sentAs = pick.reason === 'probe' ? 'probe' : isOut ? 'out' : 'in';
  course.waits = view.waits[Math.min(pick.index, view.waits.length - 1)]!;
  course.wait = { startedAt: turnAt, endsAt: turnAt + timeoutMs };
  course.waits.waiting.add(course.wait);
  view.addInFlight(upstream.id, 1);
  return attempt(upstream, message, limits, exchange.request, env);
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most));

/** Whether a request should leave a backend that has stalled, for another; the retry is then paid for. */
function mayLeave(course: Course): boolean {
  const { exchange, view, waits } = course;
  const now = Date.now();
  if (!view.findStall(waits, now)) return false;
  const made = exchange.attempts.length + 1;
  if (!mayMoveOn(course, { kind: 'stalled', ms: 0 }, made) || !isAnotherIn(course)) return false;
  course.hasBudget = takeRetry(course.budget, exchange.retry.budgetPercent, now);
  return course.hasBudget;
}

/** Whether a backend that has not been tried is available. */
function isAnotherIn({ exchange, view, upstream, attemptsBefore }: Course): boolean {
  const tried = exchange.attempts.slice(attemptsBefore);
  return view.config.backends.some(
    (backend, i) =>
      backend.id !== upstream.id &&
      takesNew(backend) &&
      view.verdict(i) === 'available' &&
      !tried.some((attempt) => attempt.backend === backend.id),
  );
}

/** Notes how the backend whose turn it was did. */
export function hear(course: Course, result: AttemptResult, env: Env, ctx: ExecutionContext): void {
  const { exchange, turnAt, view, pick, upstream, sentAs, waits, wait } = course;
  const { outcome, response } = result;
  view.addInFlight(upstream.id, -1);
  const isFirst = exchange.attempts.length === 0;
  const isUpgrade = exchange.upgrade;
  const failed = isFailure(outcome, view.config.ejection.failureStatuses, isUpgrade);
  noteAttempt(exchange, upstream.id, outcome, failed);
  const now = turnAt + outcome.ms;
  if (wait) endWait(waits, wait, response !== null, failed, now);
  const retryAfterMs = failed && response ? readRetryAfter(response.headers.get('retry-after'), now) : 0;
  const judged = { failed, sentAs, retryAfterMs };
  const change =
    outcome.kind === 'client-closed' ? 'none' : view.recordAttempt(pick.index, upstream, judged, now);
  const example = failed || sentAs === 'probe' ? exchange.requestId : null;
  recordAttempt(
    view,
    { ...judged, backend: upstream.id, outcome, isFirst, isUpgrade, change, example },
    now,
    env,
    ctx,
  );
}

/**
 * Whether this outcome is one to try again after, the client is there, and neither attempts nor time are used up. `made`:
 * attempts so far.
 */
export function mayMoveOn(
  { exchange, body, deadline }: Course,
  outcome: Outcome,
  made = exchange.attempts.length,
): boolean {
  const { retry, repeatable, upgrade, request } = exchange;
  if (made > retry.maxRetries || !isRetryable(outcome, repeatable, retry.on, upgrade)) return false;
  return canResend(body) && Date.now() < deadline && !request.signal.aborted;
}

/** Turns to another backend, if there is one and the budget allows it. Returns whether it did. */
export async function moveOn(course: Course, env: Env, ctx: ExecutionContext): Promise<boolean> {
  const { exchange, view } = course;
  const { retry, attempts } = exchange;
  const tried = new Set(attempts.slice(course.attemptsBefore).map(({ backend }) => backend));
  const other = nextPick(exchange, view, tried);
  const found = other ? { view, pick: other } : await fallback(exchange, view, env, ctx);
  const now = Date.now();
  if (!found.pick) return false;
  if (!course.hasBudget && !takeRetry(course.budget, retry.budgetPercent, now)) return false;
  course.hasBudget = false;
  if (found.view !== view) course.attemptsBefore = attempts.length;
  course.turnAt = now;
  course.view = found.view;
  course.pick = found.pick;
  exchange.reason = found.pick.reason;
  Object.assign(course, found.view.member(found.pick.index));
  return true;
}
