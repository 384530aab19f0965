/** The OpenAPI 3.1 document, made of the descriptions of the operations. Build-time only. No I/O. */
import { z } from 'zod';
import { inputs, messages } from '../../protocol/common-schemas.ts';
import { nameSchema } from '../auth/sign-in.ts';
import { drainInputSchema } from '../drain.ts';
import { explainSchema } from '../explain.ts';
import { rollbackSchema } from '../history.ts';
import type { Operation } from '../http/operation.ts';
import { TITLES } from '../http/problem.ts';
import { rolloutInputSchema } from '../rollout.ts';
import { VERSION } from '../version.ts';

drainInputSchema.register(inputs, { id: 'DrainInput' });
explainSchema.register(inputs, { id: 'ExplainInput' });
nameSchema.register(inputs, { id: 'NameInput' });
rolloutInputSchema.register(inputs, { id: 'RolloutInput' });
rollbackSchema.register(inputs, { id: 'RollbackInput' });

type Json = Record<string, unknown>;

/** Builds the document. */
export function openApiDocument(operations: readonly Operation[]): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
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
          description: 'Set by POST /session; a change needs a matching Origin too',
        },
        access: {
          type: 'apiKey',
          in: 'cookie',
          name: 'CF_Authorization',
          description:
            'Cloudflare Access, where ACCESS_AUD names its application; a change needs a matching Origin too',
        },
      },
      schemas: { ...componentsOf(messages, 'output'), ...componentsOf(inputs, 'input') },
    },
  };
}

/** JSON Schemas that refer to each other by name. */
function componentsOf(registry: typeof messages, io: 'input' | 'output'): Json {
  const made = z.toJSONSchema(registry, {
    io,
    uri: (id) => `#/components/schemas/${id}`,
    override: ({
      zodSchema: {
        _zod: { def },
      },
      jsonSchema,
    }) => {
      // An optional field with a default is a patch's: left out, it keeps its value.
      if (def.type === 'optional') delete jsonSchema.default;
    },
  });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
}

function describe(operation: Operation): Json {
  const { method, path, description, isOpen } = operation;
  const { summary, query = {}, body, changes, revised } = description;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query).map(([name, schema]) => parameter('query', name, schema));
  const conditions = [
    ...(changes ? [parameter('header', 'If-Match', IF_MATCH)] : []),
    ...(changes || revised ? [parameter('header', 'If-None-Match', changes ? UNLESS : UNCHANGED)] : []),
  ];
  const parameters = [...inPath, ...inQuery, ...conditions];
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[:.]/g, '').replaceAll(/\/(\w)/g, (_, letter) => letter.toUpperCase())}`,
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: jsonOf(inputs, body) } } : {}),
    ...(isOpen ? { security: [] } : {}),
    responses: { ...successOf(description), ...problemsOf(operation) },
  };
}

const IF_MATCH = z
  .string()
  .describe(
    'Revisions in quotes, such as "41": only if one of them is in force; *: only if the resource exists',
  );
const UNLESS = z
  .string()
  .describe(
    '*: only if the resource does not exist yet; revisions in quotes: only if none of them is in force',
  );
const UNCHANGED = z
  .string()
  .describe('An ETag, or several: 304 if one of them is still that of the response');

function parameter(place: 'query' | 'header', name: string, schema: z.ZodType): Json {
  const { $schema: _, description, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return { name, in: place, description, schema: rest };
}

/** A reference to a registered schema; throws when it has no name. */
function jsonOf(registry: typeof messages, schema: z.ZodType): Json {
  const name = registry.get(schema)?.id;
  if (name === undefined) throw new Error('a schema of a body or a response is not registered');
  return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
}

function successOf({ answer, creates, changes, revised, upgrades }: Operation['description']): Json {
  if (upgrades) return { 101: { description: 'The WebSocket' } };
  if (!answer) return { 204: { description: 'Done' } };
  const what = changes ? 'The new revision in quotes' : 'The revision in quotes';
  const headers = { ETag: { description: what, schema: { type: 'string' } } };
  const content = typeof answer === 'string' ? { [answer]: {} } : jsonOf(messages, answer);
  const done = (description: string) => ({
    description,
    ...(changes || revised ? { headers } : {}),
    content,
  });
  return {
    200: done('Done'),
    ...(creates ? { 201: done('Created') } : {}),
    ...(revised ? { 304: { description: 'Not modified', headers } } : {}),
  };
}

function problemsOf({ method, isOpen, description: { body, changes, problems = [] } }: Operation): Json {
  const statuses = new Set(problems);
  if (body) for (const status of [400, 413]) statuses.add(status);
  if (!isOpen) statuses.add(401);
  if (!isOpen && method !== 'GET') statuses.add(403);
  if (changes) for (const status of [400, 412]) statuses.add(status);
  statuses.add(500).add(503);
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    [...statuses].sort().map((status) => [status, { description: TITLES[status] ?? 'Error', content }]),
  );
}
