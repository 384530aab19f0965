/** Who may use the API: the operator's token as a bearer, whom Cloudflare Access let through, or a session cookie. */
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import type { Env } from '../../env.ts';
import type { Session } from '../../objects/sign-in-store.ts';
import { directoryObject } from '../../objects/stubs.ts';
import { fail, problem } from '../http/problem.ts';
import { accessIdentity } from './cloudflare-access.ts';
import { readSession, SESSION_COOKIE, sameSecret } from './session-cookie.ts';

export interface ApiEnv {
  Bindings: Env;
  Variables: {
    /** Who a change is recorded as: `token`, `session` or an e-mail address. */
    actor: string;
    /** By which session; null otherwise. */
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

/** Without a token nothing on the admin host is served: a deployment that was not set up is never an open door. */
export const requireSetUp = createMiddleware<ApiEnv>(async (c, next) => {
  if (adminToken(c.env) !== null) return next();
  return problem(
    503,
    `ADMIN_TOKEN is not set or shorter than ${TOKEN_LENGTH} characters. Set it with «wrangler secret put ADMIN_TOKEN», locally in .dev.vars, then reload.`,
  );
});

/** Lets the operator in, and nobody else. */
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
  const who = (await accessIdentity(c.env, accessOf(c))) ?? (await sessionIdentity(c));
  if (who === null)
    return fail(401, 'Sign in, or send «Authorization: Bearer ADMIN_TOKEN».', undefined, {
      'www-authenticate': 'Bearer',
    });
  // Whom the browser vouches for by itself has not said that he wants this.
  if (!SAFE.has(c.req.method) || c.req.header('upgrade')) requireSameOrigin(c);
  return who;
}

const accessOf = (c: Context<ApiEnv>) => (c.executionCtx as Partial<ExecutionContext>).access;

async function sessionIdentity(c: Context<ApiEnv>): Promise<'session' | null> {
  const session = await currentSession(c);
  c.set('session', session);
  return session && 'session';
}

/** The session that the cookie stands for; null when there is none, it has reached its end, or it was signed out. */
export async function currentSession(c: Context<ApiEnv>): Promise<Session | null> {
  const cookie = getCookie(c, SESSION_COOKIE);
  const session = cookie === undefined ? null : await readSession(adminToken(c.env)!, cookie, Date.now());
  return session === null || (await directoryObject(c.env).isSignedOut(session)) ? null : session;
}

/** A cookie is sent by any page that makes the browser send it; the Origin tells whether that page was ours. */
function requireSameOrigin(c: Context<ApiEnv>): void {
  if (c.req.header('origin') === undefined) refuse();
  refuseOtherSites(c);
}

/** Refuses what a browser says another site's page has sent. A script sends neither header and passes. */
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
