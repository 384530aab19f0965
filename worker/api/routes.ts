/** `/api/routes`: which host and path go to which pool. */
import { Hono } from 'hono';
import type { Config } from '../config/schema.ts';
import type { ApiEnv } from './auth/access.ts';
import { change, readDocument, remove, withWarnings } from './directory.ts';
import { readJson } from './http/body.ts';
import { fail } from './http/problem.ts';

export const routesApi = new Hono<ApiEnv>()
  .get('/', async (c) => {
    const { revision, config } = await readDocument(c);
    return c.json({ revision, routes: config.routes });
  })
  .get('/:route', async (c) => {
    const { revision, config } = await readDocument(c);
    return c.json({ revision, route: findRoute(config, c.req.param('route')) });
  })
  .put('/:route', async (c) => {
    const route = c.req.param('route');
    const { revision, config, warnings } = await change(c, {
      kind: 'put-route',
      route,
      body: await readJson(c),
    });
    return c.json({ revision, route: findRoute(config, route), ...withWarnings(warnings) });
  })
  .delete('/:route', async (c) => {
    const route = c.req.param('route');
    const { revision, config } = await remove(c, { kind: 'delete-route', route });
    return c.json({ revision, route: findRoute(config, route) });
  });

function findRoute(config: Config, id: string) {
  return config.routes.find((route) => route.id === id) ?? fail(404, `There is no route ${id}.`);
}
