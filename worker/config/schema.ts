/** The configuration document: every key with its default, limit and unit. Unknown keys are errors. No I/O. */
import { z } from 'zod';
import { type PolicyName, policies } from '../balance/policies.ts';
import {
  cookieName,
  failureStatus,
  flag,
  hostPattern,
  id,
  integer,
  list,
  object,
  oneOf,
  TOKEN,
  text,
  timeout,
} from './fields.ts';
import { LIMITS } from './limits.ts';

const CONNECT_STATUSES = [502, 503, 504, 521, 522, 523, 524, 525, 526, 530];

/** One server: where it is, how much it takes, whether the operator lets it. */
export const backendSchema = object({
  id: id(),
  url: text()
    .max(LIMITS.urlLength, { error: `takes at most ${LIMITS.urlLength} characters` })
    .nullable()
    .default(null)
    .describe('http or https; a path is a prefix'),
  binding: text()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, { error: 'must be the name of a service or VPC binding' })
    .nullable()
    .default(null)
    .describe('A service or VPC binding instead of a URL'),
  weight: integer(0, LIMITS.weight).default(1).describe('Share among the pool; 0: no new requests'),
  state: oneOf('active', 'draining', 'disabled')
    .default('active')
    .describe('draining: no new clients, known ones stay'),
  tier: integer(0, LIMITS.tier).default(0).describe('Asked only when every lower tier is unavailable'),
  host: oneOf('backend', 'client')
    .default('backend')
    .describe('Whose Host is sent: its own or the one of the client'),
  timeoutMs: timeout().nullable().default(null).describe('To response headers; empty: as the pool'),
});

/** What may be tried again at another backend. */
const retryShape = {
  maxRetries: integer(0, LIMITS.maxRetries)
    .describe('After the first attempt, always at a backend not yet tried')
    .default(2),
  on: list(
    z.union([oneOf('connect-failure', 'timeout'), failureStatus()], {
      error: 'must be connect-failure, timeout or an HTTP error status from 400 to 599',
    }),
    64,
    'conditions',
  )
    .describe('connect-failure, timeout and statuses that are tried again')
    .default(['connect-failure', 'timeout', ...CONNECT_STATUSES]),
  nonIdempotent: z
    .union([z.boolean(), z.literal('idempotency-key')], { error: 'must be true, false or "idempotency-key"' })
    .describe('Whether POST and PATCH are tried again too')
    .default(false),
  budgetPercent: integer(0, 100, ' (per cent)')
    .describe('Retries at most, of recent requests; ten in ten seconds are always allowed')
    .default(20),
  bodyLimitBytes: integer(0, LIMITS.bodyLimitBytes, ' (bytes)')
    .describe('A larger body streams and is not sent again')
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
  failures: integer(1, 1_000).default(3).describe('Failures in a row that eject, however far apart'),
  failurePercent: integer(0, 100, ' (per cent)')
    .default(40)
    .describe('Or this share of the recent attempts; 0: only failures in a row'),
  minRequests: integer(1, 100_000).default(10).describe('Attempts that the share needs within the window'),
  windowMs: integer(100, 3_600_000, ' (milliseconds)')
    .default(10_000)
    .describe('The time over which the share is counted'),
  stallMs: integer(0, 3_600_000, ' (milliseconds)')
    .default(2_000)
    .describe('A backend that lets requests wait this long while others answer is stalled; 0: never'),
  baseMs: integer(100, 3_600_000, ' (milliseconds)')
    .default(10_000)
    .describe('How long, times the ejections in a row'),
  maxMs: integer(100, 86_400_000, ' (milliseconds)').default(300_000).describe('No longer than this'),
  maxEjectedPercent: integer(0, 100, ' (per cent)')
    .default(100)
    .describe('Of the pool at once; one may always go. Past it a failing backend stays in and is asked last'),
  failureStatuses: list(failureStatus(), 64, 'statuses')
    .default(CONNECT_STATUSES)
    .describe('Answers that count as a failure, besides no answer'),
});

const policyNames = Object.keys(policies) as [PolicyName, ...PolicyName[]];

/** Named backends with one policy. */
export const poolSchema = object({
  id: id(),
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
    .describe('For policy hash: ip, path, header:NAME or cookie:NAME'),
  backends: list(backendSchema, LIMITS.backendsPerPool, 'backends').min(1, {
    error: 'needs at least one backend, such as {"id": "a", "url": "https://a.example.net"}',
  }),
  timeoutMs: timeout().default(30_000).describe('To response headers; a stream is never cut'),
  retry: object(retryShape).prefault({}).describe('When a request is tried again at another backend'),
  ejection: ejectionSchema.prefault({}).describe('When a failing backend gets no requests for a while'),
  whenUnavailable: z
    .string()
    .regex(/^(fail-open|reject|pool:[a-z0-9][a-z0-9-]{0,62})$/, {
      error: 'must be fail-open, reject or pool:ID',
    })
    .default('fail-open')
    .describe('fail-open: ejected ones are asked all the same; reject: 503; pool:ID: that pool takes over'),
  slowStartMs: integer(0, 3_600_000, ' (milliseconds)')
    .default(0)
    .describe('A backend that comes back rises to its weight in this time; 0: at once'),
  sharding: z
    .union([oneOf('none', 'region'), integer(2, LIMITS.shards)], {
      error: `must be none, region or a whole number from 2 to ${LIMITS.shards}`,
    })
    .default('none')
    .describe('Objects that share the sequence: one, one a region, or this many'),
  maxLease: integer(1, LIMITS.maxLease)
    .default(64)
    .describe('Picks handed out at once; 1 is one call for each request'),
});

/** Host and path prefix to a pool. */
export const routeSchema = object({
  id: id(),
  host: hostPattern(),
  path: text()
    .max(LIMITS.urlLength, { error: `takes at most ${LIMITS.urlLength} characters` })
    .regex(/^\/[^?#\\\s]*$/, { error: 'must start with / and hold no query, fragment, space or backslash' })
    .default('/'),
  pool: id(),
  stripPrefix: flag().default(false).describe('The path goes on without the prefix of the route'),
  affinity: oneOf('none', 'cookie', 'ip', 'cookie-then-ip')
    .default('none')
    .describe('What keeps a client at its backend'),
  affinityCookie: object({
    name: cookieName().default('X-Backend-Id'),
    ttlSeconds: integer(60, 31_536_000, ' (seconds)').default(82_800),
    sameSite: oneOf('Lax', 'Strict', 'None').default('Lax'),
  }).prefault({}),
  timeoutMs: timeout().nullable().default(null).describe('Empty: as the pool'),
  retry: retryOverride.nullable().default(null),
  debugHeaders: flag().default(true).describe('Answers say who answered, in X-Backend headers'),
  logSampleRate: z
    .number({ error: 'must be a number from 0 to 1' })
    .min(0, { error: 'must be a number from 0 to 1' })
    .max(1, { error: 'must be a number from 0 to 1' })
    .default(0)
    .describe('Share of successful requests in the log, 0 to 1; failures always are'),
});

/** The whole document; both lists may be left out. */
export const configSchema = object({
  pools: list(poolSchema, LIMITS.pools, 'pools').default([]),
  routes: list(routeSchema, LIMITS.routes, 'routes').default([]),
});

/** A backend of a checked document: nothing is left out. */
export type BackendConfig = z.output<typeof backendSchema>;
/** A pool of a checked document. */
export type PoolConfig = z.output<typeof poolSchema>;
/** A route of a checked document. */
export type RouteConfig = z.output<typeof routeSchema>;
/** A checked document. */
export type Config = z.output<typeof configSchema>;
