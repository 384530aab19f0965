/** The parts of a route: its conditions, what it does instead of leading to one pool, and its changes to headers. No I/O. */
import { z } from 'zod';
import {
  cookieName,
  country,
  flag,
  headerName,
  headerNames,
  headerValues,
  hostPattern,
  id,
  integer,
  list,
  method,
  object,
  oneOf,
  text,
  urlPath,
  writeVariable,
} from './fields.ts';
import { LIMITS } from './limits.ts';

const conditionText = () =>
  text().max(LIMITS.valueLength, { error: `takes at most ${LIMITS.valueLength} characters` });

/** A condition on one named value of a request. `name` is the schema of the name. */
const condition = (name: z.ZodString) =>
  object({
    name: name.describe('Name to look at'),
    value: conditionText().optional().describe('It must have exactly this value'),
    prefix: conditionText()
      .min(1, { error: 'must not be empty; use "present": true' })
      .optional()
      .describe('Its value must begin with this'),
    present: z
      .literal(true, { error: 'must be true or be left out; "not": true inverts it' })
      .optional()
      .describe('It must be there, with any value'),
    not: flag().optional().describe('Inverts the condition'),
  }).superRefine(({ value, prefix, present }, context) => {
    const forms = [value, prefix, present].filter((form) => form !== undefined).length;
    if (forms !== 1)
      context.addIssue({ code: 'custom', message: 'needs exactly one of value, prefix and "present": true' });
  });

const conditions = (name: z.ZodString) => list(condition(name), LIMITS.conditions, 'conditions').optional();

const QUERY_NAME = `must be the name of a query parameter, from 1 to ${LIMITS.nameLength} characters`;

/** Conditions beside host and path. */
export const matchSchema = object({
  methods: list(method(), LIMITS.methods, 'methods')
    .optional()
    .describe('Methods, one of which it must have'),
  headers: conditions(headerName()).describe('Conditions on headers'),
  cookies: conditions(cookieName()).describe(
    'Conditions on cookies; of several of one name the first counts',
  ),
  query: conditions(
    z
      .string({ error: QUERY_NAME })
      .min(1, { error: QUERY_NAME })
      .max(LIMITS.nameLength, { error: QUERY_NAME }),
  ).describe('Conditions on query parameters, percent-decoded; of several of one name the first counts'),
  countries: list(country(), LIMITS.countries, 'countries')
    .optional()
    .describe("Countries, one of which the client's address must be in; unknown: none"),
});

/** Pools that share the requests of a route. */
export const splitSchema = object({
  by: oneOf('request', 'client')
    .default('request')
    .describe('Whether each request is assigned by itself, or each client by its address'),
  pools: list(
    object({
      pool: id().describe('Pool that gets a share'),
      weight: integer(0, LIMITS.splitWeight).describe('Its share, relative to the other pools; 0: none'),
    }),
    LIMITS.splitPools,
    'pools',
  )
    .min(1, { error: 'needs at least one pool, such as {"pool": "shop", "weight": 1}' })
    .describe('Pools and their weights'),
});

const redirectStatus = () =>
  z.union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)], {
    error: 'must be one of 301, 302, 303, 307, 308',
  });

/** A redirect to another URL. */
export const redirectSchema = object({
  status: redirectStatus().default(301).describe('Status of the response'),
  scheme: oneOf('http', 'https').nullable().default(null).describe('Scheme of the new URL'),
  host: hostPattern()
    .refine((host) => !host.startsWith('*.'), {
      error: 'must be one host name; a wildcard matches hosts only',
    })
    .nullable()
    .default(null)
    .describe('Host of the new URL'),
  path: urlPath().nullable().default(null).describe('Path of the new URL'),
  prefix: urlPath().nullable().default(null).describe('Replaces the path of the route in the new URL'),
});

const CONTENT_TYPE = 'must be a media type such as text/html; charset=utf-8';
const encoder = new TextEncoder();

/** Explains why a response's header is refused beyond the usual rules; `name` is in lower case. */
const responseHeaderProblem = (name: string): string | null =>
  name.startsWith('x-backend-') ? 'cannot be changed here: debugHeaders sets it' : null;

/** Headers of a fixed response. */
const respondHeaders = () =>
  headerValues((name, value) => {
    if (name === 'content-type') return 'has a key of its own: contentType';
    const variable = writeVariable('backend');
    if (value.includes(variable)) return `cannot contain ${variable}: no backend answers`;
    return responseHeaderProblem(name);
  });

/** A response that the route itself gives. */
export const respondSchema = object({
  status: integer(200, 599, ' (an HTTP status)').describe('Status of the response'),
  contentType: z
    .string({ error: CONTENT_TYPE })
    .max(LIMITS.nameLength, { error: CONTENT_TYPE })
    .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\t\x20-\x7e]*)?$/, { error: CONTENT_TYPE })
    .default('text/html; charset=utf-8')
    .describe('Content-Type of a body'),
  body: text()
    .refine((body) => encoder.encode(body).byteLength <= LIMITS.respondBytes, {
      error: `takes at most ${LIMITS.respondBytes} bytes`,
    })
    .default('')
    .describe('Body of the response'),
  headers: respondHeaders().default({}).describe('Further headers'),
}).superRefine(({ status, body }, context) => {
  if (body !== '' && [204, 205, 304].includes(status))
    context.addIssue({ code: 'custom', path: ['body'], message: `must be empty: a ${status} has no body` });
});

const edits = (problem?: (name: string) => string | null) =>
  object({
    set: headerValues(problem).default({}).describe('Headers to set, in place of any of these names'),
    add: headerValues(problem).default({}).describe('Headers to add to those that are there'),
    remove: headerNames(problem).default([]).describe('Headers to remove, before others are set'),
  });

/** Changes to the headers of a request. */
export const requestEdits = edits();
/** Changes to the headers of a response. */
export const responseEdits = edits(responseHeaderProblem);

/** Copies of requests to another pool. */
export const mirrorSchema = object({
  pool: id().describe('Pool that gets the copies; its responses are dropped'),
  percent: z
    .number({ error: 'must be a number from 0 to 100 (per cent)' })
    .min(0, { error: 'must be a number from 0 to 100 (per cent)' })
    .max(100, { error: 'must be a number from 0 to 100 (per cent)' })
    .default(100)
    .describe('Share of the requests that are copied'),
  maxBodyBytes: integer(0, LIMITS.bodyLimitBytes, ' (bytes)')
    .default(65_536)
    .describe('Requests with a larger body are not copied'),
});
