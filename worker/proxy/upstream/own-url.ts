/** Rewrites a backend's own URL in its response headers to the public one (nginx's `proxy_redirect default`). No I/O. */
import type { Exchange } from '../exchange.ts';
import { undoRewrite } from '../routing/rewrite.ts';
import type { CompiledRoute } from '../routing/routes.ts';
import type { Target } from '../routing/target.ts';
import type { CompiledBackend } from './upstream.ts';

/** The public form of `url` if it starts with the backend's own base URL; else null. */
function toPublicUrl(
  url: string,
  backend: CompiledBackend,
  target: Target,
  route: CompiledRoute,
): string | null {
  const { origins, prefix, keepsHost } = backend;
  // A URL without a scheme has the scheme of the request that the backend received.
  const full = url.startsWith('//') ? origins[0]!.slice(0, origins[0]!.indexOf('//')) + url : url;
  const after = (origin: string): string | null => {
    const path = full.slice(origin.length);
    const isOwn = full.slice(0, origin.length).toLowerCase() === origin && path.startsWith(prefix);
    return isOwn && endsAt(path, prefix.length) ? path.slice(prefix.length) : null;
  };
  for (const origin of origins) {
    const path = after(origin);
    if (path !== null) return joinPublicUrl(path, target, route);
  }
  // A backend that receives the client's Host uses it in its own URLs; without a prefix these are public already.
  const path = keepsHost && prefix !== '' ? after(publicOrigin(target)) : null;
  return path === null ? null : joinPublicUrl(path, target, route);
}

/** Whether a path segment or a port ends at `index`: `http://a:80801/` is not below `http://a:8080`. */
const endsAt = (text: string, index: number): boolean =>
  index === text.length || '/?#'.includes(text[index]!);

const publicOrigin = ({ scheme, authority }: Target): string =>
  `${scheme}://${authority.slice(authority.lastIndexOf('@') + 1)}`;

/** Null: the route's rewrite makes this path of none that a client can request. */
function joinPublicUrl(path: string, target: Target, { rewrite }: CompiledRoute): string | null {
  const whole = rewrite === null ? path : undoRewrite(path, rewrite);
  if (whole === null) return null;
  return `${publicOrigin(target)}${whole.startsWith('/') ? '' : '/'}${whole}`;
}

/** `5; url=http://…`, with or without quotes (the HTML standard, shared declarative refresh steps). */
const REFRESH = /^([\d.\s]*[;,]?\s*(?:url\s*=\s*)?["']?)(.*)$/is;

/** Returns the new values of `Location`, `Content-Location` and `Refresh` by name; null when none of them changes. */
export function rewriteOwnUrls(
  headers: Headers,
  status: number,
  backend: CompiledBackend,
  { target, compiled }: Pick<Exchange, 'target' | 'compiled'>,
): [name: string, value: string][] | null {
  if (backend.origins.length === 0 || compiled.config.rewriteLocation === false) return null;
  let found: [string, string][] | null = null;
  const rewrite = (name: string, lead: string, url: string) => {
    const publicUrl = toPublicUrl(url, backend, target, compiled);
    if (publicUrl !== null) found = [...(found ?? []), [name, lead + publicUrl]];
  };
  // Location has a meaning with 201 and 3xx only (RFC 9110, 10.2.2); skipping it for a 200 saves the look-up.
  const location = status === 200 ? null : headers.get('location');
  if (location !== null) rewrite('location', '', location);
  const content = headers.get('content-location');
  if (content !== null) rewrite('content-location', '', content);
  const refresh = headers.get('refresh');
  if (refresh !== null) {
    const [, lead = '', url = ''] = REFRESH.exec(refresh) ?? [];
    rewrite('refresh', lead, url);
  }
  return found;
}
