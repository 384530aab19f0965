/** The kinds of value in a configuration, each with the error message for other values. No I/O. */
import { z } from 'zod';
import { LIMITS } from './limits.ts';

/** A whole number, both ends included; the message shows `unit`. */
export const integer = (min: number, max: number, unit = '') => {
  const error = `must be a whole number from ${min} to ${max}${unit}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};
/** One of these words. */
export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });
/** True or false. */
export const flag = () => z.boolean({ error: 'must be true or false' });
/** Any string. */
export const text = () => z.string({ error: 'must be a string' });
/** The id of a pool, a backend or a route. */
export const id = () => {
  const error =
    'must be 1 to 63 lower-case letters, digits or hyphens, and begin with a letter or a digit, such as shop-eu';
  return z.string({ error }).regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error });
};
/** A list of at most `max` items, which the message calls `what`. */
export const list = <T extends z.ZodType>(item: T, max: number, what: string) =>
  z.array(item, { error: `must be a list of ${what}` }).max(max, { error: `takes at most ${max} ${what}` });
/** A time to response headers, in ms. */
export const timeout = () => integer(1, LIMITS.timeoutMs, ' (milliseconds)');
/** An object with these keys and no others. */
export const object = <T extends z.core.$ZodShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `is not a known key; known are ${Object.keys(shape).join(', ')}`
        : 'must be an object',
  });

/** A token of RFC 9110, section 5.6.2, as a regular expression. */
export const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** The name of a cookie. */
export const cookieName = () => {
  const error =
    "must be a cookie name (RFC 6265: letters, digits and !#$%&'*+-.^_`|~), at most 64 characters";
  return z
    .string({ error })
    .max(64, { error })
    .regex(new RegExp(`^${TOKEN}$`), { error });
};

/** An HTTP status that may count as a failure. */
export const failureStatus = () => integer(400, 599, ' (an HTTP error status)');

/** A host name, or a wildcard for the names under one. */
export const hostPattern = () => {
  const error =
    'must be a host name of at most 253 characters without port, such as shop.example.com, or *.example.com';
  return z
    .string({ error })
    .max(253, { error })
    .regex(/^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/, {
      error: `${error} (lower case)`,
    });
};
