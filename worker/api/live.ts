/** `/api/live`: a WebSocket on which the Directory pushes what changes. */
import { writeViewer } from '../objects/directory/viewers.ts';
import { SESSION_SECONDS } from './auth/session-cookie.ts';
import { directory } from './directory.ts';
import { operation } from './http/operation.ts';
import { fail } from './http/problem.ts';

/** The operation of the live view. */
export const liveApi = [
  operation(
    'GET /live',
    {
      summary:
        'A WebSocket that pushes changes: JSON messages of type status, mappings, events and revision, at most one of each a second. The message "ping" is answered "pong"; a client that sends none for two minutes is disconnected',
      upgrades: true,
      problems: [403, 426],
    },
    (c) => {
      if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
        return fail(426, 'This is a WebSocket: send `Upgrade: websocket`.', undefined, {
          upgrade: 'websocket',
        });
      const session = c.get('session');
      const headers = new Headers(c.req.raw.headers);
      // A connection without a session ends after the same time; a client that still watches connects again.
      const expiresAt = session?.until ?? Date.now() + SESSION_SECONDS * 1_000;
      writeViewer(headers, { sessionId: session?.id ?? null, expiresAt });
      return directory(c).fetch(new Request(c.req.raw, { headers }));
    },
  ),
] as const;
