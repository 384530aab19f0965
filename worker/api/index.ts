/** The admin host: the API under `/api`, the dashboard's files everywhere else. */
import { Hono } from 'hono';
import { type ApiEnv, requireOperator, requireSetUp } from './auth/access.ts';
import { sessionsApi } from './auth/sign-in.ts';
import { configApi } from './config.ts';
import { drainApi } from './drain.ts';
import { explainApi } from './explain.ts';
import { historyApi } from './history.ts';
import { answerUnchanged } from './http/conditions.ts';
import { drainBody } from './http/drain-body.ts';
import { API_HEADERS } from './http/headers.ts';
import { notFound } from './http/not-found.ts';
import { onError } from './http/problem.ts';
import { liveApi } from './live.ts';
import { metricsApi } from './metrics.ts';
import { openApi } from './openapi/document.ts';
import { poolsApi } from './pools.ts';
import { routesApi } from './routes.ts';
import { statusApi } from './status.ts';
import { VERSION } from './version.ts';

const routed = new Hono<ApiEnv>()
  .get('/health', (c) => c.json({ status: 'ok', version: VERSION }))
  .route('/session', sessionsApi)
  .use('/*', requireOperator)
  .use('/*', answerUnchanged)
  .route('/', statusApi)
  .route('/', historyApi)
  .route('/explain', explainApi)
  .route('/live', liveApi)
  .route('/metrics', metricsApi)
  .route('/openapi.json', openApi)
  .route('/config', configApi)
  .route('/pools', poolsApi)
  .route('/pools', drainApi)
  .route('/routes', routesApi);

/** The type of the API, for `hc<Api>` in the dashboard. */
export type Api = typeof routed;

export const api = new Hono<ApiEnv>()
  .onError(onError)
  .use('*', async (c, next) => {
    await next();
    await drainBody(c.req.raw);
  })
  .use('*', requireSetUp)
  .use('/api/*', async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(API_HEADERS)) c.header(name, value);
  })
  .route('/api', routed)
  .all('/api/*', notFound)
  .all('*', (c) => c.env.ASSETS.fetch(c.req.raw));
