/** What is known of one proxied request until its response is sent; its mapping is made from this. No I/O. */
import { isRepeatable, type RetrySettings } from '../balance/retry.ts';
import type { Outcome } from '../balance/types.ts';
import type { PoolConfig, RouteConfig } from '../config/schema.ts';
import type { Env } from '../env.ts';
import { msBetween } from '../lib/time.ts';
import type { MappedAttempt, Mapping, Reason } from '../protocol/messages.ts';
import type { RetryRefusal } from '../stats/received.ts';
import type { Pin } from './affinity/cookie.ts';
import { edgeLocation } from './pool-client/edge-location.ts';
import type { PoolClient } from './pool-client/pool-client.ts';
import type { CompiledRoute } from './routing/routes.ts';
import type { Target } from './routing/target.ts';

/** A request before its route is known. */
export interface IncomingRequest {
  readonly request: Request;
  /** The request's headers: each read of `request.headers` is a call into the runtime. */
  readonly headers: Headers;
  readonly target: Target;
  readonly requestId: string;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Stands for what the platform says of the client's country, where no client sends the request. */
  readonly country?: string | null | undefined;
  readonly env: Env;
  readonly ctx: ExecutionContext;
}

/** A backend by its index in the pool's present list, and why it was selected. */
export interface Choice {
  readonly index: number;
  readonly reason: Reason;
}

/** A request whose route and pool are known, and the backend that it has come to. */
export interface Exchange extends IncomingRequest {
  readonly method: string;
  readonly route: RouteConfig;
  /** The same route, prepared for its requests. */
  readonly compiled: CompiledRoute;
  /** The pool that the route leads this request to. */
  readonly pool: string;
  readonly upgrade: boolean;
  /** It may be sent twice even if the first backend has acted on it. */
  readonly repeatable: boolean;
  readonly retry: RetrySettings;
  readonly attempts: MappedAttempt[];
  /** The client's genuine affinity cookie, while its backend may be used. */
  pin: Pin | null;
  /** The pool that was tried last: the route's, or a fallback. */
  view: PoolClient;
  /** The backend to try next, or being tried; null: none. */
  choice: Choice | null;
  /** Why the last attempt, which failed, was not followed by another; null: it did not fail, or another one followed. */
  notRetried: RetryRefusal | null;
}

const REQUEST_ID = /^[\w.:=+/@-]{1,128}$/;

/** The client's request id if it is safe in headers and logs; else null. */
export function readRequestId(headers: Headers): string | null {
  const id = headers.get('x-request-id');
  return id !== null && REQUEST_ID.test(id) ? id : null;
}

/** Starts the exchange of a request that a route sends to the pool of `view`. No backend is selected yet. */
export function beginExchange(
  incoming: IncomingRequest,
  compiled: CompiledRoute,
  view: PoolClient,
): Exchange {
  const { request, headers, target, requestId, startedAt, country, env, ctx } = incoming;
  const route = compiled.config;
  const { method } = request;
  const retry = retryOf(route, view.config);
  const hasKey = retry.nonIdempotent === 'idempotency-key' && headers.has('idempotency-key');
  return {
    request,
    headers,
    method,
    target,
    route,
    compiled,
    pool: view.config.id,
    requestId,
    startedAt,
    country,
    env,
    ctx,
    upgrade: headers.get('upgrade')?.toLowerCase() === 'websocket',
    repeatable: isRepeatable(method, hasKey, retry.nonIdempotent),
    retry,
    attempts: [],
    pin: null,
    view,
    choice: null,
    notRetried: null,
  };
}

/** Whether the request is a CORS preflight: browsers send it without cookies and ignore those of its response. */
export const isPreflight = ({ method, headers }: Exchange): boolean =>
  method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');

const mergedRetries = new WeakMap<
  RouteConfig,
  { readonly pool: PoolConfig; readonly retry: RetrySettings }
>();

/** The pool's retry settings, overridden by the route's; merged once per configuration. */
function retryOf(route: RouteConfig, pool: PoolConfig): RetrySettings {
  if (!route.retry) return pool.retry;
  const known = mergedRetries.get(route);
  if (known?.pool === pool) return known.retry;
  const own = Object.entries(route.retry).filter(([, value]) => value !== undefined);
  const retry: RetrySettings = { ...pool.retry, ...Object.fromEntries(own) };
  mergedRetries.set(route, { pool, retry });
  return retry;
}

/** Adds an attempt in the terms of the API. */
export function addAttempt(exchange: Exchange, backend: string, outcome: Outcome, failed: boolean): void {
  const { kind, status = null, ms } = outcome;
  exchange.attempts.push({
    backend,
    outcome: kind === 'response' ? (failed ? 'failure-status' : 'ok') : kind,
    status,
    ms,
  });
}

/** The value of X-Backend-Attempts: each backend tried and its outcome, such as `a;timeout, b;200`. */
export function describeAttempts(attempts: readonly MappedAttempt[]): string {
  if (attempts.length === 1) return describe(attempts[0]!);
  return attempts.map(describe).join(', ');
}

const describe = ({ backend, outcome, status }: MappedAttempt): string => `${backend};${status ?? outcome}`;

/** The record of a request finished `now` (epoch ms). `backend`: whose response the client gets; null: our own. */
export function mappingOf(exchange: Exchange, backend: string | null, status: number, now: number): Mapping {
  const { requestId, startedAt, method, target, route, view, choice, attempts, notRetried } = exchange;
  const { colo } = edgeLocation();
  return {
    requestId,
    at: startedAt,
    method,
    host: cut(target.host, HOST_LENGTH),
    path: cut(target.path, PATH_LENGTH),
    route: route.id,
    pool: view.config.id,
    backend,
    reason: choice?.reason ?? 'policy',
    attempts,
    status,
    ms: msBetween(startedAt, now),
    colo,
    notRetried,
  };
}

/**
 * The record of a request that came to no pool, and that we answered with `status` at `now` (epoch ms): `answeredBy` did, or
 * null: no route fitted.
 */
export function unpooledMapping(
  incoming: IncomingRequest,
  answeredBy: CompiledRoute | null,
  status: number,
  now: number,
): Mapping {
  const { request, target, requestId, startedAt } = incoming;
  return {
    requestId,
    at: startedAt,
    method: request.method,
    host: cut(target.host, HOST_LENGTH),
    path: cut(target.path, PATH_LENGTH),
    route: answeredBy?.config.id ?? null,
    pool: null,
    backend: null,
    reason: answeredBy === null ? 'unrouted' : answeredBy.redirect ? 'redirect' : 'respond',
    attempts: [],
    status,
    ms: msBetween(startedAt, now),
    colo: edgeLocation().colo,
    notRetried: null,
  };
}

/** Longer hosts and paths are cut in the record, which keeps reports small. No name in DNS is longer than this. */
export const HOST_LENGTH = 253;
export const PATH_LENGTH = 512;
const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length)}…` : text;
