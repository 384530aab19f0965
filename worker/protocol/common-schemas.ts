/** Fields that several responses share, and the responses that are neither configuration nor traffic. No I/O. */
import { z } from 'zod';

/** A type of which nothing may be changed, at any depth. */
export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;
/** What a schema describes: the one definition of a message's type. */
export type Message<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;

/** The schemas of whole responses, by the name that the OpenAPI document gives them. */
export const messages = z.registry<{ readonly id: string }>();
/** The schemas of whole request bodies, by theirs. */
export const inputs = z.registry<{ readonly id: string }>();

/** A moment. */
export const time = () => z.int().describe('Epoch ms');
/** A number of things. */
export const count = () => z.int().min(0);
/** The revision that a response belongs to. */
export const revision = () => z.int().min(0).describe('The revision of the configuration');
/** Why a request went where it went. */
const REASONS = ['policy', 'affinity', 'retry', 'fail-open', 'tier', 'probe', 'fallback'] as const;
export const reason = () => z.enum(REASONS);
/** The same for a recorded request; `redirect`, `respond`: its route answered; `unrouted`: it came to no route. */
export const mappedReason = () => z.enum([...REASONS, 'redirect', 'respond', 'unrouted']);
export type Reason = z.output<ReturnType<typeof reason>>;

/** A fault or a warning, and where. */
export const faultSchema = z.strictObject({
  path: z.string().describe('A JSON path such as pools[0].backends[2].url; empty: the document itself'),
  message: z.string(),
});
export type Problem = Message<typeof faultSchema>;
/** The warnings of a response to a change. */
export const warnings = () =>
  z.array(faultSchema).optional().describe('What is accepted but deserves attention');

/** One place where two documents differ; `from` and `to` are null where there was or is nothing. */
export const differenceFields = {
  path: z.string().describe('Such as pools[shop].backends[a].weight'),
  from: z.unknown().describe('null: it was not there, or is too long for an event'),
  to: z.unknown().describe('null: it is gone, or is too long for an event'),
};
export const differenceSchema = z.strictObject(differenceFields);
export type Difference = Message<typeof differenceSchema>;

/** Every response that is no success. */
export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(faultSchema).optional(),
  })
  .describe('A problem document (RFC 9457)')
  .register(messages, { id: 'Problem' });

/** `GET /health`. */
export const healthSchema = z
  .strictObject({ status: z.literal('ok'), version: z.string() })
  .register(messages, { id: 'Health' });
/** `POST /session`. */
export const sessionSchema = z
  .strictObject({ session: z.strictObject({ seconds: z.int() }) })
  .register(messages, { id: 'Session' });
/** `GET /session`. */
export const signedInSchema = z
  .strictObject({
    session: z.strictObject({
      who: z.string(),
      viewer: z.literal(true).optional().describe('true: may look, but not change'),
    }),
  })
  .register(messages, { id: 'SignedIn' });
/** `POST /session/link`. */
export const linkSchema = z
  .strictObject({
    code: z.string().describe('Valid for one POST /session {"code"}'),
  })
  .register(messages, { id: 'Link' });

/** The body of `POST /session`. */
export const loginInputSchema = z
  .union([z.strictObject({ token: z.string() }), z.strictObject({ code: z.string() })])
  .register(inputs, { id: 'LoginInput' });
