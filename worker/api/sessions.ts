/** `/api/session`: signing in and out, and the one-time link that `npm start` prints. */
import { Hono } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { type ApiEnv, adminToken, requireOperator, requireSameOrigin } from './access.ts';
import { directory, readJson } from './directory.ts';
import { fail } from './problem.ts';
import { digest, makeSession, SESSION_COOKIE, SESSION_SECONDS, sameSecret } from './session.ts';

export const sessionsApi = new Hono<ApiEnv>()
  .post('/', async (c) => {
    if (c.req.header('origin') !== undefined) requireSameOrigin(c);
    const body = (await readJson(c)) as { token?: unknown; code?: unknown } | null;
    const token = adminToken(c.env)!;
    const byToken = typeof body?.token === 'string' && (await sameSecret(body.token, token));
    const byCode = typeof body?.code === 'string' && (await directory(c).takeLogin(await digest(body.code)));
    if (!byToken && !byCode)
      return fail(
        401,
        typeof body?.code === 'string'
          ? 'This link has been used or is too old; sign in with the token.'
          : 'The token is not right.',
      );
    const secure = new URL(c.req.url).protocol === 'https:';
    setCookie(c, SESSION_COOKIE, await makeSession(token, Date.now()), {
      httpOnly: true,
      secure,
      sameSite: 'Strict',
      path: '/',
      maxAge: SESSION_SECONDS,
    });
    return c.json({ session: { seconds: SESSION_SECONDS } });
  })
  .get('/', requireOperator, (c) => c.json({ session: { who: c.get('who') } }))
  .delete('/', (c) => {
    if (c.req.header('origin') !== undefined) requireSameOrigin(c);
    deleteCookie(c, SESSION_COOKIE, { path: '/' });
    return c.body(null, 204);
  })
  .post('/link', requireOperator, async (c) => {
    const code = crypto.randomUUID();
    await directory(c).addLogin(await digest(code));
    return c.json({ code });
  });
