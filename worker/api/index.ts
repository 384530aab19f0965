/** The admin host: the API under `/api`, the dashboard's files everywhere else. */
import { type Context, Hono } from 'hono';
import { LIMITS } from '../config/limits.ts';
import { drainBody } from '../lib/drain-body.ts';
import { healthSchema } from '../protocol/common-schemas.ts';
import { alertsApi } from './alerts.ts';
import { type ApiEnv, requireSetUp, requireSignIn } from './auth/access.ts';
import { sessionsApi } from './auth/sign-in.ts';
import { checksApi } from './checks.ts';
import { configApi } from './config.ts';
import { drainApi } from './drain.ts';
import { explainApi } from './explain.ts';
import { historyApi } from './history.ts';
import { answerUnchanged } from './http/conditions.ts';
import { API_HEADERS } from './http/headers.ts';
import { notFound } from './http/not-found.ts';
import { openOperation, operation, serve } from './http/operation.ts';
import { onError } from './http/problem.ts';
import { liveApi } from './live.ts';
import { poolsApi } from './pools.ts';
import { rolloutApi } from './rollout.ts';
import { routesApi } from './routes.ts';
import { metricsApi } from './traffic/metrics.ts';
import { requestsApi } from './traffic/requests.ts';
import { seriesApi } from './traffic/series.ts';
import { statusApi } from './traffic/status.ts';
import { VERSION } from './version.ts';

/** A document that the build puts among the dashboard's files, under its own address (scripts/support/openapi.ts). */
async function builtDocument(c: Context<ApiEnv>, type: `${string}/${string}`): Promise<Response> {
  const { body } = await c.env.ASSETS.fetch(new URL(c.req.path, c.req.url));
  return new Response(body, { headers: { 'content-type': type } });
}

/** Every operation of the API: the app, the OpenAPI document and the dashboard's client are made of this list. */
export const operations = [
  openOperation(
    'GET /health',
    { summary: 'Whether the Worker runs, and its version', answer: healthSchema },
    () => ({ status: 'ok' as const, version: VERSION }),
  ),
  operation(
    'GET /openapi.json',
    { summary: 'This document', answer: 'application/json' },
    async (c): Promise<Response> => {
      // Only the development server has hot modules, and no built file.
      if (import.meta.hot) {
        const { openApiDocument } = await import('./openapi/document.ts');
        return c.json(openApiDocument(operations));
      }
      return builtDocument(c, 'application/json');
    },
  ),
  // Open, because an editor that follows `$schema` sends no token; it says nothing about this deployment.
  openOperation(
    'GET /schema.json',
    { summary: 'The JSON Schema of the configuration document', answer: 'application/schema+json' },
    async (c): Promise<Response> => {
      if (import.meta.hot) {
        const { documentJsonSchema } = await import('./openapi/json-schema.ts');
        return c.json(documentJsonSchema());
      }
      return builtDocument(c, 'application/schema+json');
    },
  ),
  ...sessionsApi,
  ...configApi,
  ...historyApi,
  ...poolsApi,
  ...drainApi,
  ...checksApi,
  ...routesApi,
  ...rolloutApi,
  ...statusApi,
  ...seriesApi,
  ...requestsApi,
  ...explainApi,
  ...alertsApi,
  ...liveApi,
  ...metricsApi,
] as const;

/** The operations as a type, which the dashboard's client goes by. */
export type Operations = (typeof operations)[number];

const routed = new Hono<ApiEnv>()
  .route('/', serve(operations.filter(({ isOpen }) => isOpen)))
  .use('/*', requireSignIn)
  .use('/*', answerUnchanged)
  .route('/', serve(operations.filter(({ isOpen }) => !isOpen)));

/** The app of an admin host. */
export const api = new Hono<ApiEnv>()
  .onError(onError)
  .use('*', async (c, next) => {
    await next();
    await drainBody(c.req.raw.body, LIMITS.documentBytes);
  })
  .use('*', requireSetUp)
  .use('/api/*', async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(API_HEADERS)) c.header(name, value);
  })
  .route('/api', routed)
  .all('/api/*', notFound(operations))
  .all('*', (c) => c.env.ASSETS.fetch(c.req.raw));
