/** The value by which the `hash` policy keeps requests together. No I/O. */
import { addressKey } from '../../balance/hash.ts';

/** Reads `ip`, `path`, `header:NAME` or `cookie:NAME` from a request; '' when it is missing. */
export function hashKeyOf(hashKey: string, headers: Headers, path: string): string {
  if (hashKey === 'ip') return addressKey(headers.get('cf-connecting-ip') ?? '');
  if (hashKey === 'path') return path;
  const name = hashKey.slice(hashKey.indexOf(':') + 1);
  if (hashKey.startsWith('header:')) return headers.get(name) ?? '';
  return readCookie(headers.get('cookie'), name) ?? '';
}

/** The first cookie of this name (RFC 6265 5.4), or null. */
export function readCookie(header: string | null, name: string): string | null {
  if (header === null) return null;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}
