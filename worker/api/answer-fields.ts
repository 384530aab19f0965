/** Fields that several answers share. */
import { z } from 'zod';

/** A moment. */
export const time = () => z.int().describe('Epoch ms');
/** A number of things. */
export const count = () => z.int().min(0);
/** Which revision an answer is of. */
export const revision = () => z.int().min(0).describe('The revision of the configuration');
/** Why a request went where it went. */
export const reason = () => z.enum(['policy', 'affinity', 'retry', 'fail-open', 'tier', 'probe', 'fallback']);

/** What is wrong, or should be known, and where. */
export const faultSchema = z.strictObject({
  path: z.string().describe('A JSON path such as pools[0].backends[2].url; empty: the document itself'),
  message: z.string(),
});
/** Of an answer to a change. */
export const warnings = () => z.array(faultSchema).optional().describe('What is allowed but should be known');

/** One place where two documents differ. */
export const difference = {
  path: z.string().describe('Such as pools[shop].backends[a].weight'),
  from: z.unknown().describe('null: it was not there, or is too long for an event'),
  to: z.unknown().describe('null: it is gone, or is too long for an event'),
};
