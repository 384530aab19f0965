/** The configuration document: every key with its default, limits and unit. Unknown keys are errors. No I/O. */
import { z } from 'zod';
import { type PolicyName, policies } from '../balance/policies.ts';
import {
  cookieName,
  failureStatus,
  flag,
  headerValues,
  hostPattern,
  id,
  integer,
  list,
  object,
  oneOf,
  TOKEN,
  text,
  timeout,
  urlPath,
} from './fields.ts';
import { LIMITS } from './limits.ts';
import {
  matchSchema,
  mirrorSchema,
  redirectSchema,
  requestEdits,
  respondSchema,
  responseEdits,
  splitSchema,
} from './route-parts.ts';

/** What an alert can be about. */
export const alertEvents = ['pool-down', 'pool-failing', 'backend-out', 'rollout-aborted'] as const;

const CONNECT_STATUSES = [502, 503, 504, 521, 522, 523, 524, 525, 526, 530];

/** The description of every id. */
const ID = 'Shown in lists and logs; cannot be changed later';

/** One server: its address, its share, and the state that the operator gave it. */
export const backendSchema = object({
  id: id().describe(ID),
  url: text()
    .max(LIMITS.urlLength, { error: `takes at most ${LIMITS.urlLength} characters` })
    .nullable()
    .default(null)
    .describe('Absolute http or https URL; its path is prepended to the request path'),
  binding: text()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, { error: 'must be the name of a service or VPC binding' })
    .nullable()
    .default(null)
    .describe(
      'Service or VPC binding that the backend is reached by; with a URL, that says what is requested',
    ),
  weight: integer(0, LIMITS.weight)
    .default(1)
    .describe('Share of requests, relative to the other backends; 0: no new requests'),
  state: oneOf('active', 'draining', 'disabled')
    .default('active')
    .describe('A draining backend keeps its clients but gets no new ones'),
  tier: integer(0, LIMITS.tier).default(0).describe('Used only if no backend of a lower tier is available'),
  host: oneOf('backend', 'client')
    .default('backend')
    .describe('Host header sent to the backend: its own, or that of the client'),
  timeoutMs: timeout()
    .nullable()
    .default(null)
    .describe('Time to wait for response headers; if not set, that of the pool'),
});

/** What may be retried at another backend. */
const retryShape = {
  maxRetries: integer(0, LIMITS.maxRetries)
    .describe('Retries after the first attempt, each at a backend not yet tried')
    .default(2),
  on: list(
    z.union([oneOf('connect-failure', 'timeout'), failureStatus()], {
      error: 'must be connect-failure, timeout or an HTTP error status from 400 to 599',
    }),
    64,
    'conditions',
  )
    .describe('Failures to retry: connect-failure, timeout and HTTP statuses')
    .default(['connect-failure', 'timeout', ...CONNECT_STATUSES]),
  nonIdempotent: z
    .union([z.boolean(), z.literal('idempotency-key')], { error: 'must be true, false or "idempotency-key"' })
    .describe('Whether POST and PATCH are retried; idempotency-key: only with that header')
    .default(false),
  budgetPercent: integer(0, 100, ' (per cent)')
    .describe('Limit on retries, as a share of recent requests; ten in ten seconds are always allowed')
    .default(20),
  bodyLimitBytes: integer(0, LIMITS.bodyLimitBytes, ' (bytes)')
    .describe('Larger bodies are streamed and cannot be retried')
    .default(65_536),
};

const unwrap = <T extends z.ZodType>(schema: z.ZodDefault<T>) => schema.unwrap().optional();
/** A route's overrides: any of the pool's keys, none with a default. */
const retryOverride = object({
  maxRetries: unwrap(retryShape.maxRetries),
  on: unwrap(retryShape.on),
  nonIdempotent: unwrap(retryShape.nonIdempotent),
  budgetPercent: unwrap(retryShape.budgetPercent),
  bodyLimitBytes: unwrap(retryShape.bodyLimitBytes),
});

