/** The shapes of answers that are made of the configuration: the document, its parts, drains and revisions. */
import { z } from 'zod';
import { backendSchema, configSchema, poolSchema, routeSchema } from '../config/schema.ts';
import { differenceSchema, type Message, revision, time, warnings } from './common-schemas.ts';

const changes = () => z.array(differenceSchema);

/** The whole document. */
export const configAnswerSchema = z.strictObject({
  revision: revision(),
  config: configSchema,
  dryRun: z.boolean().optional(),
  changes: changes().optional().describe('Only of a dry run: what it would change in the document in force'),
  warnings: warnings(),
});
/** The static configuration. */
export const declaredSchema = z.strictObject({
  revision: revision(),
  declared: configSchema.nullable().describe('null: none is set, or it is faulty'),
});
/** Every pool. */
export const poolsSchema = z.strictObject({ revision: revision(), pools: z.array(poolSchema) });
/** One pool. */
export const poolAnswerSchema = z.strictObject({
  revision: revision(),
  pool: poolSchema,
  warnings: warnings(),
});
/** Every backend of a pool. */
export const backendsSchema = z.strictObject({ revision: revision(), backends: z.array(backendSchema) });
/** One backend. */
export const backendAnswerSchema = z.strictObject({
  revision: revision(),
  backend: backendSchema,
  warnings: warnings(),
});
/** A backend that drains; `disableAt` is when it is disabled automatically, null: never. */
const drainSchema = z.strictObject({
  pool: z.string(),
  backend: z.string(),
  since: time(),
  disableAt: time().nullable(),
});
export type Drain = Message<typeof drainSchema>;
/** One drain. */
export const drainAnswerSchema = z.strictObject({ revision: revision(), drain: drainSchema });
/** A drain that has begun. */
export const drainBegunSchema = z.strictObject({
  revision: revision(),
  backend: backendSchema,
  drain: drainSchema,
  warnings: warnings(),
});
/** Every route. */
export const routesSchema = z.strictObject({ revision: revision(), routes: z.array(routeSchema) });
/** One route. */
export const routeAnswerSchema = z.strictObject({
  revision: revision(),
  route: routeSchema,
  warnings: warnings(),
});

const revisionFields = { revision: revision(), at: time(), who: z.string(), summary: z.string() };
/** One revision without its document. */
const revisionRowSchema = z.strictObject(revisionFields);
export type Revision = Message<typeof revisionRowSchema>;
/** The revisions kept. */
export const revisionsSchema = z.strictObject({
  revision: revision(),
  revisions: z.array(revisionRowSchema).describe('Newest first'),
});
/** One revision whole. */
export const revisionSchema = z.strictObject({
  ...revisionFields,
  config: configSchema,
  changes: changes().nullable().describe('Against the revision before; null when that is not kept'),
});
export type RevisionDetails = z.output<typeof revisionSchema>;
