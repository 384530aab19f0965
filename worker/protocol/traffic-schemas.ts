/** The schemas and types of responses about traffic: status, series, recent requests, events, explanations. No I/O. */
import { z } from 'zod';
import { HEALTH_STATES } from '../stats/health.ts';
import { RETRY_REFUSALS, type RetryRefusal } from '../stats/received.ts';
import {
  count,
  differenceFields,
  type Message,
  mappedReason,
  messages,
  reason,
  revision,
  time,
} from './common-schemas.ts';

export type { Reason } from './common-schemas.ts';

const state = () => z.enum(['active', 'draining', 'disabled']);
/** How an attempt ended. */
export const outcome = () =>
  z.enum(['ok', 'failure-status', 'connect-failure', 'timeout', 'stalled', 'client-closed']);

/** Why a failed attempt was not followed by another. */
const retryRefusal = () => z.enum(RETRY_REFUSALS);

const classes = () =>
  z.strictObject({ '1xx': count(), '2xx': count(), '3xx': count(), '4xx': count(), '5xx': count() });
const refusals = () =>
  z.strictObject(
    Object.fromEntries(RETRY_REFUSALS.map((reason) => [reason, count()])) as Record<
      RetryRefusal,
      ReturnType<typeof count>
    >,
  );
/** What clients received. The counts never decrease while the pool exists. */
const receivedFields = {
  responses: classes().describe('By class of status, our own included; a client that left first is in none'),
  own: z.record(z.string(), count()).describe('Our own responses by status, such as 502 and 503'),
  clientClosed: count().describe('Clients that left before their response'),
  savedByRetry: count().describe('Requests that failed at first and got a response from another backend'),
  retriesRefused: refusals().describe('Failed attempts that no other one followed, by the reason'),
  bytesIn: count().describe('Of requests whose length is known'),
  bytesOut: count().describe("Of backends' responses whose length is known"),
};
const receivedSchema = z.strictObject(receivedFields);

/** The health of a pool. */
const healthSchema = z
  .strictObject({
    state: z.enum(HEALTH_STATES),
    since: time(),
    why: z.string().describe('In words; empty: all is well'),
  })
  .describe(
    'The worst that applies. down: no backend is left, or all requests of the last 10 s failed; failing: 5 % of those of the last minute, and five, got a 5xx; degraded: a backend is out or far slower than the others; reduced: the operator took something out',
  );

/** The state of a drain. */
const drainStatusSchema = z.strictObject({
  since: time(),
  disableAt: time().nullable().describe('When it is disabled automatically; null: never'),
  safeAt: time()
    .nullable()
    .describe('From when on it may be removed if no client comes any more; null: not known'),
  safeToRemove: z
    .boolean()
    .describe('No client has come for a whole window; responses that still stream are not counted'),
  why: z.string().describe('Why it may be removed, or not yet'),
});
export type DrainStatus = Message<typeof drainStatusSchema>;

/** How a health check ended; all but `ok` count against the backend. */
const checkResult = () => z.enum(['ok', 'failure-status', 'wrong-body', 'connect-failure', 'timeout']);
export type CheckResult = z.output<ReturnType<typeof checkResult>>;

/** One health check. */
export const checkSchema = z
  .strictObject({
    at: time().describe('When it began, epoch ms'),
    ms: count().describe('Until the result was known'),
    status: z.int().nullable().describe('Of the response; null: there was none'),
    result: checkResult(),
    ok: z.boolean().describe('Whether the result is ok'),
  })
  .register(messages, { id: 'Check' });
export type Check = Message<typeof checkSchema>;
/** The last checks of one backend. */
export const checksSchema = z
  .strictObject({ checks: z.array(checkSchema).describe('The last 50, newest first') })
  .register(messages, { id: 'Checks' });
/** What the end of an ejection by the operator did. */
export const returnedSchema = z
  .strictObject({ returned: z.boolean().describe('false: the backend was not ejected') })
  .register(messages, { id: 'Returned' });