const ejectionSchema = object({
  failures: integer(1, 1_000)
    .default(3)
    .describe('Failures in a row that eject a backend, however far apart'),
  failurePercent: integer(0, 100, ' (per cent)')
    .default(40)
    .describe('Share of failed attempts that also ejects a backend; 0: only failures in a row count'),
  minRequests: integer(1, 100_000).default(10).describe('Attempts in the window before the share counts'),
  windowMs: integer(100, 3_600_000, ' (milliseconds)')
    .default(10_000)
    .describe('Window over which the share of failed attempts is counted'),
  stallMs: integer(0, 3_600_000, ' (milliseconds)')
    .default(2_000)
    .describe('A backend is stalled when requests wait this long while other backends answer; 0: never'),
  baseMs: integer(100, 3_600_000, ' (milliseconds)')
    .default(10_000)
    .describe('Length of an ejection, times the number of ejections in a row'),
  maxMs: integer(100, 86_400_000, ' (milliseconds)')
    .default(300_000)
    .describe('Limit on the length of an ejection'),
  maxEjectedPercent: integer(0, 100, ' (per cent)')
    .default(100)
    .describe(
      'Limit on ejected backends; one may always be ejected. Beyond it a failing backend is asked last',
    ),
  failureStatuses: list(failureStatus(), 64, 'statuses')
    .default(CONNECT_STATUSES)
    .describe('Statuses that count as failures, in addition to connection failures and timeouts'),
});

