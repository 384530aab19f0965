/** `/api/config`: the whole document, and the one that was declared. */
import { Hono } from 'hono';
import { staticConfig } from '../config/static.ts';
import { surroundings } from '../env.ts';
import type { ApiEnv } from './auth/access.ts';
import { change, documentAnswer, readConfig, readDocument } from './directory.ts';
import { readJson } from './http/body.ts';

export const configApi = new Hono<ApiEnv>()
  .get('/', async (c) => {
    const { revision, config } = await readDocument(c);
    return c.json({ revision, config });
  })
  .get('/declared', async (c) => {
    const { revision } = await readConfig(c);
    return c.json({ revision, declared: staticConfig(c.env.STATIC_CONFIG, surroundings(c.env)) });
  })
  .put('/', async (c) => {
    const dryRun = c.req.query('dryRun') === 'true';
    const body = await readJson(c);
    return c.json(documentAnswer(await change(c, { kind: 'replace-config', body }, dryRun)));
  });
