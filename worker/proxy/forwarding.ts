/** Prepares a request for its attempts: everything that they share. */
import { type Budget, beginRequest, endRequest } from '../balance/budget.ts';
import type { Wait, Waits } from '../balance/stall.ts';
import type { PoolConfig } from '../config/schema.ts';
import type { Exchange } from './exchange.ts';
import { viewOf } from './pool-client/isolate.ts';
import type { PoolView } from './pool-client/pool-view.ts';
import { takeCopy } from './routing/mirror.ts';
import { hasAlternatives, selectFallback } from './selection/select.ts';
import { type Body, type BodyError, prepareBody } from './upstream/body.ts';
import { backendHeaders, type Deployment } from './upstream/message.ts';
import type { CompiledBackend } from './upstream/upstream.ts';

/** A request on its way to a backend. Its exchange has a choice from now on. */
export interface Forwarding {
  readonly exchange: Exchange;
  readonly deployment: Deployment;
  readonly body: Body;
  readonly headers: Headers;
  /** When all attempts together must be over, epoch ms. */
  readonly deadline: number;
  /** The retry budget of the route's pool, which pays for retries in fallback pools too. */
  readonly budget: Budget;
  /** When the current attempt started, epoch ms. */
  attemptAt: number;
  /** How many attempts were made in earlier pools. */
  attemptsBefore: number;
  /** The backend of the exchange's choice. The configuration may change, so an index is valid for one attempt only. */
  backend: CompiledBackend;
  /** Whether that backend was known to be ejected when the attempt was sent. */
  sentAs: 'in' | 'out' | 'probe';
  /** The requests that wait for that backend, and this one among them. */
  waits: Waits;
  wait: Wait | null;
  /** The retry after a stalled attempt has already been taken from the budget. */
  isRetryPaid: boolean;
  /** A copy goes to the route's mirror pool behind the response. */
  readonly isCopied: boolean;
  /** The request counts as in flight at the backend until its response has ended. */
  isCounted: boolean;
}

/** Why no attempt can be made. */
export type NotForwarded = BodyError | 'no-backend';

/**
 * Prepares the first attempt, in a fallback pool if the route's has no backend available. It needs a promise only for that,
 * or for a body that is buffered.
 */
export function prepareForwarding(
  exchange: Exchange,
  deployment: Deployment,
): Forwarding | Promise<Forwarding | NotForwarded> {
  const own = exchange.view;
  if (exchange.choice) return prepareChosen(exchange, own, deployment);
  return selectFallback(exchange, own, viewOf).then(({ view, choice }) => {
    exchange.view = view;
    exchange.choice = choice;
    return choice ? prepareChosen(exchange, own, deployment) : 'no-backend';
  });
}

/** A backend that has answered within this time, in ms, will most likely read an upload: so it need not be watched. */
const PROVEN_MS = 10_000;

/** `own` is the pool of the route. */
function prepareChosen(
  exchange: Exchange,
  own: PoolView,
  deployment: Deployment,
): Forwarding | Promise<Forwarding | NotForwarded> {
  const { request, retry, route, compiled, view, startedAt, ctx } = exchange;
  const { index } = exchange.choice!;
  const backend = view.member(index).upstream;
  const { budget } = own;
  beginRequest(budget, startedAt);
  view.begin(exchange, startedAt);
  const isRetryPossible = retry.maxRetries > 0 && hasAlternatives(own.config);
  const isCopied =
    compiled.mirror !== null && takeCopy(compiled.mirror, request, exchange.headers, exchange.upgrade);
  const copiedBytes = isCopied ? compiled.mirror!.maxBodyBytes : -1;
  const prepared = prepareBody(
    request,
    {
      bufferedBytes: Math.max(isRetryPossible ? retry.bodyLimitBytes : -1, copiedBytes),
      maxBytes: route.maxBodyBytes,
      isWatched: startedAt - view.waits[index]!.answeredAt > PROVEN_MS,
    },
    ctx,
  );
  const headers = backendHeaders(exchange, deployment);
  const begin = (body: Body): Forwarding => {
    // The time that the client took to send its body does not count against the backends.
    const attemptAt = Date.now();
    return {
      exchange,
      deployment,
      body,
      headers,
      deadline: attemptAt + totalTimeoutMs(exchange, view.config, backend),
      budget,
      attemptAt,
      attemptsBefore: 0,
      backend,
      sentAs: 'in',
      waits: view.waits[index]!,
      wait: null,
      isRetryPaid: false,
      isCopied,
      isCounted: false,
    };
  };
  if (!(prepared instanceof Promise)) return begin(prepared);
  return prepared.then((body) => {
    if (typeof body === 'object') return begin(body);
    endRequest(budget, startedAt);
    return body;
  });
}

/** The limit for all attempts together, in ms; longer if the first backend is allowed longer. */
function totalTimeoutMs({ route, retry }: Exchange, pool: PoolConfig, first: CompiledBackend): number {
  return Math.max(route.timeoutMs ?? pool.timeoutMs, first.timeoutMs ?? 0) * (1 + retry.maxRetries);
}
