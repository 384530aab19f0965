/** `/api/routes`: which host and path go to which pool. */
import type { Config } from '../config/schema.ts';
import { routeAnswerSchema, routeInputSchema, routesSchema } from '../protocol/config-schemas.ts';
import { change, readDocument, remove, withWarnings } from './directory.ts';
import { readJson } from './http/body.ts';
import { operation } from './http/operation.ts';
import { fail } from './http/problem.ts';

/** The operations on routes. */
export const routesApi = [
  operation('GET /routes', { summary: 'All routes', answer: routesSchema, revised: true }, async (c) => {
    const { revision, config } = await readDocument(c);
    return { revision, routes: config.routes };
  }),

  operation(
    'GET /routes/:route',
    { summary: 'One route', answer: routeAnswerSchema, revised: true, problems: [404] },
    async (c) => {
      const { revision, config } = await readDocument(c);
      return { revision, route: findRoute(config, c.req.param('route')) };
    },
  ),

  operation(
    'PUT /routes/:route',
    {
      summary: 'Create or replace a route',
      body: routeInputSchema,
      answer: routeAnswerSchema,
      creates: true,
      changes: true,
    },
    async (c) => {
      const route = c.req.param('route');
      const body = await readJson(c);
      const { revision, config, warnings } = await change(c, { kind: 'put-route', route, body });
      return { revision, route: findRoute(config, route), ...withWarnings(warnings) };
    },
  ),

  operation(
    'DELETE /routes/:route',
    { summary: 'Delete a route', answer: routeAnswerSchema, changes: true, problems: [404] },
    async (c) => {
      const route = c.req.param('route');
      const { revision, config } = await remove(c, { kind: 'delete-route', route });
      return { revision, route: findRoute(config, route) };
    },
  ),
] as const;

function findRoute(config: Config, id: string): Config['routes'][number] {
  return config.routes.find((route) => route.id === id) ?? fail(404, `There is no route ${id}.`);
}
