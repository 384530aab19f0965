/** Query parameters that several operations take; build-time only, like every description. */
import { z } from 'zod';
import { DEFAULT_LIMIT, MAX_LIMIT } from '../http/limit.ts';

/** `?limit=` of the listings. */
export const limit = z
  .int()
  .min(1)
  .max(MAX_LIMIT)
  .default(DEFAULT_LIMIT)
  .describe('At most this many, 1 to 1,000');
/** `?dryRun=` of changes to the whole document. */
export const dryRun = z.boolean().default(false).describe('true: only check, and return what would change');
/** `?pool=`: only what belongs to this pool. */
export const pool = z.string().describe('Only of this pool');
/** `?everywhere=` of signing out. */
export const everywhere = z.boolean().default(false).describe('true: every session that exists');
