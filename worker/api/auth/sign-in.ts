/** `/api/session`: signing in and out, and the one-time link that `npm start` prints. */
import type { Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { addressKey } from '../../balance/hash.ts';
import {
  linkSchema,
  loginInputSchema,
  sessionSchema,
  signedInSchema,
} from '../../protocol/common-schemas.ts';
import { directory } from '../directory.ts';
import { readJson } from '../http/body.ts';
import { openOperation, operation } from '../http/operation.ts';
import { fail } from '../http/problem.ts';
import { everywhere } from '../openapi/parameters.ts';
import { type ApiEnv, adminToken, currentSession, refuseOtherSites } from './access.ts';
import {
  addressDigest,
  loginDigest,
  makeSession,
  SESSION_COOKIE,
  SESSION_SECONDS,
  sameSecret,
} from './session-cookie.ts';

/** Anyone may send a sign-in, and a genuine one is never long. */
const LOGIN_BYTES = 16_384;

/** The operations on sessions. */
export const sessionsApi = [
  operation('GET /session', { summary: 'Who is signed in', answer: signedInSchema }, (c) => ({
    session: { who: c.get('actor') },
  })),

  openOperation(
    'POST /session',
    {
      summary: 'Sign in: sets the session cookie',
      body: loginInputSchema,
      answer: sessionSchema,
      problems: [401, 403, 429],
    },
    async (c) => {
      refuseOtherSites(c);
      const body = (await readJson(c, LOGIN_BYTES)) as { token?: unknown; code?: unknown } | null;
      const token = adminToken(c.env)!;
      const address = await addressDigest(token, addressKey(c.req.header('cf-connecting-ip') ?? ''));
      await countAttempt(c, address);
      const byToken = typeof body?.token === 'string' && (await sameSecret(body.token, token));
      const byCode =
        typeof body?.code === 'string' && (await directory(c).takeLogin(await loginDigest(token, body.code)));
      if (!byToken && !byCode)
        return fail(
          401,
          typeof body?.code === 'string'
            ? 'This link has been used or is too old; sign in with the token.'
            : 'The token is not right.',
        );
      const generation = await directory(c).admit(address);
      setCookie(c, SESSION_COOKIE, await makeSession(token, generation, Date.now()), {
        httpOnly: true,
        secure: new URL(c.req.url).protocol === 'https:',
        sameSite: 'Strict',
        path: '/',
        maxAge: SESSION_SECONDS,
      });
      return { session: { seconds: SESSION_SECONDS } };
    },
  ),

  openOperation(
    'DELETE /session',
    {
      summary: 'Sign out: ends the session itself, not just its cookie',
      query: { everywhere },
      problems: [403],
    },
    async (c): Promise<Response> => {
      refuseOtherSites(c);
      const session = await currentSession(c);
      if (session) await directory(c).signOut(session, c.req.query('everywhere') === 'true');
      deleteCookie(c, SESSION_COOKIE, { path: '/' });
      return c.body(null, 204);
    },
  ),

  operation('POST /session/link', { summary: 'Make a one-time login', answer: linkSchema }, async (c) => {
    const code = crypto.randomUUID();
    await directory(c).addLogin(await loginDigest(adminToken(c.env)!, code));
    return { code };
  }),
] as const;

/**
 * Counts an attempt; throws a 429 past the limit, before the token is compared, so that here even the right one is
 * refused. The Authorization header still works: a client that shares its address with a guesser must not be locked out,
 * and a random token of 16 characters or more cannot be guessed at any rate.
 */
async function countAttempt(c: Context<ApiEnv>, address: string): Promise<void> {
  const waitMs = await directory(c).attemptSignIn(address);
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1_000);
  fail(429, `Too many attempts to sign in from this address; try again in ${seconds} s.`, undefined, {
    'retry-after': String(seconds),
  });
}