/** What health checks say of one backend. */
const backendHealthSchema = z.strictObject({
  state: z.enum(['healthy', 'unhealthy', 'unknown']).describe('unknown counts as healthy'),
  since: time()
    .nullable()
    .describe('Since when it is in this state; null: it has been unknown from the start'),
  lastCheckAt: time().nullable().describe('null: it has not been checked'),
  lastMs: count().nullable(),
  lastResult: checkResult().nullable(),
  consecutive: count().describe('Equal results in a row, the last included'),
});
export type BackendHealth = Message<typeof backendHealthSchema>;

const percentiles = () =>
  z.strictObject({
    p50: z.number().nullable(),
    p95: z.number().nullable(),
    p99: z.number().nullable(),
  });

/** The status of one backend. */
const backendStatusSchema = z.strictObject({
  id: z.string(),
  state: state().describe('What the operator set'),
  weight: count(),
  status: z
    .enum(['available', 'failing', 'ejected', 'unhealthy', 'draining', 'disabled', 'standby'])
    .describe('What applies now'),
  health: backendHealthSchema.describe('By the health checks of the pool'),
  requests: count().describe('Attempts, retries included'),
  failures: count(),
  ...receivedFields,
  responses: classes().describe('Answers that reached clients, by class of status'),
  consecutiveFailures: count(),
  ejectedUntil: time().nullable().describe('Epoch ms; null when it is not ejected'),
  ejections: count().describe('In a row'),
  share: z.number().nullable().describe('Of first attempts in the last one to two minutes, 0 to 1'),
  expectedShare: z.number().nullable().describe('By the weights in force, 0 to 1'),
  latencyMs: percentiles(),
  openWebSockets: count().describe(
    'That may be open: each counts for a day (WEBSOCKET_LIFE_MS) from when it opened, since the runtime does not report when it ends',
  ),
  affinityClients: count().describe(
    'Clients with affinity seen in the last five minutes (DRAIN_WINDOW_MS), summed over shards',
  ),
  drain: drainStatusSchema.nullable().describe('null: it does not drain'),
});

/** The status of one pool. */
export const poolStatusSchema = z
  .strictObject({
    pool: z.string(),
    revision: revision(),
    at: time(),
    health: healthSchema,
    ...receivedFields,
    latencyMs: percentiles().describe('Of all backends, over the last one to two minutes'),
    mirrored: count().describe(
      'Copies of requests that mirrors of routes sent here; they are in no other count',
    ),
    backends: z.array(backendStatusSchema),
    shardsInUse: count()
      .nullable()
      .describe('How many Pool objects share the load; null: one for each region that has traffic'),
    shards: z
      .array(
        z.strictObject({
          shard: z.string(),
          dropped: count(),
          objectCalls: count(),
          rowsWritten: count(),
          livePushes: count(),
        }),
      )
      .describe('What balancing costs, by Pool object, since it started'),
  })
  .register(messages, { id: 'PoolStatus' });
export type PoolStatus = Message<typeof poolStatusSchema>;

/** The status of the whole deployment. */
export const deploymentStatusSchema = z
  .strictObject({
    revision: revision(),
    pools: z.array(poolStatusSchema).describe('In the order of the pools'),
    routes: z
      .array(z.strictObject({ id: z.string(), ...receivedFields }))
      .describe('In the order of the routes'),
    otherRoutes: receivedSchema.describe(
      'Of the routes past the 200 with traffic that each pool tells apart, and of routes that are gone',
    ),
    unrouted: z
      .strictObject({ own: z.record(z.string(), count()) })
      .describe('Requests that came to no route, by the status of our response'),
  })
  .register(messages, { id: 'DeploymentStatus' });

