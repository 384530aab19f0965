/** `/api/events`, `/api/config/revisions`, `/api/config/rollback`: what happened, what was, and the way back. */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { parse } from '../config/check.ts';
import type { ApiEnv } from './auth/access.ts';
import { answerOf, directory, documentAnswer, optionsOf } from './directory.ts';
import { readJson } from './http/body.ts';
import { readLimit } from './http/limit.ts';
import { fail, failInvalid } from './http/problem.ts';

/** The body of a rollback. */
export const rollbackSchema = z.strictObject(
  {
    revision: z
      .int({ error: 'must be the number of a revision' })
      .min(1, { error: 'must be the number of a revision' }),
  },
  { error: 'must be {"revision": number}' },
);

export const historyApi = new Hono<ApiEnv>()
  .get('/events', async (c) => c.json(await directory(c).events(readLimit(c.req.query('limit')))))
  .get('/config/revisions', async (c) => c.json(await directory(c).revisions()))
  .get('/config/revisions/:n', async (c) => {
    const number = c.req.param('n');
    const found = /^\d{1,15}$/.test(number) ? await directory(c).revisionDetails(Number(number)) : null;
    return c.json(found ?? fail(404, `There is no revision ${number}, or it is not kept any more.`));
  })
  .post('/config/rollback', async (c) => {
    const { revision: to } = await readRollback(c);
    const dryRun = c.req.query('dryRun') === 'true';
    const result = await directory(c).rollback(to, optionsOf(c, dryRun));
    return c.json(documentAnswer(answerOf(c, result, dryRun)));
  });

async function readRollback(c: Context<ApiEnv>) {
  const parsed = parse(rollbackSchema, await readJson(c));
  return parsed.ok ? parsed.value : failInvalid(parsed.errors);
}