const HOST_ERROR = 'must be a host name such as shop.example.com, with or without a port';
const STATUS_ERROR = 'must be a status such as "204" or a class such as "2xx", as a string';
/** How the backends of a pool are checked. */
export const healthCheckSchema = object({
  path: text()
    .max(LIMITS.urlLength, { error: `takes at most ${LIMITS.urlLength} characters` })
    .regex(/^\/[^#\\\s]*$/, { error: 'must start with / and contain no fragment, space or backslash' })
    .default('/')
    .describe("Path and query, after the path of the backend's URL"),
  method: oneOf('GET', 'HEAD').default('GET').describe('Method of the request'),
  host: text()
    .max(253, { error: HOST_ERROR })
    .regex(/^[\w.-]+(:\d{1,5})?$/, { error: HOST_ERROR })
    .nullable()
    .default(null)
    .describe('Sent as Host to a binding, and as X-Forwarded-Host to a URL; if not set, its own'),
  headers: headerValues((_, value) =>
    value.includes('${') ? 'must not contain ${: a check stands for no request' : null,
  )
    .default({})
    .describe('Further headers of the request, by name'),
  intervalMs: integer(5_000, 3_600_000, ' (milliseconds)')
    .default(15_000)
    .describe('Time between two checks of a backend'),
  timeoutMs: integer(1, 60_000, ' (milliseconds)')
    .default(5_000)
    .describe('Time for the response, and for its body where one is expected'),
  expectedStatuses: list(
    z.string({ error: STATUS_ERROR }).regex(/^([1-5]xx|[1-5]\d\d)$/, { error: STATUS_ERROR }),
    64,
    'statuses',
  )
    .min(1, { error: 'needs at least one status, such as "2xx"' })
    .default(['2xx'])
    .describe('Statuses of a healthy backend: codes ("204") or classes ("2xx"); redirects are not followed'),
  expectedBody: text()
    .min(1, { error: 'must not be empty; null: any body' })
    .max(LIMITS.checkBodyLength, { error: `takes at most ${LIMITS.checkBodyLength} characters` })
    .nullable()
    .default(null)
    .describe('Text that the first 10 KiB of the body must contain, in upper or lower case'),
  unhealthyAfter: integer(1, 100)
    .default(3)
    .describe('Failed checks in a row after which it gets no requests'),
  healthyAfter: integer(1, 100)
    .default(2)
    .describe('Successful checks in a row after which an unhealthy backend gets requests again'),
  always: flag()
    .default(false)
    .describe('Checks a backend even if it has answered a request well within the interval'),
});

const policyNames = Object.keys(policies) as [PolicyName, ...PolicyName[]];

/** Named backends with one policy. */
export const poolSchema = object({
  id: id().describe(ID),
  policy: oneOf(...policyNames)
    .default('round-robin')
    .describe('How the next backend is chosen'),
  hashKey: z
    .string()
    .max(LIMITS.hashKeyLength, { error: `takes at most ${LIMITS.hashKeyLength} characters` })
    .regex(new RegExp(`^(ip|path|header:${TOKEN}|cookie:${TOKEN})$`), {
      error: 'must be ip, path, header:NAME or cookie:NAME',
    })
    .default('ip')
    .describe('Key for policy hash: ip, path, header:NAME or cookie:NAME'),
  backends: list(backendSchema, LIMITS.backendsPerPool, 'backends').min(1, {
    error: 'needs at least one backend, such as {"id": "a", "url": "https://a.example.net"}',
  }),
  timeoutMs: timeout().default(30_000).describe('Time to wait for response headers; the body has no limit'),
  retry: object(retryShape).prefault({}).describe('When a request is retried at another backend'),
  ejection: ejectionSchema.prefault({}).describe('When a failing backend gets no requests for a while'),
  healthCheck: healthCheckSchema
    .nullable()
    .default(null)
    .describe(
      'Requests of its own by which the pool finds out whether a backend is healthy; if not set, none',
    ),
  whenUnavailable: z
    .string()
    .regex(/^(fail-open|reject|pool:[a-z0-9][a-z0-9-]{0,62})$/, {
      error: 'must be fail-open, reject or pool:ID',
    })
    .default('fail-open')
    .describe(
      'If no backend is available, use ejected ones (fail-open), answer 503 (reject), or use another pool (pool:ID)',
    ),
  slowStartMs: integer(0, 3_600_000, ' (milliseconds)')
    .default(0)
    .describe('Time in which a returning backend reaches its full weight; 0: at once'),
  sharding: z
    .union([oneOf('auto', 'none', 'region'), integer(2, LIMITS.shards)], {
      error: `must be auto, none, region or a whole number from 2 to ${LIMITS.shards}`,
    })
    .default('auto')
    .describe(
      'Durable Objects that share the load: as many as it takes (auto), one, one per region, or this many',
    ),
  maxStaleMs: integer(0, 3_600_000, ' (milliseconds)')
    .default(10_000)
    .describe(
      'An isolate that heard of the pool this recently does not wait for its object; 0: it always waits',
    ),
  maxLease: integer(1, LIMITS.maxLease)
    .default(64)
    .describe('Limit on picks handed out at once; 1: one call per request'),
});

/** Which requests, by host, path and conditions, and what happens to them: a pool, a split, a redirect or a fixed response. */
export const routeSchema = object({
  id: id().describe(ID),
  host: hostPattern().describe('Exact host, or *.example.com for every host below it'),
  path: text()
    .max(LIMITS.urlLength, { error: `takes at most ${LIMITS.urlLength} characters` })
    .regex(/^\/[^?#\\\s]*$/, {
      error: 'must start with / and contain no query, fragment, space or backslash',
    })
    .default('/')
    .describe('A prefix: /api matches /api/orders, but not /apis'),
  pathMatch: oneOf('prefix', 'exact')
    .default('prefix')
    .describe('Whether the path may go on after a slash, or must be exactly this one'),
  match: matchSchema.default({}).describe('Conditions beside host and path; all must hold'),
  pool: id().nullable().default(null).describe('Pool that gets the requests'),
  split: splitSchema.nullable().default(null).describe('Pools that share the requests by weight'),
  redirect: redirectSchema
    .nullable()
    .default(null)
    .describe('Answers with a redirect; what is null stays as requested, and the query is kept'),
  respond: respondSchema.nullable().default(null).describe('Answers with a fixed response'),
  stripPrefix: flag().default(false).describe('Removes the path of the route from the request path'),
  rewritePrefix: urlPath()
    .nullable()
    .default(null)
    .describe('Replaces the path of the route in the request path'),
  rewriteLocation: flag()
    .default(true)
    .describe("Rewrites redirects to the backend's own URL into redirects to the client's host"),
  requestHeaders: requestEdits.prefault({}).describe('Changes to the headers that the backend receives'),
  responseHeaders: responseEdits.prefault({}).describe('Changes to the headers that the client receives'),
  maxBodyBytes: integer(0, LIMITS.maxBodyBytes, ' (bytes)')
    .nullable()
    .default(null)
    .describe('Requests with a larger body get 413; 0: none may have a body'),
  mirror: mirrorSchema.nullable().default(null).describe('Pool that gets copies of requests'),
  affinity: oneOf('none', 'cookie', 'ip', 'cookie-then-ip')
    .default('none')
    .describe('What keeps a client at its backend'),
  affinityCookie: object({
    name: cookieName().default('X-Backend-Id').describe('Name of the cookie'),
    ttlSeconds: integer(60, 31_536_000, ' (seconds)').default(82_800).describe('Lifetime of the cookie'),
    sameSite: oneOf('Lax', 'Strict', 'None').default('Lax').describe('SameSite attribute of the cookie'),
  })
    .prefault({})
    .describe('The cookie of affinity cookie and cookie-then-ip'),
  timeoutMs: timeout()
    .nullable()
    .default(null)
    .describe('Time to wait for response headers; if not set, that of the pool'),
  retry: retryOverride.nullable().default(null).describe('Settings that replace those of the pool'),
  debugHeaders: flag().default(true).describe('Adds X-Backend-* headers to responses'),
  logSampleRate: z
    .number({ error: 'must be a number from 0 to 1' })
    .min(0, { error: 'must be a number from 0 to 1' })
    .max(1, { error: 'must be a number from 0 to 1' })
    .default(0)
    .describe('Failures and retries are always logged'),
});

/** What is sent where when something is wrong. */
export const alertSchema = object({
  id: id().describe(ID),
  url: text()
    .max(LIMITS.urlLength, { error: `takes at most ${LIMITS.urlLength} characters` })
    .describe('Receiver: an https URL that takes a POST, under the same rules as the URL of a backend'),
  on: list(oneOf(...alertEvents), alertEvents.length, 'events')
    .min(1, { error: `needs at least one of ${alertEvents.join(', ')}` })
    .default([...alertEvents])
    .describe('What it is sent for'),
  pools: list(id(), LIMITS.pools, 'pools').default([]).describe('Only for these pools; empty: for all'),
  holdMs: integer(0, 3_600_000, ' (milliseconds)')
    .default(0)
    .describe('Sent only when it has lasted this long'),
  format: oneOf('json', 'slack').default('json').describe('Body: our own JSON, or a text for Slack'),
});

const configShape = {
  pools: list(poolSchema, LIMITS.pools, 'pools').default([]),
  routes: list(routeSchema, LIMITS.routes, 'routes').default([]),
  alerts: list(alertSchema, LIMITS.alerts, 'alerts').default([]),
};

/** The whole document as it is stored and answered. */
export const configSchema = object(configShape);

/** The whole document as it is sent; every list may be left out. */
export const documentSchema = object({
  ...configShape,
  $schema: text()
    .max(LIMITS.urlLength, { error: `takes at most ${LIMITS.urlLength} characters` })
    .optional()
    .describe('Address of the JSON Schema, for editors; accepted and not stored'),
});

/** A backend of a checked document, with every key. */
export type BackendConfig = z.output<typeof backendSchema>;
/** How the backends of a pool are checked. */
export type HealthCheck = z.output<typeof healthCheckSchema>;
/** A pool of a checked document. */
export type PoolConfig = z.output<typeof poolSchema>;
/** A route of a checked document. */
export type RouteConfig = z.output<typeof routeSchema>;
/** An alert of a checked document. */
export type AlertConfig = z.output<typeof alertSchema>;
/** A checked document. */
export type Config = z.output<typeof configSchema>;
