/** Who may use the API: a request with the operator's token, an identity of Cloudflare Access, or a session cookie. */
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import type { Env } from '../../env.ts';
import type { Session } from '../../protocol/messages.ts';
import { directoryObject } from '../../protocol/rpc.ts';
import { fail, problem } from '../http/problem.ts';
import { accessIdentity } from './cloudflare-access.ts';
import { readSession, SESSION_COOKIE, sameSecret } from './session-cookie.ts';

/** The bindings and variables of a request to the API. */
export interface ApiEnv {
  Bindings: Env;
  Variables: {
    /** Who a change is recorded as: `token`, `session` or an e-mail address. */
    actor: string;
    /** The session that the request came with; null without one. */
    session: Session | null;
  };
}

const TOKEN_LENGTH = 16;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The operator's token, or null when it is unset or too short to be one. */
export function adminToken(env: Env): string | null {
  const token = env.ADMIN_TOKEN ?? '';
  return token.length >= TOKEN_LENGTH ? token : null;
}

/** Answers 503 to every request on the admin host until a token is set: a deployment without one must not be open. */
export const requireSetUp = createMiddleware<ApiEnv>(async (c, next) => {
  if (adminToken(c.env) !== null) return next();
  return problem(
    503,
    `ADMIN_TOKEN is not set or shorter than ${TOKEN_LENGTH} characters. Set it with "wrangler secret put ADMIN_TOKEN", locally in .dev.vars, then reload.`,
  );
});

/** Lets only the operator through; throws a 401 or 403 for all other requests. */
export const requireOperator = createMiddleware<ApiEnv>(async (c, next) => {
  c.set('session', null);
  c.set('actor', await identify(c));
  return next();
});

async function identify(c: Context<ApiEnv>): Promise<string> {
  const header = c.req.header('authorization');
  if (header !== undefined) {
    const [, given] = /^Bearer +(\S+)$/i.exec(header) ?? [];
    if (given !== undefined && (await sameSecret(given, adminToken(c.env)!))) return 'token';
    return fail(401, 'The token is not right.', undefined, {
      'www-authenticate': 'Bearer error="invalid_token"',
    });
  }
  const actor = (await accessIdentity(c.env, accessOf(c))) ?? (await sessionIdentity(c));
  if (actor === null)
    return fail(401, 'Sign in, or send `Authorization: Bearer ADMIN_TOKEN`.', undefined, {
      'www-authenticate': 'Bearer',
    });
  // A browser attaches cookies and Access identities to any site's requests: a change must also carry our Origin.
  if (!SAFE.has(c.req.method) || c.req.header('upgrade')) requireSameOrigin(c);
  return actor;
}

const accessOf = (c: Context<ApiEnv>) => (c.executionCtx as Partial<ExecutionContext>).access;

async function sessionIdentity(c: Context<ApiEnv>): Promise<'session' | null> {
  const session = await currentSession(c);
  c.set('session', session);
  return session && 'session';
}

/** The session of the request's cookie; null when there is none, when it has expired, or after signing out. */
export async function currentSession(c: Context<ApiEnv>): Promise<Session | null> {
  const cookie = getCookie(c, SESSION_COOKIE);
  const session = cookie === undefined ? null : await readSession(adminToken(c.env)!, cookie, Date.now());
  return session === null || (await directoryObject(c.env).isSignedOut(session)) ? null : session;
}

/** Throws a 403 unless the Origin is our own: any page can make the browser send our cookie (CSRF). */
function requireSameOrigin(c: Context<ApiEnv>): void {
  if (c.req.header('origin') === undefined) refuse();
  refuseOtherSites(c);
}

/** Throws a 403 when the browser's headers name another site. A script sends neither header and passes. */
export function refuseOtherSites(c: Context<ApiEnv>): void {
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  if (origin !== undefined && origin !== new URL(c.req.url).origin) refuse();
  if (site !== undefined && site !== 'same-origin') refuse();
}

const refuse = (): never =>
  fail(
    403,
    'This change came from another site: without the token as a bearer, the Origin must be the dashboard itself.',
  );
