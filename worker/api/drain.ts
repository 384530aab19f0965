/** `/api/pools/:pool/backends/:backend/drain`: lets a backend's clients leave, with or without a deadline. */
import { z } from 'zod';
import {
  backendAnswerSchema,
  type Drain,
  drainAnswerSchema,
  drainBegunSchema,
} from '../protocol/config-schemas.ts';
import { answerOf, directory, optionsOf, readConfig, withWarnings } from './directory.ts';
import { readBody } from './http/body.ts';
import { operation } from './http/operation.ts';
import { fail } from './http/problem.ts';
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
      .describe('From now until the backend is disabled automatically; null: it is not'),
  },
  { error: 'must be an object such as {"disableAfterMs": 600000}' },
);

/** The operations on drains. */
export const drainApi = [
  operation(
    'GET /pools/:pool/backends/:backend/drain',
    {
      summary: 'Since when a backend drains, and when it is disabled automatically',
      answer: drainAnswerSchema,
      problems: [404],
    },
    async (c) => {
      const { revision, config, drains } = await readConfig(c);
      findBackend(config, c.req.param());
      return { revision, drain: findDrain(drains, c.req.param()) };
    },
  ),

  operation(
    'PUT /pools/:pool/backends/:backend/drain',
    {
      summary: 'Drain a backend, or change the deadline of its drain',
      body: drainInputSchema,
      answer: drainBegunSchema,
      changes: true,
      problems: [404],
    },
    async (c) => {
      const { pool, backend } = c.req.param();
      const { disableAfterMs } = await readBody(c, drainInputSchema);
      const result = await directory(c).drain(pool, backend, disableAfterMs, optionsOf(c, false));
      const { revision, config, warnings } = answerOf(c, result, false);
      const { drains } = await directory(c).read();
      const drain = findDrain(drains, { pool, backend });
      const found = findBackend(config, { pool, backend });
      return { revision, backend: found, drain, ...withWarnings(warnings) };
    },
  ),

  operation(
    'DELETE /pools/:pool/backends/:backend/drain',
    {
      summary: 'End a drain: the backend is active again, without a deadline',
      answer: backendAnswerSchema,
      changes: true,
      problems: [404],
    },
    async (c) => {
      const { pool, backend } = c.req.param();
      const result = await directory(c).undrain(pool, backend, optionsOf(c, false));
      const { revision, config, warnings } = answerOf(c, result, false);
      return { revision, backend: findBackend(config, { pool, backend }), ...withWarnings(warnings) };
    },
  ),
] as const;

function findDrain(drains: readonly Drain[], { pool, backend }: { pool: string; backend: string }): Drain {
  const found = drains.find((drain) => drain.pool === pool && drain.backend === backend);
  return found ?? fail(404, `Backend ${backend} of pool ${pool} is not draining.`);
}
