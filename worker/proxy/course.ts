/** A request's way from backend to backend: one attempt, what is noted of it, and who comes next. */
import { type Budget, beginRequest, endRequest, takeRetry } from '../balance/budget.ts';
import { isFailure } from '../balance/ejection.ts';
import { isRetryable } from '../balance/retry.ts';
import type { Outcome } from '../balance/types.ts';
import type { BackendConfig } from '../config/schema.ts';
import type { Env } from '../env.ts';
import { type AttemptResult, attempt } from './attempt.ts';
import { type Body, canResend, type NoBody, prepareBody } from './body.ts';
import { nextPick, type Pick } from './candidates.ts';
import { type Exchange, noteAttempt } from './exchange.ts';
import { fallback, hasOthers } from './fallback.ts';
import { headersOf, messageOf } from './message.ts';
import { recordAttempt, recordProbe, sendFullBatch } from './outbox.ts';
import type { PoolView } from './pool-view.ts';
import type { Start } from './start.ts';
import { attemptMs, wholeMs } from './timeouts.ts';
import { countsUnderWay } from './under-way.ts';
import { type Upstream, upstreamUrl } from './upstream.ts';

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
  pick: Pick;
  /** Who is asked now. The configuration may change meanwhile, so an index would hold for this turn only. */
  backend: BackendConfig;
  upstream: Upstream;
  /** The request counts as under way at the present backend until its response has ended. */
  isCounted: boolean;
}

/** Why no backend was asked, and the pool where it came to that: none may be asked, or there is no body to send. */
export interface NotAsked {
  readonly view: PoolView;
  readonly why: NoBody | 'nobody';
}

/** Makes ready to ask the first backend. It needs a promise only for a fallback or a body that is to be kept. */
export function setOut(
  { exchange, view: own, pick }: Start,
  via: string,
  env: Env,
  ctx: ExecutionContext,
): Course | NotAsked | Promise<Course | NotAsked> {
  const leave = (view: PoolView, to: Pick) => makeReady(exchange, own, view, to, via, env, ctx);
  if (pick) return leave(own, pick);
  const found = fallback(exchange, own, env, ctx);
  return found.then(({ view, pick: other }) => (other ? leave(view, other) : { view, why: 'nobody' }));
}

function makeReady(
  exchange: Exchange,
  own: PoolView,
  view: PoolView,
  pick: Pick,
  via: string,
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
  const headers = headersOf(exchange, via);
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
  const limits = {
    startedAt: turnAt,
    timeoutMs: attemptMs(exchange, view.config, backend, course.deadline - turnAt),
    upload: body.kind === 'stream' ? body.upload : null,
    isAbortable: exchange.attempts.length > 0,
    isWatched: course.isCounted,
  };
  view.addInFlight(upstream.id, 1);
  return attempt(upstream, message, limits, exchange.request, env);
}

/** Notes how the backend whose turn it was did. */
export function hear(course: Course, outcome: Outcome, env: Env, ctx: ExecutionContext): void {
  const { exchange, turnAt, view, pick, upstream } = course;
  view.addInFlight(upstream.id, -1);
  const isFirst = exchange.attempts.length === 0;
  const isUpgrade = exchange.upgrade;
  const failed = isFailure(outcome, view.config.ejection.failureStatuses, isUpgrade);
  noteAttempt(exchange, upstream.id, outcome, failed);
  view.noteAttempt(pick.index, upstream, failed);
  const example = failed || pick.reason === 'probe' ? exchange.requestId : null;
  const seen = { backend: upstream.id, outcome, failed, isFirst, isUpgrade, example };
  recordAttempt(view, seen, turnAt + outcome.ms, env, ctx);
}

/** Whether this outcome is one to try again after, the client is there, and neither attempts nor time are used up. */
export function mayMoveOn({ exchange, body, deadline }: Course, outcome: Outcome): boolean {
  const { retry, repeatable, attempts, upgrade } = exchange;
  if (attempts.length > retry.maxRetries || !isRetryable(outcome, repeatable, retry.on, upgrade))
    return false;
  return canResend(body) && Date.now() < deadline && !exchange.request.signal.aborted;
}

/** Turns to another backend, if there is one and the budget allows it. Returns whether it did. */
export async function moveOn(course: Course, env: Env, ctx: ExecutionContext): Promise<boolean> {
  const { exchange, view } = course;
  const { retry, attempts } = exchange;
  const tried = new Set(attempts.slice(course.attemptsBefore).map(({ backend }) => backend));
  const other = nextPick(exchange, view, tried);
  const found = other ? { view, pick: other } : await fallback(exchange, view, env, ctx);
  const now = Date.now();
  if (!found.pick || !takeRetry(course.budget, retry.budgetPercent, now)) return false;
  if (found.view !== view) course.attemptsBefore = attempts.length;
  course.turnAt = now;
  course.view = found.view;
  course.pick = found.pick;
  exchange.reason = found.pick.reason;
  Object.assign(course, found.view.member(found.pick.index));
  return true;
}