const column = () => z.array(count().nullable());
const msColumn = () => z.array(z.number().nullable());
const columnFields = {
  from: time().describe('The begin of the first step'),
  stepMs: z.int(),
  requests: column().describe('Responses to clients'),
  '1xx': column(),
  '2xx': column(),
  '3xx': column(),
  '4xx': column(),
  '5xx': column(),
  own: column().describe('Our own responses, which are in the classes too'),
  clientClosed: column(),
  savedByRetry: column(),
  retriesRefused: column(),
  bytesIn: column(),
  bytesOut: column(),
  attempts: column(),
  failures: column().describe('Attempts that counted against a backend'),
  p50Ms: msColumn().describe('Of what clients waited for the headers; of a backend: of its attempts'),
  p95Ms: msColumn(),
  p99Ms: msColumn(),
};
/** The past in steps: a value for each step, null where nothing was recorded. */
export const seriesSchema = z
  .strictObject({
    revision: revision(),
    ...columnFields,
    pools: z
      .array(z.strictObject({ id: z.string(), ...columnFields }))
      .optional()
      .describe('Each pool, where none is asked for'),
    backends: z
      .array(z.strictObject({ id: z.string(), ...columnFields }))
      .optional()
      .describe('Each backend of the pool, with by=backend'),
  })
  .register(messages, { id: 'Series' });
export type Series = Message<typeof seriesSchema>;

/** How one attempt of a request ended; `ms` is the time to the headers of its response. */
const mappedAttemptSchema = z.strictObject({
  backend: z.string(),
  outcome: outcome(),
  status: z.int().nullable(),
  ms: z.number(),
});
export type MappedAttempt = Message<typeof mappedAttemptSchema>;
/** One recorded request -> backend. */
export const mappingSchema = z.strictObject({
  requestId: z.string(),
  at: time(),
  method: z.string(),
  host: z.string(),
  path: z.string().describe('Without the query string'),
  route: z.string().nullable().describe('null: no route fitted'),
  pool: z.string().nullable(),
  backend: z.string().nullable().describe('The backend that answered; null: none did'),
  reason: mappedReason(),
  attempts: z.array(mappedAttemptSchema),
  status: z.int().describe('What the client received'),
  ms: z.number(),
  colo: z.string().nullable(),
  notRetried: retryRefusal()
    .nullable()
    .optional()
    .describe('Why the last attempt, which failed, was not followed by another'),
});
export type Mapping = Message<typeof mappingSchema>;
/** Recent mappings. */
export const requestsSchema = z
  .strictObject({
    revision: revision(),
    requests: z.array(mappingSchema),
    sampled: count().describe(
      'Of how many successes one is recorded, at most; those that failed or were retried are all recorded',
    ),
  })
  .register(messages, { id: 'Requests' });

const eventFields = { id: z.int().describe('Grows'), at: time() };
/** A new revision. `path`, `from`, `to`: the deepest part of the document that holds every change, before and after. */
const configEventSchema = z.strictObject({
  ...eventFields,
  kind: z.literal('config'),
  revision: revision(),
  who: z.string(),
  what: z.string(),
  ...differenceFields,
});
/** What a Pool object found out about a backend. */
const poolEventSchema = z.strictObject({
  ...eventFields,
  kind: z.enum([
    'ejected',
    'probe',
    'probe-failed',
    'returned',
    'stalled',
    'cap-reached',
    'pool-out',
    'pool-back',
    'unhealthy',
    'healthy',
  ]),
  pool: z.string(),
  shard: z.string(),
  backend: z
    .string()
    .nullable()
    .describe('The backend that made the difference; null: a change of the configuration did'),
  why: z.string(),
  outcome: z.enum(['response', 'connect-failure', 'timeout', 'stalled', 'client-closed']).nullable(),
  status: z.int().nullable(),
  requestId: z.string().nullable().describe('The request that caused it'),
  until: time().nullable(),
  ejections: count().describe('In a row'),
});
/** One try to deliver an alert, and what comes of it. */
const alertEventSchema = z.strictObject({
  ...eventFields,
  kind: z.enum(['alert-delivered', 'alert-failed', 'alert-dropped']),
  alert: z.string(),
  message: z.string().describe('The id of the message'),
  key: z.string(),
  event: z.string(),
  state: z.enum(['firing', 'resolved']),
  pool: z.string().nullable(),
  backend: z.string().nullable(),
  try: count(),
  status: z.int().nullable().describe('What the receiver answered; null: it did not'),
  ms: z.number(),
  why: z.string(),
  nextAt: time().nullable().describe('When it is tried next'),
});
/** What became of a rollout. */
const rolloutEventSchema = z.strictObject({
  ...eventFields,
  kind: z.enum([
    'rollout-started',
    'rollout-step',
    'rollout-paused',
    'rollout-resumed',
    'rollout-done',
    'rollout-aborted',
  ]),
  route: z.string(),
  to: z.string(),
  step: z.int().describe('The number of the step, from 1'),
  steps: z.int(),
  share: z.number().describe('Per cent of the requests that `to` gets'),
  who: z.string(),
  why: z.string(),
  pool: z.string(),
  backend: z.null(),
});
/** One event of the history. */
export const eventSchema = z.discriminatedUnion('kind', [
  configEventSchema,
  poolEventSchema,
  alertEventSchema,
  rolloutEventSchema,
]);
export type HistoryEvent = Message<typeof eventSchema>;
/** Events before the history has numbered them. */
export type ConfigEvent = Omit<Message<typeof configEventSchema>, 'id'>;
export type PoolEvent = Omit<Message<typeof poolEventSchema>, 'id'>;
export type AlertHistoryEvent = Omit<Message<typeof alertEventSchema>, 'id'>;
export type RolloutHistoryEvent = Omit<Message<typeof rolloutEventSchema>, 'id'>;
/** Any of them. */
export type NewEvent = ConfigEvent | PoolEvent | AlertHistoryEvent | RolloutHistoryEvent;
/** The history. */
export const eventsSchema = z
  .strictObject({ revision: revision(), events: z.array(eventSchema) })
  .register(messages, { id: 'Events' });

