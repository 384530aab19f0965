/** `/api/pools`: pools and their backends. */
import { Hono } from 'hono';
import type { Config } from '../config/schema.ts';
import type { ApiEnv } from './auth/access.ts';
import { change, readDocument, remove, withWarnings } from './directory.ts';
import { readJson } from './http/body.ts';
import { fail } from './http/problem.ts';

export const poolsApi = new Hono<ApiEnv>()
  .get('/', async (c) => {
    const { revision, config } = await readDocument(c);
    return c.json({ revision, pools: config.pools });
  })
  .get('/:pool', async (c) => {
    const { revision, config } = await readDocument(c);
    return c.json({ revision, pool: findPool(config, c.req.param('pool')) });
  })
  .put('/:pool', async (c) => {
    const pool = c.req.param('pool');
    const { revision, config, warnings } = await change(c, {
      kind: 'put-pool',
      pool,
      body: await readJson(c),
    });
    return c.json({ revision, pool: findPool(config, pool), ...withWarnings(warnings) });
  })
  .delete('/:pool', async (c) => {
    const pool = c.req.param('pool');
    const { revision, config } = await remove(c, { kind: 'delete-pool', pool });
    return c.json({ revision, pool: findPool(config, pool) });
  })
  .get('/:pool/backends', async (c) => {
    const { revision, config } = await readDocument(c);
    return c.json({ revision, backends: findPool(config, c.req.param('pool')).backends });
  })
  .get('/:pool/backends/:backend', async (c) => {
    const { revision, config } = await readDocument(c);
    return c.json({ revision, backend: findBackend(config, c.req.param()) });
  })
  .put('/:pool/backends/:backend', async (c) => {
    const { revision, config, warnings } = await change(c, {
      kind: 'put-backend',
      ...c.req.param(),
      body: await readJson(c),
    });
    return c.json({ revision, backend: findBackend(config, c.req.param()), ...withWarnings(warnings) });
  })
  .patch('/:pool/backends/:backend', async (c) => {
    const { revision, config, warnings } = await change(c, {
      kind: 'patch-backend',
      ...c.req.param(),
      body: await readJson(c),
    });
    return c.json({ revision, backend: findBackend(config, c.req.param()), ...withWarnings(warnings) });
  })
  .delete('/:pool/backends/:backend', async (c) => {
    const { revision, config } = await remove(c, { kind: 'delete-backend', ...c.req.param() });
    return c.json({ revision, backend: findBackend(config, c.req.param()) });
  });

/** The pool of this id, or a 404. */
export function findPool(config: Config, id: string): Config['pools'][number] {
  return config.pools.find((pool) => pool.id === id) ?? fail(404, `There is no pool ${id}.`);
}

/** The backend of these ids, or a 404. */
export function findBackend(config: Config, { pool, backend }: { pool: string; backend: string }) {
  const found = findPool(config, pool).backends.find(({ id }) => id === backend);
  return found ?? fail(404, `Pool ${pool} has no backend ${backend}.`);
}
