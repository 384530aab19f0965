/** `/api/session`: signing in and out, and the one-time link that `npm start` prints. */
import type { Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import { addressKey } from '../../balance/hash.ts';
import {
  linkSchema,
  loginInputSchema,
  sessionSchema,
  signedInSchema,
} from '../../protocol/common-schemas.ts';
import type { Session } from '../../protocol/messages.ts';
import { directory } from '../directory.ts';
import { readBody, readJson } from '../http/body.ts';
import { openOperation, openToViewers, operation } from '../http/operation.ts';
import { fail } from '../http/problem.ts';
import { everywhere } from '../openapi/parameters.ts';
import {
  type ApiEnv,
  adminToken,
  currentSession,
  refuseOtherSites,
  requireOperator,
  roleOf,
  viewerToken,
} from './access.ts';
import {
  addressDigest,
  beginSession,
  loginDigest,
  SESSION_COOKIE,
  SESSION_SECONDS,
  writeSession,
} from './session-cookie.ts';

/** Anyone may send a sign-in, and a genuine one is never long. */
const LOGIN_BYTES = 16_384;

/** Characters of a name. */
const NAME_LENGTH = 64;
/** Actors of the history that are no one's name. */
const NOT_NAMES = new Set([
  'token',
  'viewer token',
  'session',
  'viewer',
  'rollout',
  'drain deadline',
  'static configuration',
]);
const NAME_ERROR = `must be a name of 1 to ${NAME_LENGTH} characters, without @ and line breaks`;

/** The body that names a session. An address with @ is how the history shows those whom Cloudflare Access vouches for. */
export const nameSchema = z.strictObject(
  {
    name: z
      .string({ error: NAME_ERROR })
      .trim()
      .min(1, { error: NAME_ERROR })
      .max(NAME_LENGTH, { error: NAME_ERROR })
      .regex(/^[^@\p{C}]+$/u, { error: NAME_ERROR })
      .refine((name) => !NOT_NAMES.has(name.toLowerCase()), {
        error: 'is what the history calls something else',
      })
      .describe('Shown in the history with every change of this session'),
  },
  { error: 'must be an object such as {"name": "Ada"}' },
);

/** Who is signed in, as a response. */
const signedIn = (who: string, isViewer: boolean) => ({
  session: { who, ...(isViewer ? { viewer: true as const } : {}) },
});

/** The operations on sessions. */
export const sessionsApi = [
  operation('GET /session', { summary: 'Who is signed in', answer: signedInSchema }, (c) =>
    signedIn(c.get('actor'), c.get('role') === 'viewer'),
  ),

  openToViewers(
    operation(
      'PUT /session',
      {
        summary: 'Say whose session this is: the history shows it with every change',
        body: nameSchema,
        answer: signedInSchema,
        problems: [409],
      },
      async (c) => {
        const { name } = await readBody(c, nameSchema);
        const session = c.get('session');
        if (session === null)
          return fail(409, 'Only a session can be named; the token and Cloudflare Access say who they are.');
        const isViewer = c.get('role') === 'viewer';
        await setSession(c, isViewer ? viewerToken(c.env)! : adminToken(c.env)!, { ...session, name });
        return signedIn(name, isViewer);
      },
    ),
  ),

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
      const role = typeof body?.token === 'string' ? await roleOf(c.env, body.token) : null;
      const byCode =
        typeof body?.code === 'string' && (await directory(c).takeLogin(await loginDigest(token, body.code)));
      if (role === null && !byCode)
        return fail(
          401,
          typeof body?.code === 'string'
            ? 'This link has been used or is too old; sign in with the token.'
            : 'The token is not right.',
        );
      const generation = await directory(c).admit(address);
      const signer = role === 'viewer' ? viewerToken(c.env)! : token;
      await setSession(c, signer, beginSession(generation, Date.now()));
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
      const isEverywhere = c.req.query('everywhere') === 'true';
      const current = await currentSession(c);
      if (current) {
        c.set('role', current.role);
        if (isEverywhere) requireOperator(c);
        await directory(c).signOut(current.session, isEverywhere);
      }
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

/** Sets the cookie of a session until it expires. */
async function setSession(c: Context<ApiEnv>, token: string, session: Session): Promise<void> {
  setCookie(c, SESSION_COOKIE, await writeSession(token, session), {
    httpOnly: true,
    secure: new URL(c.req.url).protocol === 'https:',
    sameSite: 'Strict',
    path: '/',
    maxAge: Math.max(0, Math.floor((session.until - Date.now()) / 1_000)),
  });
}

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
