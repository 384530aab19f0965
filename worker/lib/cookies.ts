/** Reading the Cookie header (RFC 6265), and removing cookies from it. No I/O. */

/** Separates cookies: a semicolon, or the comma by which the platform joins two Cookie lines. */
const BETWEEN = /(;\s*|, (?=[!#$%&'*+.^_`|~0-9A-Za-z-]+=))/;

/** The first cookie of this name (RFC 6265 5.4), or null. */
export function readCookie(header: string | null, name: string): string | null {
  if (header === null) return null;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}

/** Every cookie of a Cookie header by name; of several of one name the first. Two lines may be joined by a comma. */
export function parseCookies(header: string | null): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const parts = header?.split(BETWEEN) ?? [];
  for (let i = 0; i < parts.length; i += 2) {
    const pair = parts[i]!;
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    if (equals > 0 && !found.has(name)) found.set(name, pair.slice(equals + 1).trim());
  }
  return found;
}

/** A set of cookie names. */
interface Names {
  has(name: string): boolean;
}

/**
 * A Cookie header without the cookies of these names; null when nothing is left. The platform joins several lines by a
 * comma, which a value may also contain. If a line starts or ends with a cookie of these names, the commas are known to
 * join lines, and the remaining cookies are separated by semicolons; any other comma stays.
 */
export function withoutCookies(cookies: string, names: Names): string | null {
  const parts = cookies.split(BETWEEN);
  const isRemoved = (i: number) => names.has((parts[i] ?? '').split('=', 1)[0]!.trim());
  let isLines = false;
  let found = false;
  for (let i = 0; i < parts.length; i += 2) {
    if (!isRemoved(i)) continue;
    found = true;
    isLines ||= parts[i - 1] === ', ' || parts[i + 1] === ', ';
  }
  if (!found) return cookies;
  let left = '';
  for (let i = 0; i < parts.length; i += 2) {
    if (isRemoved(i)) continue;
    const between = isLines || isRemoved(i - 2) ? '; ' : parts[i - 1];
    left += left === '' ? parts[i] : `${between}${parts[i]}`;
  }
  return left.trim() === '' ? null : left.trim();
}

/** Removes the cookies of these names from a request's headers; all others stay as they are. */
export function hideCookies(headers: Headers, names: Names): void {
  const cookies = headers.get('cookie');
  if (cookies === null) return;
  const left = withoutCookies(cookies, names);
  if (left === null) headers.delete('cookie');
  else if (left !== cookies) headers.set('cookie', left);
}
