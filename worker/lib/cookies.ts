/** Reading the Cookie header (RFC 6265). No I/O. */

/** The first cookie of this name (RFC 6265 5.4), or null. */
export function readCookie(header: string | null, name: string): string | null {
  if (header === null) return null;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}
