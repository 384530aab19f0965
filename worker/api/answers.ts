/** The shapes of the API's answers, as schemas: the OpenAPI document is made of them, and tests hold the answers to them. */
import { z } from 'zod';
import { backendSchema, configSchema, poolSchema, routeSchema } from '../config/schema.ts';

const time = () => z.int().describe('Epoch ms');
const count = () => z.int().min(0);
const revision = () => z.int().min(0).describe('The revision of the configuration');
const state = () => z.enum(['active', 'draining', 'disabled']);
const outcome = () => z.enum(['ok', 'failure-status', 'connect-failure', 'timeout', 'client-closed']);
const reason = () => z.enum(['policy', 'affinity', 'retry', 'fail-open', 'tier', 'probe', 'fallback']);

export const faultSchema = z.strictObject({
  path: z.string().describe('A JSON path such as pools[0].backends[2].url; empty: the document itself'),
  message: z.string(),
});

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(faultSchema).optional(),
  })
  .describe('A problem document (RFC 9457)');

const warnings = () => z.array(faultSchema).optional().describe('What is allowed but should be known');

export const healthSchema = z.strictObject({ status: z.literal('ok'), version: z.string() });
export const sessionSchema = z.strictObject({ session: z.strictObject({ seconds: z.int() }) });
export const signedInSchema = z.strictObject({ session: z.strictObject({ who: z.string() }) });
export const linkSchema = z.strictObject({
  code: z.string().describe('Good for one POST /session {"code"}'),
});

const difference = {
  path: z.string().describe('Such as pools[shop].backends[a].weight'),
  from: z.unknown().describe('null: it was not there, or is too long for an event'),
  to: z.unknown().describe('null: it is gone, or is too long for an event'),
};
const changes = () => z.array(z.strictObject(difference));

export const configAnswerSchema = z.strictObject({
  revision: revision(),
  config: configSchema,
  dryRun: z.boolean().optional(),
  changes: changes().optional().describe('Only of a dry run: what it would change in the document in force'),
  warnings: warnings(),
});
export const declaredSchema = z.strictObject({
  revision: revision(),
  declared: configSchema.nullable().describe('null: none is set, or it is faulty'),
});
export const poolsSchema = z.strictObject({ revision: revision(), pools: z.array(poolSchema) });
export const poolAnswerSchema = z.strictObject({
  revision: revision(),
  pool: poolSchema,
  warnings: warnings(),
});
export const backendsSchema = z.strictObject({ revision: revision(), backends: z.array(backendSchema) });
export const backendAnswerSchema = z.strictObject({
  revision: revision(),
  backend: backendSchema,
  warnings: warnings(),
});
const drain = () =>
  z.strictObject({ pool: z.string(), backend: z.string(), since: time(), disableAt: time().nullable() });
export const drainAnswerSchema = z.strictObject({ revision: revision(), drain: drain() });
export const drainBegunSchema = z.strictObject({
  revision: revision(),
  backend: backendSchema,
  drain: drain(),
  warnings: warnings(),
});
export const routesSchema = z.strictObject({ revision: revision(), routes: z.array(routeSchema) });
export const routeAnswerSchema = z.strictObject({
  revision: revision(),
  route: routeSchema,
  warnings: warnings(),
});

export const backendStatusSchema = z.strictObject({
  id: z.string(),
  state: state().describe('What the operator asked for'),
  weight: count(),
  status: z.enum(['available', 'ejected', 'draining', 'disabled', 'standby']).describe('What holds now'),
  requests: count().describe('Attempts, retries included'),
  failures: count(),
  consecutiveFailures: count(),
  ejectedUntil: time().nullable().describe('Epoch ms; null when it is not ejected'),
  ejections: count().describe('In a row'),
  share: z.number().nullable().describe('Of first attempts in the last one to two minutes, 0 to 1'),
  expectedShare: z.number().nullable().describe('By the weights in force, 0 to 1'),
  latencyMs: z.strictObject({ p50: z.number().nullable(), p95: z.number().nullable() }),
  openWebSockets: count().describe(
    'That may be open: each counts for a day (WEBSOCKET_LIFE_MS) from when it opened, for the runtime does not tell when it ends',
  ),
  affinityClients: count().describe(
    'Clients with affinity seen in the last five minutes (DRAIN_WINDOW_MS), summed over shards',
  ),
  drain: z
    .strictObject({
      since: time(),
      disableAt: time().nullable().describe('When it is disabled by itself; null: never'),
      safeAt: time()
        .nullable()
        .describe('From when on it may be removed if nobody comes any more; null: not known'),
      safeToRemove: z
        .boolean()
        .describe('Nobody has come for a whole window; responses that still stream are not seen'),
      why: z.string().describe('Why it may be removed, or not yet'),
    })
    .nullable()
    .describe('null: it does not drain'),
});

