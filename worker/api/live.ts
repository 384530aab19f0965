/** `/api/live`: a WebSocket on which the Directory tells what changes. */
import { Hono } from 'hono';
import type { ApiEnv } from './access.ts';
import { directory } from './directory.ts';
import { fail } from './problem.ts';

export const liveApi = new Hono<ApiEnv>().get('/', (c) => {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
    return fail(426, 'This is a WebSocket: ask with «Upgrade: websocket».', undefined, {
      upgrade: 'websocket',
    });
  return directory(c).fetch(c.req.raw);
});
