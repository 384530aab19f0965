/** The schemas and types of responses about the configuration: the document, its parts, drains and revisions. No I/O. */
import { z } from 'zod';
import {
  alertSchema,
  backendSchema,
  configSchema,
  documentSchema,
  poolSchema,
  routeSchema,
} from '../config/schema.ts';
import {
  differenceSchema,
  inputs,
  type Message,
  messages,
  revision,
  time,
  warnings,
} from './common-schemas.ts';

backendSchema.register(messages, { id: 'BackendConfig' });
poolSchema.register(messages, { id: 'PoolConfig' });
routeSchema.register(messages, { id: 'RouteConfig' });
alertSchema.register(messages, { id: 'AlertConfig' });
configSchema.register(messages, { id: 'ConfigDocument' });

/** The bodies of changes: the same schemas, read before their defaults are filled in. */
export const backendInputSchema = backendSchema.register(inputs, { id: 'BackendInput' });
export const poolInputSchema = poolSchema.register(inputs, { id: 'PoolInput' });
export const routeInputSchema = routeSchema.register(inputs, { id: 'RouteInput' });
export const configInputSchema = documentSchema.register(inputs, { id: 'ConfigInput' });
alertSchema.register(inputs, { id: 'AlertInput' });
/** A field that a patch leaves out stays as it is: the schema's defaults do not count. */
export const backendPatchSchema = backendSchema.partial().register(inputs, { id: 'BackendPatch' });

const changes = () => z.array(differenceSchema);

/** The whole document. */
export const configAnswerSchema = z
  .strictObject({
    revision: revision(),
    config: configSchema,
    dryRun: z.boolean().optional(),
    changes: changes()
      .optional()
      .describe('Only of a dry run: what it would change in the document in force'),
    warnings: warnings(),
  })
  .register(messages, { id: 'Config' });
/** The static configuration. */
export const declaredSchema = z
  .strictObject({
    revision: revision(),
    declared: configSchema.nullable().describe('null: none is set, or it is not valid'),
  })
  .register(messages, { id: 'Declared' });
/** Every pool. */
export const poolsSchema = z
  .strictObject({ revision: revision(), pools: z.array(poolSchema) })
  .register(messages, { id: 'Pools' });
/** One pool. */
export const poolAnswerSchema = z
  .strictObject({
    revision: revision(),
    pool: poolSchema,
    warnings: warnings(),
  })
  .register(messages, { id: 'Pool' });
/** Every backend of a pool. */
export const backendsSchema = z
  .strictObject({ revision: revision(), backends: z.array(backendSchema) })
  .register(messages, { id: 'Backends' });
/** One backend. */
export const backendAnswerSchema = z
  .strictObject({
    revision: revision(),
    backend: backendSchema,
    warnings: warnings(),
  })
  .register(messages, { id: 'Backend' });
/** A backend that drains; `disableAt` is when it is disabled automatically, null: never. */
const drainSchema = z.strictObject({
  pool: z.string(),
  backend: z.string(),
  since: time(),
  disableAt: time().nullable(),
});
export type Drain = Message<typeof drainSchema>;
/** One drain. */
export const drainAnswerSchema = z
  .strictObject({ revision: revision(), drain: drainSchema })
  .register(messages, { id: 'Drain' });
/** A drain that has begun. */
export const drainBegunSchema = z
  .strictObject({
    revision: revision(),
    backend: backendSchema,
    drain: drainSchema,
    warnings: warnings(),
  })
  .register(messages, { id: 'DrainBegun' });
/** Every route. */
export const routesSchema = z
  .strictObject({ revision: revision(), routes: z.array(routeSchema) })
  .register(messages, { id: 'Routes' });
/** One route. */
export const routeAnswerSchema = z
  .strictObject({
    revision: revision(),
    route: routeSchema,
    warnings: warnings(),
  })
  .register(messages, { id: 'Route' });

const revisionFields = { revision: revision(), at: time(), who: z.string(), summary: z.string() };
/** One revision without its document. */
const revisionRowSchema = z.strictObject(revisionFields);
export type Revision = Message<typeof revisionRowSchema>;
/** The revisions kept. */
export const revisionsSchema = z
  .strictObject({
    revision: revision(),
    revisions: z.array(revisionRowSchema).describe('Newest first'),
  })
  .register(messages, { id: 'Revisions' });
/** One revision whole. */
export const revisionSchema = z
  .strictObject({
    ...revisionFields,
    config: configSchema,
    changes: changes().nullable().describe('Against the revision before; null when that is not kept'),
  })
  .register(messages, { id: 'Revision' });
export type RevisionDetails = z.output<typeof revisionSchema>;
