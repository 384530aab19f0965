/** The responses that a route gives without a backend: redirects and fixed responses. No I/O. */
import type { RouteConfig } from '../../config/schema.ts';
import { applyEdits, compileLines, type EditContext, type HeaderEdits } from './header-edits.ts';
import { applyRewrite, type Rewrite, rewriteTo } from './rewrite.ts';
import type { Target } from './target.ts';

/** A route's redirect; null: as requested. */
export interface Redirect {
  readonly status: number;
  readonly scheme: 'http' | 'https' | null;
  readonly host: string | null;
  readonly path: string | null;
  readonly rewrite: Rewrite | null;
}

/** Compiles the redirect of a route; null: it has none. */
export function compileRedirect(route: RouteConfig): Redirect | null {
  if (route.redirect === null) return null;
  const { status, scheme, host, path, prefix } = route.redirect;
  return { status, scheme, host, path, rewrite: prefix === null ? null : rewriteTo(route, prefix) };
}

/** The URL that the client is sent to. A new scheme or host has its own default port, as in the Gateway API. */
export function redirectUrl({ scheme, host, path, rewrite }: Redirect, target: Target): string {
  const toScheme = scheme ?? target.scheme;
  const authority = host ?? (toScheme === target.scheme ? publicAuthority(target) : target.host);
  const toPath = path ?? (rewrite ? applyRewrite(target, rewrite) : target.path);
  return `${toScheme}://${authority}${toPath}${target.query}`;
}

/** Whether the redirect leads to the URL that was requested: the client would come back for ever. */
export const leadsToItself = (redirect: Redirect, target: Target): boolean =>
  redirectUrl(redirect, target) ===
  `${target.scheme}://${publicAuthority(target)}${target.path}${target.query}`;

/** The authority as clients write it: without credentials. */
const publicAuthority = ({ authority }: Target): string => authority.slice(authority.lastIndexOf('@') + 1);

/** A route's fixed response, with its headers compiled. */
export interface FixedResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers: HeaderEdits;
}

/** Compiles the fixed response of a route; null: it has none. */
export function compileRespond({ respond }: RouteConfig): FixedResponse | null {
  if (respond === null) return null;
  const { status, contentType, body, headers } = respond;
  return { status, contentType, body, headers: { remove: [], set: compileLines(headers), add: [] } };
}

/** Builds the redirect's response. */
export const buildRedirect = (redirect: Redirect, { target }: EditContext): Response =>
  new Response(null, { status: redirect.status, headers: { location: redirectUrl(redirect, target) } });

/** Builds the fixed response; a HEAD gets it without its body. */
export function buildFixed(fixed: FixedResponse, context: EditContext): Response {
  const { status, contentType, body, headers } = fixed;
  const isEmpty = body === '' || context.request.method === 'HEAD';
  const response = new Response(isEmpty ? null : body, { status });
  if (body !== '') response.headers.set('content-type', contentType);
  applyEdits(response.headers, headers, context, '');
  return response;
}
