/** `/api/config`: the whole document. */
import { Hono } from 'hono';
import type { ApiEnv } from './access.ts';
import { change, noted, readConfig, readJson } from './directory.ts';

export const configApi = new Hono<ApiEnv>()
  .get('/', async (c) => c.json(await readConfig(c)))
  .put('/', async (c) => {
    const dryRun = c.req.query('dryRun') === 'true';
    const { revision, config, warnings } = await change(
      c,
      { kind: 'replace-config', body: await readJson(c) },
      dryRun,
    );
    return c.json({ revision, config, ...(dryRun ? { dryRun } : {}), ...noted(warnings) });
  });
