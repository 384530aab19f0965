/** The attempts of one request: sending one, recording its outcome, deciding on a retry, selecting the next backend. */
import { takesNew } from '../balance/available.ts';
import { takeRetry } from '../balance/budget.ts';
import { isFailure, readRetryAfter } from '../balance/ejection.ts';
import { isRetryable } from '../balance/retry.ts';
import { endWait } from '../balance/stall.ts';
import type { Outcome } from '../balance/types.ts';
import type { RetryRefusal } from '../stats/received.ts';
import { addAttempt } from './exchange.ts';
import type { Forwarding } from './forwarding.ts';
import { viewOf } from './pool-client/isolate.ts';
import { withEdits } from './routing/header-edits.ts';
import { hasAlternatives, selectFallback, selectNext } from './selection/select.ts';
import { type AttemptResult, sendMessage } from './upstream/attempt.ts';
import { canResend } from './upstream/body.ts';
import { countsInFlight } from './upstream/in-flight.ts';
import { buildMessage } from './upstream/message.ts';
import { upstreamUrl } from './upstream/upstream.ts';

/** A waiting attempt checks for a stalled backend this many times per `stallMs`, at an interval within these bounds. */
const TICKS_PER_STALL = 8;
const TICK_MS = { least: 50, most: 1_000 };

/** Sends the request to the backend of the exchange's choice. Never rejects. */
export function sendAttempt(forwarding: Forwarding): Promise<AttemptResult> {
  const { exchange, body, attemptAt, backend } = forwarding;
  const { view, compiled } = exchange;
  const headers = withEdits(forwarding.headers, compiled.requestEdits, exchange, backend.id);
  const { index, reason } = exchange.choice!;
  if (reason === 'probe') view.recordProbe(exchange, backend.id, exchange.requestId);
  forwarding.isCounted = countsInFlight(view.config);
  const url = upstreamUrl(backend, exchange.target, compiled.rewrite);
  const message = buildMessage(url, exchange, { headers, body }, forwarding.isCounted);
  const timeoutMs = attemptTimeoutMs(forwarding);
  const { stallMs } = view.config.ejection;
  const options = {
    startedAt: attemptAt,
    timeoutMs,
    upload: body.kind === 'stream' ? body.upload : null,
    isAbortable: exchange.attempts.length > 0,
    tickMs: stallMs === 0 ? timeoutMs : clamp(stallMs / TICKS_PER_STALL, TICK_MS.least, TICK_MS.most),
    giveUp: () => giveUp(forwarding),
    watchesClient: forwarding.isCounted,
  };
  const isOut = view.ejectedUntil(Math.min(index, view.healths.length - 1)) !== 0;
  forwarding.sentAs = reason === 'probe' ? 'probe' : isOut ? 'out' : 'in';
  forwarding.waits = view.waits[Math.min(index, view.waits.length - 1)]!;
  forwarding.wait = { startedAt: attemptAt, endsAt: attemptAt + timeoutMs };
  forwarding.waits.waiting.add(forwarding.wait);
  view.addInFlight(backend.id, 1);
  return sendMessage(backend, message, options, exchange);
}

/** For one attempt's response headers, in ms: the backend's limit, else the route's, else the pool's, within the deadline. */
function attemptTimeoutMs({ exchange, backend, deadline, attemptAt }: Forwarding): number {
  const limitMs = backend.timeoutMs ?? exchange.route.timeoutMs ?? exchange.view.config.timeoutMs;
  return Math.max(1, Math.min(limitMs, deadline - attemptAt));
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most));

/** Whether a waiting attempt should end, and as what. */
function giveUp(forwarding: Forwarding): 'stalled' | 'timeout' | null {
  if (forwarding.body.kind === 'stream' && isLeftUnread(forwarding)) return 'timeout';
  return abandonIfStalled(forwarding) ? 'stalled' : null;
}

/** Whether an upload has taken longer than its timeout at a backend that is out and has answered nothing in that time. */
function isLeftUnread({ exchange: { view }, backend, waits, wait }: Forwarding): boolean {
  if (Date.now() < wait!.endsAt || waits.answeredAt >= wait!.startedAt) return false;
  const index = view.upstreams.findIndex(({ id }) => id === backend.id);
  return index >= 0 && view.verdict(index) !== 'available';
}