export const poolStatusSchema = z.strictObject({
  pool: z.string(),
  revision: revision(),
  at: time(),
  latencyMs: z
    .strictObject({ p50: z.number().nullable(), p95: z.number().nullable() })
    .describe('Of all backends, over the last one to two minutes'),
  backends: z.array(backendStatusSchema),
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
});

export const statusesSchema = z.strictObject({
  revision: revision(),
  statuses: z.array(poolStatusSchema).describe('In the order of the pools'),
});

const steps = () => z.array(count()).describe('A number for each step, oldest first');
export const seriesSchema = z.strictObject({
  revision: revision(),
  series: z.array(
    z.strictObject({
      pool: z.string(),
      stepMs: z.int(),
      until: time().describe('The end of the last step, which may still be going on'),
      requests: steps(),
      failures: steps(),
      p95Ms: z.array(z.number().nullable()),
      backends: z
        .array(z.strictObject({ id: z.string(), requests: steps(), failures: steps() }))
        .optional()
        .describe('Only when one pool is asked for'),
    }),
  ),
});

export const mappingSchema = z.strictObject({
  requestId: z.string(),
  at: time(),
  method: z.string(),
  host: z.string(),
  path: z.string().describe('Without the query string'),
  route: z.string(),
  pool: z.string(),
  backend: z.string().nullable().describe('Who answered; null: nobody did'),
  reason: reason(),
  attempts: z.array(
    z.strictObject({ backend: z.string(), outcome: outcome(), status: z.int().nullable(), ms: z.number() }),
  ),
  status: z.int().describe('What the client got'),
  ms: z.number(),
  colo: z.string().nullable(),
});
export const requestsSchema = z.strictObject({ revision: revision(), requests: z.array(mappingSchema) });

const event = { id: z.int().describe('Grows'), at: time() };
export const eventSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...event,
    kind: z.literal('config'),
    revision: revision(),
    who: z.string(),
    what: z.string(),
    ...difference,
  }),
  z.strictObject({
    ...event,
    kind: z.enum(['ejected', 'probe', 'returned']),
    pool: z.string(),
    shard: z.string(),
    backend: z.string(),
    why: z.string(),
    outcome: z.enum(['response', 'connect-failure', 'timeout', 'client-closed']).nullable(),
    status: z.int().nullable(),
    requestId: z.string().nullable().describe('The request that tipped it'),
    until: time().nullable(),
    ejections: count().describe('In a row'),
  }),
]);
export const eventsSchema = z.strictObject({ revision: revision(), events: z.array(eventSchema) });

const revisionFields = { revision: revision(), at: time(), who: z.string(), summary: z.string() };
export const revisionsSchema = z.strictObject({
  revision: revision(),
  revisions: z.array(z.strictObject(revisionFields)).describe('Newest first'),
});
export const revisionSchema = z.strictObject({
  ...revisionFields,
  config: configSchema,
  changes: changes().nullable().describe('Against the revision before; null when that is not kept'),
});

export const explanationSchema = z.strictObject({
  revision: revision(),
  host: z.string(),
  path: z.string(),
  route: z.string().nullable(),
  pool: z.string().nullable(),
  policy: z.string().nullable(),
  affinity: z.string().nullable(),
  candidates: z
    .array(z.strictObject({ pool: z.string(), backend: z.string(), reason: reason() }))
    .describe('The first to be asked, then those that a failure would lead to, in order'),
  leftOut: z
    .array(
      z.strictObject({
        pool: z.string(),
        backend: z.string(),
        status: z.enum(['draining', 'disabled', 'weight-0', 'ejected', 'suspect', 'standby']),
        why: z.string(),
        ejectedUntil: time().nullable(),
      }),
    )
    .describe('Who takes no part in the first pick'),
  attempts: z.strictObject({ most: count(), why: z.string() }),
  answer: z.strictObject({ status: z.int(), why: z.string() }).nullable(),
});
