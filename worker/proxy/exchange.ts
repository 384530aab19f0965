/** What is known of one proxied request while it is under way; its mapping is made of this at the end. No I/O. */
import { isRepeatable, type RetrySettings } from '../balance/retry.ts';
import type { Outcome } from '../balance/types.ts';
import type { PoolConfig, RouteConfig } from '../config/schema.ts';
import { msBetween } from '../lib/time.ts';
import type { MappedAttempt, Mapping, Reason } from '../protocol/messages.ts';
import type { Pin } from './affinity/cookie.ts';
import { place } from './pool-client/edge-location.ts';
import type { Target } from './routing/target.ts';

export interface Arrival {
  readonly request: Request;
  /** The request's; each look at `request.headers` is a call into the runtime. */
  readonly headers: Headers;
  readonly target: Target;
  readonly requestId: string;
  /** Epoch ms. */
  readonly startedAt: number;
}

const SANE_ID = /^[\w.:=+/@-]{1,128}$/;

/** The client's request id, if it is one that can be put into headers and logs; else null. */
export function saneRequestId(headers: Headers): string | null {
  const id = headers.get('x-request-id');
  return id !== null && SANE_ID.test(id) ? id : null;
}

export interface Exchange extends Arrival {
  readonly method: string;
  readonly route: RouteConfig;
  readonly upgrade: boolean;
  /** May be sent twice although the first backend may have acted on it. */
  readonly repeatable: boolean;
  readonly retry: RetrySettings;
  readonly attempts: MappedAttempt[];
  /** The client's genuine affinity cookie, while its backend may be asked. */
  pin: Pin | null;
  /** The pool that was asked last: the route's, or its fallback. */
  pool: string;
  reason: Reason;
}

/** What is known of a request before anybody is asked. */
export function begin(arrival: Arrival, route: RouteConfig, pool: PoolConfig): Exchange {
  const { request, headers, target, requestId, startedAt } = arrival;
  const { method } = request;
  const retry = retryOf(route, pool);
  const hasKey = retry.nonIdempotent === 'idempotency-key' && headers.has('idempotency-key');
  return {
    request,
    headers,
    method,
    target,
    route,
    requestId,
    startedAt,
    upgrade: headers.get('upgrade')?.toLowerCase() === 'websocket',
    repeatable: isRepeatable(method, hasKey, retry.nonIdempotent),
    retry,
    attempts: [],
    pin: null,
    pool: pool.id,
    reason: 'policy',
  };
}

/** Whether the browser only asks whether it may ask (CORS): it brings no cookies, and keeps none. */
export const isPreflight = ({ method, headers }: Exchange): boolean =>
  method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');

const overridden = new WeakMap<RouteConfig, { readonly pool: PoolConfig; readonly retry: RetrySettings }>();

/** The pool's retry settings with the route's in their place; put together once per configuration. */
function retryOf(route: RouteConfig, pool: PoolConfig): RetrySettings {
  if (!route.retry) return pool.retry;
  const known = overridden.get(route);
  if (known?.pool === pool) return known.retry;
  const own = Object.entries(route.retry).filter(([, value]) => value !== undefined);
  const retry: RetrySettings = { ...pool.retry, ...Object.fromEntries(own) };
  overridden.set(route, { pool, retry });
  return retry;
}

/** Notes an attempt in the words of the API. */
export function noteAttempt(exchange: Exchange, backend: string, outcome: Outcome, failed: boolean): void {
  const { kind, status = null, ms } = outcome;
  exchange.attempts.push({
    backend,
    outcome: kind === 'response' ? (failed ? 'failure-status' : 'ok') : kind,
    status,
    ms,
  });
}

/** `a;timeout, b;200`: who was asked and how it went, for the X-Backend-Attempts header. */
export function describeAttempts(attempts: readonly MappedAttempt[]): string {
  if (attempts.length === 1) return describe(attempts[0]!);
  return attempts.map(describe).join(', ');
}

const describe = ({ backend, outcome, status }: MappedAttempt): string => `${backend};${status ?? outcome}`;

/** The record of a request finished `now` (epoch ms). `backend` answered, or null when nobody did. */
export function mappingOf(exchange: Exchange, backend: string | null, status: number, now: number): Mapping {
  const { requestId, startedAt, method, target, route, pool, reason, attempts } = exchange;
  const { colo } = place();
  return {
    requestId,
    at: startedAt,
    method,
    host: cut(target.host, HOST_KEPT),
    path: cut(target.path, PATH_KEPT),
    route: route.id,
    pool,
    backend,
    reason,
    attempts,
    status,
    ms: msBetween(startedAt, now),
    colo,
  };
}

/** Longer ones are cut in the record: a batch of them must stay small. No name in DNS is longer than this. */
export const HOST_KEPT = 253;
export const PATH_KEPT = 512;
const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length)}…` : text;
