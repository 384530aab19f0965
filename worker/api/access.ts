/** Who may use the API: the operator's token as a bearer, or a session cookie made from it. */
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import type { Env } from '../env.ts';
import { fail, problem } from './problem.ts';
import { isSession, SESSION_COOKIE, sameSecret } from './session.ts';

export interface ApiEnv {
  Bindings: Env;
  Variables: { who: string };
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
  c.set('who', await identify(c));
  return next();
});

async function identify(c: Context<ApiEnv>): Promise<string> {
  const token = adminToken(c.env)!;
  const header = c.req.header('authorization');
  if (header !== undefined) {
    const [, given] = /^Bearer +(\S+)$/i.exec(header) ?? [];
    if (given !== undefined && (await sameSecret(given, token))) return 'token';
    return fail(401, 'The token is not right.', undefined, {
      'www-authenticate': 'Bearer error="invalid_token"',
    });
  }
  const cookie = getCookie(c, SESSION_COOKIE);
  if (cookie === undefined || !(await isSession(token, cookie, Date.now())))
    return fail(401, 'Sign in, or send «Authorization: Bearer ADMIN_TOKEN».', undefined, {
      'www-authenticate': 'Bearer',
    });
  if (!SAFE.has(c.req.method) || c.req.header('upgrade')) requireSameOrigin(c);
  return 'session';
}

/** A cookie is sent by any page that makes the browser send it; the Origin tells whether that page was ours. */
export function requireSameOrigin(c: Context<ApiEnv>): void {
  const origin = c.req.header('origin');
  if (origin === undefined || origin !== new URL(c.req.url).origin)
    fail(
      403,
      'This change came from another site: with a session cookie the Origin must be the dashboard itself.',
    );
}