/** One incident: the time in which a pool was neither ok nor reduced. */
const incidentSchema = z.strictObject({
  id: z.int().describe('Grows'),
  pool: z.string(),
  state: z.enum(HEALTH_STATES).describe('The worst that it came to'),
  from: time(),
  to: time().nullable().describe('null: it goes on, until the pool has been fine for a minute'),
  cause: z.string(),
  backends: z.array(z.string()).describe('Those that were out, failing or slow'),
  requestsFailed: count().describe('Responses of 5xx to clients, from a minute before it began on'),
  savedByRetry: count(),
  events: z.array(eventSchema).describe('The events of the pool meanwhile, oldest first, at most 50'),
});
export type Incident = Message<typeof incidentSchema>;
/** The incidents. */
export const incidentsSchema = z
  .strictObject({ revision: revision(), incidents: z.array(incidentSchema).describe('Newest first') })
  .register(messages, { id: 'Incidents' });

/** One backend that would be tried, in its turn. */
const candidateSchema = z.strictObject({ pool: z.string(), backend: z.string(), reason: reason() });
export type Candidate = Message<typeof candidateSchema>;
/** One backend that takes no part in the first pick, and why in words. */
const leftOutSchema = z.strictObject({
  pool: z.string(),
  backend: z.string(),
  status: z.enum(['draining', 'disabled', 'weight-0', 'ejected', 'unhealthy', 'failing', 'standby']),
  why: z.string(),
  ejectedUntil: time().nullable(),
});
export type LeftOut = Message<typeof leftOutSchema>;
/** Where a request would go, and why. */
export const explanationSchema = z
  .strictObject({
    revision: revision(),
    host: z.string(),
    path: z.string(),
    route: z.string().nullable(),
    pool: z.string().nullable(),
    policy: z.string().nullable(),
    affinity: z.string().nullable(),
    candidates: z
      .array(candidateSchema)
      .describe('The first backend to try, then those that a failure would lead to, in order'),
    leftOut: z.array(leftOutSchema).describe('The backends that take no part in the first pick'),
    attempts: z
      .strictObject({ most: count(), why: z.string() })
      .describe('How many are tried at most, and why not more'),
    answer: z
      .strictObject({ status: z.int(), why: z.string() })
      .nullable()
      .describe('The response when no backend is tried; else null'),
    notMatched: z
      .array(
        z.strictObject({
          route: z.string(),
          failed: z
            .array(z.string())
            .describe(
              'path, methods, headers.NAME, cookies.NAME, query.NAME, countries, or redirect (to itself)',
            ),
        }),
      )
      .describe('The routes of this host that are more specific, and what did not fit; at most 100'),
  })
  .register(messages, { id: 'Explanation' });
export type Explanation = Message<typeof explanationSchema>;
