/** `/api/events`, `/api/incidents`, `/api/config/revisions` and `/api/config/rollback`: what happened, earlier documents, and the way back. */
import { z } from 'zod';
import { configAnswerSchema, revisionSchema, revisionsSchema } from '../protocol/config-schemas.ts';
import { eventsSchema, incidentsSchema } from '../protocol/traffic-schemas.ts';
import { answerOf, directory, documentAnswer, isDryRun, optionsOf, readConfig } from './directory.ts';
import { readBody } from './http/body.ts';
import { readLimit } from './http/limit.ts';
import { openToViewers, operation } from './http/operation.ts';
import { fail } from './http/problem.ts';
import { dryRun, limit, pool } from './openapi/parameters.ts';
import { findPool } from './pools.ts';

const REVISION_ERROR = 'must be the number of a revision';

/** The body of a rollback. */
export const rollbackSchema = z.strictObject(
  { revision: z.int({ error: REVISION_ERROR }).min(1, { error: REVISION_ERROR }) },
  { error: 'must be {"revision": number}' },
);

/** The operations on events and revisions. */
export const historyApi = [
  operation(
    'GET /events',
    {
      summary: 'Changes, ejections, probes and returns, newest first',
      query: { limit },
      answer: eventsSchema,
      problems: [400],
    },
    (c) => directory(c).events(readLimit(c.req.query('limit'))),
  ),

  operation(
    'GET /incidents',
    {
      summary: 'The times in which a pool was degraded, failing or down, newest first',
      query: { pool, limit },
      answer: incidentsSchema,
      problems: [400, 404],
    },
    async (c) => {
      const { pool: only } = c.req.query();
      const most = readLimit(c.req.query('limit'));
      if (only !== undefined) findPool((await readConfig(c)).config, only);
      return directory(c).incidents(only ?? null, most);
    },
  ),

  operation('GET /config/revisions', { summary: 'The revisions kept', answer: revisionsSchema }, (c) =>
    directory(c).revisions(),
  ),

  operation(
    'GET /config/revisions/:n',
    {
      summary: 'One revision with its document and what it changed',
      answer: revisionSchema,
      problems: [404],
    },
    async (c) => {
      const number = c.req.param('n');
      const found = /^\d{1,15}$/.test(number) ? await directory(c).revisionDetails(Number(number)) : null;
      return found ?? fail(404, `There is no revision ${number}, or it is not kept any more.`);
    },
  ),

  openToViewers(
    operation(
      'POST /config/rollback',
      {
        summary: 'Make the document of an earlier revision a new revision',
        query: { dryRun },
        body: rollbackSchema,
        answer: configAnswerSchema,
        changes: true,
        problems: [404],
      },
      async (c) => {
        const { revision: to } = await readBody(c, rollbackSchema);
        const dry = isDryRun(c);
        const result = await directory(c).rollback(to, optionsOf(c, dry));
        return documentAnswer(answerOf(c, result, dry));
      },
    ),
    isDryRun,
  ),
] as const;
