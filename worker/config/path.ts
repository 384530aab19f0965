/** Which paths are the same for routing (RFC 3986, section 6.2.2). No I/O. */

/** The octets that need no escape in a path (RFC 3986, section 2.3), each as its two hexadecimal digits. */
const UNRESERVED = '2[de]|3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae]';
const ESCAPE = /%[0-9a-f]{2}/gi;
const NEEDLESS = new RegExp(`^%(?:${UNRESERVED})$`, 'i');

const isNeedless = (triplet: string): boolean => NEEDLESS.test(triplet);

/**
 * The path in the form that routes compare: `/%61dmin` becomes `/admin`, and hexadecimal digits become upper case. An escape
 * that does not mean the same as its character, such as `%2F`, stays. Dot segments are left to the caller.
 */
export function normalPath(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(ESCAPE, (triplet) =>
    isNeedless(triplet) ? String.fromCharCode(Number.parseInt(triplet.slice(1), 16)) : triplet.toUpperCase(),
  );
}

/** How many characters of `path` make up the first `length` characters of its `normalPath`. */
export function lengthAsSent(path: string, length: number): number {
  let at = 0;
  for (let n = 0; n < length; n++) at += isNeedless(path.slice(at, at + 3)) ? 3 : 1;
  return at;
}

/** A path without its trailing slash: `/api/` and `/api` are one prefix, and the root is ''. */
export const prefixOf = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);
