/** `/api/live`: a WebSocket on which the Directory tells what changes. */
import { Hono } from 'hono';
import { writeWatch } from '../objects/watch.ts';
import type { ApiEnv } from './auth/access.ts';
import { SESSION_SECONDS } from './auth/session-cookie.ts';
import { directory } from './directory.ts';
import { fail } from './http/problem.ts';

export const liveApi = new Hono<ApiEnv>().get('/', (c) => {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
    return fail(426, 'This is a WebSocket: ask with «Upgrade: websocket».', undefined, {
      upgrade: 'websocket',
    });
  const session = c.get('session');
  const headers = new Headers(c.req.raw.headers);
  // Without a session too it ends in time, and whoever watches on asks again.
  const until = session?.until ?? Date.now() + SESSION_SECONDS * 1_000;
  writeWatch(headers, { by: session?.id ?? null, until });
  return directory(c).fetch(new Request(c.req.raw, { headers }));
});
