/** `/api/pools/:pool/backends/:backend/checks`, `check` and `return`: health checks, and the end of an ejection. */
import type { Context } from 'hono';
import type { PoolConfig } from '../config/schema.ts';
import { type Check, checkSchema, checksSchema, returnedSchema } from '../protocol/traffic-schemas.ts';
import type { ApiEnv } from './auth/access.ts';
import { readConfig } from './directory.ts';
import { operation } from './http/operation.ts';
import { fail } from './http/problem.ts';
import { findBackend, findPool } from './pools.ts';
import { shardObjects } from './shards.ts';

/** Checks of one backend in a response, as many as its object keeps. */
const CHECKS_SHOWN = 50;

/** The operations on health checks. */
export const checksApi = [
  operation(
    'GET /pools/:pool/backends/:backend/checks',
    { summary: 'The last health checks of a backend, newest first', answer: checksSchema, problems: [404] },
    async (c) => {
      const { pool, backend } = await find(c, c.req.param());
      const objects = await shardObjects(c, pool.id);
      const checks = (await Promise.all(objects.map((stub) => stub.checks(backend)))).flat();
      return { checks: checks.sort((a, b) => b.at - a.at).slice(0, CHECKS_SHOWN) };
    },
  ),

  operation(
    'POST /pools/:pool/backends/:backend/check',
    {
      summary: 'Check a backend now, whatever its state; the result counts like any other',
      answer: checkSchema,
      problems: [404, 409],
    },
    async (c) => {
      const { pool, backend } = await find(c, c.req.param());
      if (!pool.healthCheck)
        return fail(409, `Pool ${pool.id} has no health checks; set its healthCheck first.`);
      const objects = await shardObjects(c, pool.id);
      const made = await Promise.all(objects.map((stub) => stub.checkNow(backend)));
      const checks = made.filter((check) => check !== null);
      return (
        worst(checks) ??
        fail(503, `The object of pool ${pool.id} does not have its health checks yet; try again.`)
      );
    },
  ),

  operation(
    'POST /pools/:pool/backends/:backend/return',
    {
      summary: 'End the ejection of a backend now; one that is unhealthy stays out',
      answer: returnedSchema,
      problems: [404],
    },
    async (c) => {
      const { pool, backend } = await find(c, c.req.param());
      const objects = await shardObjects(c, pool.id);
      const returned = await Promise.all(objects.map((stub) => stub.endEjection(backend)));
      return { returned: returned.includes(true) };
    },
  ),
] as const;

/** The pool and the id of the backend that the path names; throws a 404 when there is none. */
async function find(
  c: Context<ApiEnv>,
  ids: { pool: string; backend: string },
): Promise<{ pool: PoolConfig; backend: string }> {
  const { config } = await readConfig(c);
  findBackend(config, ids);
  return { pool: findPool(config, ids.pool), backend: ids.backend };
}

/** A check that failed, if one did, else the slowest; each region checks for itself. */
const worst = (checks: readonly Check[]): Check | undefined =>
  checks.toSorted((a, b) => Number(a.ok) - Number(b.ok) || b.ms - a.ms)[0];
