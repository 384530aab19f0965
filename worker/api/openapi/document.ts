/** `/api/openapi.json`: OpenAPI 3.1, made of the schemas that check bodies and of the list of operations. */
import { Hono } from 'hono';
import { z } from 'zod';
import { backendSchema, configSchema, poolSchema, routeSchema } from '../../config/schema.ts';
import * as answers from '../../protocol/common-schemas.ts';
import * as configuration from '../../protocol/config-schemas.ts';
import * as traffic from '../../protocol/traffic-schemas.ts';
import type { ApiEnv } from '../auth/access.ts';
import { drainInputSchema } from '../drain.ts';
import { explainSchema } from '../explain.ts';
import { rollbackSchema } from '../history.ts';
import { TITLES } from '../http/problem.ts';
import { type AnswerName, type BodyName, type Operation, operations, QUERY } from '../operations.ts';
import { VERSION } from '../version.ts';

/** The schemas of answers by name. */
export const ANSWERS: Readonly<Record<AnswerName | 'Problem', z.ZodType>> = {
  Backend: configuration.backendAnswerSchema,
  Backends: configuration.backendsSchema,
  Config: configuration.configAnswerSchema,
  Declared: configuration.declaredSchema,
  Drain: configuration.drainAnswerSchema,
  DrainBegun: configuration.drainBegunSchema,
  Events: traffic.eventsSchema,
  Explanation: traffic.explanationSchema,
  Health: answers.healthSchema,
  Link: answers.linkSchema,
  Pool: configuration.poolAnswerSchema,
  PoolStatus: traffic.poolStatusSchema,
  Pools: configuration.poolsSchema,
  Problem: answers.problemSchema,
  Requests: traffic.requestsSchema,
  Revision: configuration.revisionSchema,
  Revisions: configuration.revisionsSchema,
  Route: configuration.routeAnswerSchema,
  Routes: configuration.routesSchema,
  Session: answers.sessionSchema,
  Series: traffic.seriesSchema,
  SignedIn: answers.signedInSchema,
  Statuses: traffic.statusesSchema,
};

const PARTS = {
  BackendConfig: backendSchema,
  PoolConfig: poolSchema,
  RouteConfig: routeSchema,
  ConfigDocument: configSchema,
};

const BODIES: Readonly<Record<Exclude<BodyName, 'BackendPatch'>, z.ZodType>> = {
  BackendInput: backendSchema,
  ConfigInput: configSchema,
  DrainInput: drainInputSchema,
  ExplainInput: explainSchema,
  LoginInput: z.union([z.strictObject({ token: z.string() }), z.strictObject({ code: z.string() })]),
  PoolInput: poolSchema,
  RollbackInput: rollbackSchema,
  RouteInput: routeSchema,
};

type Json = Record<string, unknown>;

let document: Json | null = null;

export const openApi = new Hono<ApiEnv>().get('/', (c) => {
  document ??= openApiDocument();
  return c.json(document);
});

/** Builds the document. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method] = describe(operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Evenkeel admin API',
      version: VERSION,
      description: 'Served on the admin host only. Every error is a problem document (RFC 9457).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api' }],
    security: [{ token: [] }, { session: [] }, { access: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'ADMIN_TOKEN' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'evenkeel_session',
          description: 'Set by POST /session; what changes anything needs a matching Origin too',
        },
        access: {
          type: 'apiKey',
          in: 'cookie',
          name: 'CF_Authorization',
          description:
            'Cloudflare Access, where ACCESS_AUD names its application; what changes anything needs a matching Origin too',
        },
      },
      schemas: { ...schemas({ ...PARTS, ...ANSWERS }, 'output'), ...bodySchemas() },
    },
  };
}

function bodySchemas(): Json {
  const bodies = schemas(BODIES, 'input');
  const { required: _, ...patch } = bodies.BackendInput as Json;
  // A field that a patch leaves out stays as it is; the schema's defaults do not count.
  const properties = Object.entries(patch.properties as Record<string, Json>).map(([key, value]) => {
    const { default: __, ...rest } = value;
    return [key, rest];
  });
  return { ...bodies, BackendPatch: { ...patch, properties: Object.fromEntries(properties) } };
}

/** JSON Schemas that refer to each other by name. */
function schemas(byName: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(byName)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, schema]) => {
      const { $schema: _, $id: __, ...rest } = schema as Json;
      return [id, rest];
    }),
  );
}

function describe(operation: Operation): Json {
  const { method, path, summary, query = [], body, changes, open } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = query.map((name) => ({ name, in: 'query', ...QUERY[name] }));
  const ifMatch = {
    name: 'If-Match',
    in: 'header',
    description: 'The revision in quotes, such as "41": only if it is the one now',
    schema: { type: 'string' },
  };
  const parameters = [...inPath, ...inQuery, ...(changes ? [ifMatch] : [])];
  return {
    operationId: `${method}${path.replaceAll(/[{}.]/g, '').replaceAll(/\/(\w)/g, (_, letter) => letter.toUpperCase())}`,
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: jsonOf(body) } } : {}),
    ...(open ? { security: [] } : {}),
    responses: { ...successOf(operation), ...problemsOf(operation) },
  };
}

const jsonOf = (name: string): Json => ({
  'application/json': { schema: { $ref: `#/components/schemas/${name}` } },
});

function successOf({ path, answer, creates, changes }: Operation): Json {
  if (path === '/live') return { 101: { description: 'The WebSocket' } };
  if (!answer) return { 204: { description: 'Done' } };
  const isMedia = answer.includes('/');
  const headers = changes
    ? { ETag: { description: 'The new revision in quotes', schema: { type: 'string' } } }
    : undefined;
  const content = isMedia ? { [answer]: {} } : jsonOf(answer);
  const done = (description: string) => ({ description, ...(headers ? { headers } : {}), content });
  return { 200: done('Done'), ...(creates ? { 201: done('Created') } : {}) };
}

function problemsOf({ method, body, changes, open, problems = [] }: Operation): Json {
  const statuses = new Set(problems);
  if (body) for (const status of [400, 413]) statuses.add(status);
  if (!open) statuses.add(401);
  if (!open && method !== 'get') statuses.add(403);
  if (changes) for (const status of [400, 412]) statuses.add(status);
  statuses.add(500).add(503);
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    [...statuses].sort().map((status) => [status, { description: TITLES[status] ?? 'Error', content }]),
  );
}