/** Gives up a stalled backend if another one is available, and pays for the retry. Returns whether it did. */
function abandonIfStalled(forwarding: Forwarding): boolean {
  const { exchange, waits, budget } = forwarding;
  const now = Date.now();
  if (!exchange.view.findStall(waits, now)) return false;
  const made = exchange.attempts.length + 1;
  if (judgeRetry(forwarding, { kind: 'stalled', ms: 0 }, made) !== 'retry' || !isAnotherAvailable(forwarding))
    return false;
  forwarding.isRetryPaid = takeRetry(budget, exchange.retry.budgetPercent, now);
  return forwarding.isRetryPaid;
}

/** Whether a backend that has not been tried is available in the present pool. */
function isAnotherAvailable({ exchange, backend: current, attemptsBefore }: Forwarding): boolean {
  const { view, attempts } = exchange;
  const tried = attempts.slice(attemptsBefore);
  return view.config.backends.some(
    (backend, i) =>
      backend.id !== current.id &&
      takesNew(backend) &&
      view.verdict(i) === 'available' &&
      !tried.some((attempt) => attempt.backend === backend.id),
  );
}

/** Records how the attempt ended: in the exchange, in what this isolate knows of the pool, and for the Pool object. */
export function recordOutcome(forwarding: Forwarding, { outcome, response }: AttemptResult): void {
  const { exchange, attemptAt, backend, sentAs, waits, wait } = forwarding;
  const { view, upgrade: isUpgrade } = exchange;
  view.addInFlight(backend.id, -1);
  const isFirst = exchange.attempts.length === 0;
  const failed = isFailure(outcome, view.config.ejection.failureStatuses, isUpgrade);
  addAttempt(exchange, backend.id, outcome, failed);
  const now = attemptAt + outcome.ms;
  if (wait) endWait(waits, wait, response !== null, failed, now);
  const retryAfterMs = failed && response ? readRetryAfter(response.headers.get('retry-after'), now) : 0;
  const judged = { failed, sentAs, beganAt: attemptAt, retryAfterMs };
  const change =
    outcome.kind === 'client-closed' ? 'none' : view.judge(exchange.choice!.index, backend, judged, now);
  if (view.policy.measuresTime) view.recordTime(backend, outcome, failed, now);
  const example = failed || sentAs === 'probe' ? exchange.requestId : null;
  const seen = { ...judged, backend: backend.id, outcome, isFirst, isUpgrade, change, example };
  view.record(exchange, seen, now);
}

/**
 * Whether to try another backend after this outcome: it is one that is retried, the client is still there, and neither the
 * attempts nor the time are used up. Else why not; `final`: there is nothing to retry. `made`: attempts so far.
 */
export function judgeRetry(
  { exchange, body, deadline }: Forwarding,
  outcome: Outcome,
  made = exchange.attempts.length,
): 'retry' | 'final' | RetryRefusal {
  const { retry, repeatable, upgrade, request, view } = exchange;
  if (!isRetryable(outcome, true, retry.on, upgrade)) return 'final';
  if (!isRetryable(outcome, repeatable, retry.on, upgrade)) return 'method';
  if (made > retry.maxRetries) return 'attempts';
  // Where there is no other backend, no body is kept.
  if (!canResend(body)) return hasAlternatives(view.config) ? 'body' : 'nobody-left';
  if (Date.now() >= deadline) return 'time';
  return request.signal.aborted ? 'client-closed' : 'retry';
}

/** Turns to the next backend, if there is one and the retry budget allows it. Returns why not, or null when it did. */
export async function selectNextBackend(forwarding: Forwarding): Promise<RetryRefusal | null> {
  const { exchange, budget } = forwarding;
  const { retry, attempts, view } = exchange;
  const tried = new Set(attempts.slice(forwarding.attemptsBefore).map(({ backend }) => backend));
  const next = selectNext(exchange, view, tried);
  const found = next ? { view, choice: next } : await selectFallback(exchange, view, viewOf);
  const now = Date.now();
  if (!found.choice) return 'nobody-left';
  if (!forwarding.isRetryPaid && !takeRetry(budget, retry.budgetPercent, now)) return 'budget';
  forwarding.isRetryPaid = false;
  if (found.view !== view) forwarding.attemptsBefore = attempts.length;
  forwarding.attemptAt = now;
  forwarding.backend = found.view.member(found.choice.index).upstream;
  exchange.view = found.view;
  exchange.choice = found.choice;
  return null;
}
