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
const isToken = (name: string): boolean => new RegExp(`^${TOKEN}$`).test(name);
/** The name of a header. */
export const headerName = () => {
  const error = `must be a header name (RFC 9110: letters, digits and !#$%&'*+-.^_\`|~), at most ${LIMITS.nameLength} characters`;
  return z
    .string({ error })
    .max(LIMITS.nameLength, { error })
    .regex(new RegExp(`^${TOKEN}$`), { error });
};
/** The name of a cookie. */
export const cookieName = () => {
  const error =
    "must be a cookie name (RFC 6265: letters, digits and !#$%&'*+-.^_`|~), at most 64 characters";
  return z
    .string({ error })
    .max(64, { error })
    .regex(new RegExp(`^${TOKEN}$`), { error });
};

/** An HTTP method; they are case-sensitive. */
export const method = () => {
  const error = 'must be an HTTP method in capitals, such as GET, at most 32 characters';
  return z.string({ error }).regex(/^[A-Z][A-Z0-9_-]{0,31}$/, { error });
};
/** A country as the platform names it. */
export const country = () => {
  const error = 'must be a country code of two capital letters (ISO 3166), such as DE, or T1 for Tor';
  return z.string({ error }).regex(/^([A-Z]{2}|T1)$/, { error });
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

/** The path of a URL: it starts with one slash and has no query, fragment, space or backslash. */
export const urlPath = () =>
  text()
    .max(LIMITS.urlLength, { error: `takes at most ${LIMITS.urlLength} characters` })
    .regex(/^\/(?!\/)[^?#\\\s]*$/, {
      error: 'must start with one / and contain no query, fragment, space or backslash',
    });

/** Headers of a connection, not of a message (RFC 9110, 7.6.1): the runtime sets them. */
const HOP_BY_HOP = [
  'connection',
  'expect',
  'keep-alive',
  'proxy',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** Headers by which backends know the client, and this load balancer its own requests. */
const OWN = [
  'cdn-loop',
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-real-ip',
  'x-request-id',
];
const FIXED = new Set([...HOP_BY_HOP, ...OWN, 'host', 'content-length']);
const FIXED_PREFIXES = ['cf-', 'x-evenkeel-'];

/** Explains why the header `name` must not be set; null: it may. */
function headerNameProblem(name: string): string | null {
  if (!isToken(name) || name.length > LIMITS.nameLength)
    return `is not a header name of at most ${LIMITS.nameLength} characters (RFC 9110)`;
  const lower = name.toLowerCase();
  if (FIXED.has(lower) || FIXED_PREFIXES.some((prefix) => lower.startsWith(prefix)))
    return 'cannot be changed here: the platform or this load balancer sets it';
  return null;
}

/** What `${…}` may stand for in the value of a header. */
export const VARIABLES = [
  'client.ip',
  'client.country',
  'request.id',
  'request.host',
  'route',
  'backend',
] as const;

/** A variable as header values contain it. */
export const writeVariable = (name: (typeof VARIABLES)[number]): string => `\${${name}}`;

/** Explains what is wrong with a header's value; null: nothing. */
function headerValueProblem(value: string): string | null {
  if (value.length > LIMITS.valueLength) return `takes at most ${LIMITS.valueLength} characters`;
  if (!/^[\t\x20-\x7e]*$/.test(value)) return 'must be printable ASCII without line breaks';
  const known = VARIABLES.map(writeVariable);
  const used = value.match(/\$\{[^}]*\}?/g) ?? [];
  return used.every((variable) => known.includes(variable))
    ? null
    : `contains an unknown variable; known are ${known.join(', ')}`;
}

/** Headers by name (limits and rules included). `others`: further rules, which get the name in lower case. */
export const headerValues = (others: (name: string, value: string) => string | null = () => null) =>
  z
    .record(z.string(), z.string({ error: 'must be a string' }), {
      error: 'must be an object of header names and values, such as {"x-tenant": "blue"}',
    })
    .superRefine((headers, context) => {
      const names = Object.keys(headers);
      if (names.length > LIMITS.headerEdits)
        context.addIssue({ code: 'custom', message: `takes at most ${LIMITS.headerEdits} headers` });
      const seen = new Set<string>();
      for (const name of names) {
        const lower = name.toLowerCase();
        const problem =
          headerNameProblem(name) ??
          others(lower, headers[name]!) ??
          (seen.has(lower) ? 'is there twice: header names are compared without case' : null) ??
          headerValueProblem(headers[name]!);
        seen.add(lower);
        if (problem) context.addIssue({ code: 'custom', path: [name], message: problem });
      }
    });

/** Names of headers to remove. */
export const headerNames = (others: (name: string) => string | null = () => null) =>
  list(
    z.string({ error: 'must be a header name' }).superRefine((name, context) => {
      const problem = headerNameProblem(name) ?? others(name.toLowerCase());
      if (problem) context.addIssue({ code: 'custom', message: problem });
    }),
    LIMITS.headerEdits,
    'headers',
  );
