/** `/api/pools/:pool/backends/:backend/drain`: lets a backend's clients go, with a deadline where one is wanted. */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { parse } from '../config/check.ts';
import type { Drain } from '../objects/drain.ts';
import type { ApiEnv } from './auth/access.ts';
import { answerOf, directory, optionsOf, readConfig, withWarnings } from './directory.ts';
import { readJson } from './http/body.ts';
import { fail, failInvalid } from './http/problem.ts';
import { findBackend } from './pools.ts';

const LONGEST_MS = 30 * 86_400_000;
const DEADLINE_ERROR = `must be a whole number from 1 to ${LONGEST_MS} (milliseconds), or null`;

/** The body that begins a drain. */
export const drainInputSchema = z.strictObject(
  {
    disableAfterMs: z
      .int({ error: DEADLINE_ERROR })
      .min(1, { error: DEADLINE_ERROR })
      .max(LONGEST_MS, { error: DEADLINE_ERROR })
      .nullable()
      .default(null)
      .describe('From now until the backend is disabled by itself; null: it is not'),
  },
  { error: 'must be an object such as {"disableAfterMs": 600000}' },
);

export const drainApi = new Hono<ApiEnv>()
  .get('/:pool/backends/:backend/drain', async (c) => {
    const { revision, config, drains } = await readConfig(c);
    findBackend(config, c.req.param());
    return c.json({ revision, drain: findDrain(drains, c.req.param()) });
  })
  .put('/:pool/backends/:backend/drain', async (c) => {
    const { pool, backend } = c.req.param();
    const { disableAfterMs } = await readBody(c);
    const result = await directory(c).drain(pool, backend, disableAfterMs, optionsOf(c, false));
    const { revision, config, warnings } = answerOf(c, result, false);
    const { drains } = await directory(c).read();
    const drain = findDrain(drains, { pool, backend });
    return c.json({
      revision,
      backend: findBackend(config, { pool, backend }),
      drain,
      ...withWarnings(warnings),
    });
  })
  .delete('/:pool/backends/:backend/drain', async (c) => {
    const { pool, backend } = c.req.param();
    const result = await directory(c).undrain(pool, backend, optionsOf(c, false));
    const { revision, config, warnings } = answerOf(c, result, false);
    return c.json({ revision, backend: findBackend(config, { pool, backend }), ...withWarnings(warnings) });
  });

function findDrain(drains: readonly Drain[], { pool, backend }: { pool: string; backend: string }): Drain {
  const found = drains.find((drain) => drain.pool === pool && drain.backend === backend);
  return found ?? fail(404, `Backend ${backend} of pool ${pool} does not drain.`);
}

async function readBody(c: Context<ApiEnv>) {
  const parsed = parse(drainInputSchema, await readJson(c));
  return parsed.ok ? parsed.value : failInvalid(parsed.errors);
}
