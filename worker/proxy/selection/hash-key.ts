/** The value by which the `hash` policy keeps requests together. No I/O. */
import { addressKey } from '../../balance/hash.ts';
import { readCookie } from '../../lib/cookies.ts';

/** Reads `ip`, `path`, `header:NAME` or `cookie:NAME` from a request; '' when it is missing. */
export function hashKeyOf(hashKey: string, headers: Headers, path: string): string {
  if (hashKey === 'ip') return addressKey(headers.get('cf-connecting-ip') ?? '');
  if (hashKey === 'path') return path;
  const name = hashKey.slice(hashKey.indexOf(':') + 1);
  if (hashKey.startsWith('header:')) return headers.get(name) ?? '';
  return readCookie(headers.get('cookie'), name) ?? '';
}
