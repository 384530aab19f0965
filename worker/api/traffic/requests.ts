/** `/api/requests`: the recorded requests of every shard, narrowed down. */
import { z } from 'zod';
import { UNROUTED_POOL } from '../../config/unrouted.ts';
import { type Mapping, outcome, requestsSchema } from '../../protocol/traffic-schemas.ts';
import { CLIENT_CLOSED } from '../../stats/received.ts';
import { readConfig } from '../directory.ts';
import { readLimit } from '../http/limit.ts';
import { operation } from '../http/operation.ts';
import { fail } from '../http/problem.ts';
import { limit, pool } from '../openapi/parameters.ts';
import { findPool } from '../pools.ts';
import { shardObjectsOf } from '../shards.ts';

/** Rings read at once, of which only the newest mappings are kept: the rings of a thousand pools do not fit into an isolate. */
const RINGS_AT_ONCE = 6;

/** The operation on recorded requests. */
export const requestsApi = [
  operation(
    'GET /requests',
    {
      summary: 'Recent requests and where they went, newest first',
      query: {
        pool,
        backend: z.string().describe('Only with an attempt at this backend'),
        outcome: outcome().describe('Only with an attempt of this outcome'),
        status: z
          .string()
          .regex(/^([1-5]\d\d|[1-5]xx)$/)
          .describe(
            'Only those that the client received this status for, such as 503, or this class, such as 5xx',
          ),
        failed: z
          .boolean()
          .describe('true: only those that failed: a 5xx, or an attempt that counted against its backend'),
        retried: z.boolean().describe('true: only those with more than one attempt'),
        slowerThanMs: z.number().min(0).describe('Only those whose client waited longer for the headers'),
        method: z.string().describe('Only with this method'),
        host: z.string().describe('Only to this host'),
        route: z.string().describe('Only of this route'),
        path: z.string().describe('Only those whose path begins with this'),
        requestId: z.string().describe('Only with this X-Request-Id'),
        limit,
      },
      answer: requestsSchema,
      problems: [400, 404],
    },
    async (c) => {
      const { pool: only, ...filter } = c.req.query();
      checkFilter(filter);
      const most = readLimit(c.req.query('limit'));
      const { revision, config } = await readConfig(c);
      const pools =
        only === undefined
          ? [...config.pools.map(({ id }) => id), UNROUTED_POOL]
          : [findPool(config, only).id];
      const objects = (await shardObjectsOf(c, pools)).flat();
      let requests: Mapping[] = [];
      let sampled = 1;
      for (let from = 0; from < objects.length; from += RINGS_AT_ONCE) {
        const asked = objects.slice(from, from + RINGS_AT_ONCE);
        const rings = await Promise.all(asked.map((stub) => stub.requests()));
        requests = [...requests, ...rings.flat().filter((mapping) => fits(mapping, filter))]
          .sort((a, b) => b.at + b.ms - (a.at + a.ms))
          .slice(0, most);
        // An object of an earlier version records all.
        const samples = await Promise.all(asked.map((stub) => stub.sampled().catch(() => 1)));
        sampled = Math.max(sampled, ...samples);
      }
      return { revision, requests, sampled };
    },
  ),
] as const;

/** Whether an attempt ended so. A client may also leave before a backend is asked, and then there is no attempt. */
function hasOutcome({ attempts, status }: Mapping, outcome: string): boolean {
  return (
    attempts.some((attempt) => attempt.outcome === outcome) ||
    (outcome === 'client-closed' && status === CLIENT_CLOSED && attempts.length === 0)
  );
}

const FAILED_OUTCOMES: ReadonlySet<string> = new Set([
  'failure-status',
  'connect-failure',
  'timeout',
  'stalled',
]);

/** Whether its client got a 5xx, or an attempt counted against its backend. */
const isFailed = ({ status, attempts }: Mapping): boolean =>
  status >= 500 || attempts.some((attempt) => FAILED_OUTCOMES.has(attempt.outcome));

type Filter = Readonly<Record<string, string | undefined>>;

/** What each parameter asks of a mapping; those that are not here ask nothing. */
const ASKED: Readonly<Record<string, (mapping: Mapping, value: string) => boolean>> = {
  requestId: (mapping, value) => mapping.requestId === value,
  backend: (mapping, value) => mapping.attempts.some((attempt) => attempt.backend === value),
  outcome: hasOutcome,
  status: ({ status }, value) =>
    value.endsWith('xx') ? Math.floor(status / 100) === Number(value[0]) : String(status) === value,
  path: (mapping, value) => mapping.path.startsWith(value),
  failed: (mapping, value) => isFailed(mapping) === (value === 'true'),
  retried: ({ attempts }, value) => attempts.length > 1 === (value === 'true'),
  slowerThanMs: ({ ms }, value) => ms > Number(value),
  method: ({ method }, value) => method === value.toUpperCase(),
  host: ({ host }, value) => host === value.toLowerCase(),
  route: ({ route }, value) => route === value,
};

/** What the values of some parameters must look like. */
const FORMS: Readonly<Record<string, readonly [form: RegExp, message: string]>> = {
  status: [/^[1-5](\d\d|xx)$/, 'must be a status such as 503, or a class such as 5xx'],
  failed: [/^(true|false)$/, 'must be true or false'],
  retried: [/^(true|false)$/, 'must be true or false'],
  slowerThanMs: [/^\d+(\.\d+)?$/, 'must be a number of milliseconds'],
};

/** Throws a 400 unless every value can be read: a filter that is not applied would look like one that fits everything. */
function checkFilter(filter: Filter): void {
  const errors = Object.entries(FORMS).flatMap(([path, [form, message]]) => {
    const value = filter[path];
    return value === undefined || form.test(value) ? [] : [{ path, message }];
  });
  if (errors.length > 0) fail(400, `${errors[0]!.path} ${errors[0]!.message}`, errors);
}

/** Whether a mapping fits the query; what the query leaves out fits everything. */
const fits = (mapping: Mapping, filter: Filter): boolean =>
  Object.entries(ASKED).every(([name, asks]) => {
    const value = filter[name];
    return value === undefined || asks(mapping, value);
  });
