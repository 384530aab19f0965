/** Who may use the API, and how: a request with a token, an identity of Cloudflare Access, or a session cookie. */
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
    /** Who a change is recorded as: `token`, `session`, the name of the session or an e-mail address. */
    actor: string;
    /** A viewer may look, but not change. */
    role: Role;
    /** The session that the request came with; null without one. */
    session: Session | null;
  };
}

type Role = 'operator' | 'viewer';

/** Who sent a request. */
interface Identity {
  readonly actor: string;
  readonly role: Role;
  readonly session: Session | null;
}

const TOKEN_LENGTH = 16;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The operator's token, or null when it is unset or too short to be one. */
export const adminToken = (env: Env): string | null => longEnough(env.ADMIN_TOKEN);

/** The viewers' token, or null when it is unset or too short to be one. */
export const viewerToken = (env: Env): string | null => longEnough(env.VIEWER_TOKEN);

const longEnough = (token = ''): string | null => (token.length >= TOKEN_LENGTH ? token : null);

/** The role that a token gives; null when it is no token of this deployment. A token that is both is the operator's. */
export async function roleOf(env: Env, given: string): Promise<Role | null> {
  const [admin, viewer] = [adminToken(env), viewerToken(env)];
  const isAdmin = admin !== null && (await sameSecret(given, admin));
  const isViewer = viewer !== null && (await sameSecret(given, viewer));
  if (isAdmin) return 'operator';
  return isViewer ? 'viewer' : null;
}

/** Answers 503 to every request on the admin host until a token is set: a deployment without one must not be open. */
export const requireSetUp = createMiddleware<ApiEnv>(async (c, next) => {
  if (adminToken(c.env) !== null) return next();
  return problem(
    503,
    `ADMIN_TOKEN is not set or shorter than ${TOKEN_LENGTH} characters. Set it with "wrangler secret put ADMIN_TOKEN", locally in .dev.vars, then reload.`,
  );
});

/** Lets only operators and viewers through; throws a 401 or 403 for all other requests. */
export const requireSignIn = createMiddleware<ApiEnv>(async (c, next) => {
  const { actor, role, session } = await identify(c);
  c.set('session', session);
  c.set('role', role);
  c.set('actor', actor);
  return next();
});

/** Throws a 403 for a viewer. */
export function requireOperator(c: Context<ApiEnv>): void {
  if (c.get('role') !== 'viewer') return;
  fail(403, 'You are signed in to look, not to change: this needs the token or the identity of an operator.');
}

async function identify(c: Context<ApiEnv>): Promise<Identity> {
  const header = c.req.header('authorization');
  if (header !== undefined) {
    const [, given] = /^Bearer +(\S+)$/i.exec(header) ?? [];
    const role = given === undefined ? null : await roleOf(c.env, given);
    if (role !== null) return { actor: role === 'viewer' ? 'viewer token' : 'token', role, session: null };
    return fail(401, 'The token is not right.', undefined, {
      'www-authenticate': 'Bearer error="invalid_token"',
    });
  }
  const identity = (await identifyByAccess(c)) ?? (await currentSession(c));
  if (identity === null)
    return fail(401, 'Sign in, or send `Authorization: Bearer ADMIN_TOKEN`.', undefined, {
      'www-authenticate': 'Bearer',
    });
  // A browser attaches cookies and Access identities to any site's requests: a change must also carry our Origin.
  if (!SAFE.has(c.req.method) || c.req.header('upgrade')) requireSameOrigin(c);
  return identity;
}

async function identifyByAccess(c: Context<ApiEnv>): Promise<Identity | null> {
  const { access } = c.executionCtx as Partial<ExecutionContext>;
  const operator = await accessIdentity(c.env.ACCESS_AUD, access);
  if (operator !== null) return { actor: operator, role: 'operator', session: null };
  const viewer = await accessIdentity(c.env.ACCESS_VIEWER_AUD, access);
  return viewer === null ? null : { actor: viewer, role: 'viewer', session: null };
}

/** The session of the request's cookie; null when there is none, when it has expired, or after signing out. */
export async function currentSession(
  c: Context<ApiEnv>,
): Promise<(Identity & { readonly session: Session }) | null> {
  const cookie = getCookie(c, SESSION_COOKIE);
  if (cookie === undefined) return null;
  // Each role's sessions are signed with its own token, so that a cookie cannot claim another role.
  for (const role of ['operator', 'viewer'] as const) {
    const token = role === 'operator' ? adminToken(c.env) : viewerToken(c.env);
    const session = token === null ? null : await readSession(token, cookie, Date.now());
    if (session === null) continue;
    if (await directoryObject(c.env).isSignedOut(session)) return null;
    return { actor: session.name ?? UNNAMED[role], role, session };
  }
  return null;
}

const UNNAMED: Readonly<Record<Role, string>> = { operator: 'session', viewer: 'viewer' };

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
