/** `?limit=` of the listings. */
import { fail } from './problem.ts';

/** The limit of a request that names none. */
export const DEFAULT_LIMIT = 100;
/** The largest limit. */
export const MAX_LIMIT = 1_000;

/** The limit of a listing; throws a 400 unless it is a whole number from 1 to 1,000. */
export function readLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  const message = `must be a whole number from 1 to ${MAX_LIMIT}`;
  return fail(400, `limit ${message}`, [{ path: 'limit', message }]);
}
