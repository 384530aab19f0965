/** The shapes of answers that are neither of the configuration nor of traffic: a problem, health, sign-in. */
import { z } from 'zod';
import { faultSchema } from './answer-fields.ts';

/** Every answer that is none: what is wrong. */
export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(faultSchema).optional(),
  })
  .describe('A problem document (RFC 9457)');

/** `GET /health`. */
export const healthSchema = z.strictObject({ status: z.literal('ok'), version: z.string() });
/** `POST /session`. */
export const sessionSchema = z.strictObject({ session: z.strictObject({ seconds: z.int() }) });
/** `GET /session`. */
export const signedInSchema = z.strictObject({ session: z.strictObject({ who: z.string() }) });
/** `POST /session/link`. */
export const linkSchema = z.strictObject({
  code: z.string().describe('Good for one POST /session {"code"}'),
});
