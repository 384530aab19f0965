/** `/api/session`: signing in and out, and the one-time link that `npm start` prints. */
import { type Context, Hono } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { addressKey } from '../../balance/hash.ts';
import { directory } from '../directory.ts';
import { readJson } from '../http/body.ts';
import { fail } from '../http/problem.ts';
import { type ApiEnv, adminToken, currentSession, refuseOtherSites, requireOperator } from './access.ts';
import {
  addressDigest,
  loginDigest,
  makeSession,
  SESSION_COOKIE,
  SESSION_SECONDS,
  sameSecret,
} from './session-cookie.ts';

/** Anybody may send this one: it is never long. */
const LOGIN_BYTES = 16_384;

export const sessionsApi = new Hono<ApiEnv>()
  .post('/', async (c) => {
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
    const secure = new URL(c.req.url).protocol === 'https:';
    setCookie(c, SESSION_COOKIE, await makeSession(token, generation, Date.now()), {
      httpOnly: true,
      secure,
      sameSite: 'Strict',
      path: '/',
      maxAge: SESSION_SECONDS,
    });
    return c.json({ session: { seconds: SESSION_SECONDS } });
  })
  .get('/', requireOperator, (c) => c.json({ session: { who: c.get('actor') } }))
  .delete('/', async (c) => {
    refuseOtherSites(c);
    const session = await currentSession(c);
    if (session) await directory(c).signOut(session, c.req.query('everywhere') === 'true');
    deleteCookie(c, SESSION_COOKIE, { path: '/' });
    return c.body(null, 204);
  })
  .post('/link', requireOperator, async (c) => {
    const code = crypto.randomUUID();
    await directory(c).addLogin(await loginDigest(adminToken(c.env)!, code));
    return c.json({ code });
  });

/**
 * Past the limit even the right token is not looked at here. As a bearer it goes on working: whoever shares an address
 * with a guesser must not be locked out, and a random token of 16 characters or more is not to be guessed at any rate.
 */
async function countAttempt(c: Context<ApiEnv>, address: string): Promise<void> {
  const waitMs = await directory(c).attemptSignIn(address);
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1_000);
  fail(429, `Too many attempts to sign in from this address; try again in ${seconds} s.`, undefined, {
    'retry-after': String(seconds),
  });
}
