/** A backend's own URL in its answers, turned into the one that the client asks for (nginx's `proxy_redirect default`). No I/O. */
import type { RouteConfig } from '../../config/schema.ts';
import { prefixOf } from '../routing/routes.ts';
import type { Target } from '../routing/target.ts';
import type { Upstream } from './upstream.ts';

/** `url` as the client must ask for it, when it begins with the backend's own base URL; else null. */
function toClient(url: string, upstream: Upstream, target: Target, route: RouteConfig): string | null {
  const { origins, prefix, keepsHost } = upstream;
  // A URL that leaves its scheme out takes that of the request, as the backend saw it.
  const full = url.startsWith('//') ? origins[0]!.slice(0, origins[0]!.indexOf('//')) + url : url;
  const after = (origin: string): string | null => {
    const path = full.slice(origin.length);
    const isOwn = full.slice(0, origin.length).toLowerCase() === origin && path.startsWith(prefix);
    return isOwn && endsAt(path, prefix.length) ? path.slice(prefix.length) : null;
  };
  for (const origin of origins) {
    const path = after(origin);
    if (path !== null) return publicUrl(path, target, route);
  }
  // With the client's Host a backend takes that for its own; without a prefix its URLs and the client's look alike.
  const path = keepsHost && prefix !== '' ? after(publicOrigin(target)) : null;
  return path === null ? null : publicUrl(path, target, route);
}

/** Whether a path, or a host's port, ends at `index`: `http://a:80801/` is not below `http://a:8080`. */
const endsAt = (text: string, index: number): boolean =>
  index === text.length || '/?#'.includes(text[index]!);

const publicOrigin = ({ scheme, authority }: Target): string =>
  `${scheme}://${authority.slice(authority.lastIndexOf('@') + 1)}`;

function publicUrl(path: string, target: Target, route: RouteConfig): string {
  const whole = (route.stripPrefix ? prefixOf(route.path) : '') + path;
  return `${publicOrigin(target)}${whole.startsWith('/') ? '' : '/'}${whole}`;
}

/** `5; url=http://…`, with the URL in quotes or not (the HTML standard, shared declarative refresh steps). */
const REFRESH = /^([\d.\s]*[;,]?\s*(?:url\s*=\s*)?["']?)(.*)$/is;

/** The values of `Location`, `Content-Location` and `Refresh` that must be replaced, by name; null: none. */
export function rewritten(
  headers: Headers,
  status: number,
  upstream: Upstream,
  target: Target,
  route: RouteConfig,
): [name: string, value: string][] | null {
  if (upstream.origins.length === 0 || route.rewriteLocation === false) return null;
  let found: [string, string][] | null = null;
  const look = (name: string, lead: string, url: string) => {
    const own = toClient(url, upstream, target, route);
    if (own !== null) found = [...(found ?? []), [name, lead + own]];
  };
  // A Location means something with 201 and 3xx only (RFC 9110, 10.2.2), and an ordinary 200 is spared the look-up.
  const location = status === 200 ? null : headers.get('location');
  if (location !== null) look('location', '', location);
  const content = headers.get('content-location');
  if (content !== null) look('content-location', '', content);
  const refresh = headers.get('refresh');
  if (refresh !== null) {
    const [, lead = '', url = ''] = REFRESH.exec(refresh) ?? [];
    look('refresh', lead, url);
  }
  return found;
}
