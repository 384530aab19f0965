/**
 * The affinity cookie: opaque, signed, tied to pool, backend and time of issue.
 * Value: hash of pool and backend, time of issue (both base 36), HMAC-SHA-256 over pool, backend and time (base64url).
 */
import { hash32 } from '../balance/hash.ts';
import type { RouteConfig } from '../config/schema.ts';
import { readCookie } from './hash-key.ts';

/** A genuine cookie's content. `issuedAt` in epoch seconds. */
export interface Pin {
  readonly backend: string;
  readonly issuedAt: number;
}

type CookieSettings = RouteConfig['affinityCookie'];

/** Verified values remembered in an isolate, so that a returning client costs no HMAC; the oldest are forgotten. */
export const VERIFIED_KEPT = 4_096;
/** Secrets that count, each an HMAC for a forged cookie; further ones verify nothing. */
export const SECRETS_KEPT = 8;
const MAC_LENGTH = 43;
const encoder = new TextEncoder();
const keys = new Map<string, CryptoKey>();
const verified = new Map<string, Pin>();

/** The secrets of AFFINITY_SECRET: the first signs, all verify, so that a secret can be rotated. */
const secretsOf = (setting: string): string[] =>
  setting
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '')
    .slice(0, SECRETS_KEPT);

/** Reads the pin of a request: null when there is none, or it is forged, foreign, expired or names no backend of the pool. */
export async function readPin(
  cookies: string | null,
  cookie: CookieSettings,
  pool: string,
  backends: readonly { readonly id: string }[],
  setting: string,
  now: number,
): Promise<Pin | null> {
  const value = readCookie(cookies, cookie.name);
  if (value === null) return null;
  const pin = verified.get(`${pool} ${value}`) ?? (await verify(value, pool, backends, setting));
  const age = pin ? now / 1_000 - pin.issuedAt : 0;
  // A time ahead of ours by more than clocks differ was not issued by us under this secret's rules.
  return pin && age >= -60 && age < cookie.ttlSeconds ? pin : null;
}

async function verify(
  value: string,
  pool: string,
  backends: readonly { readonly id: string }[],
  setting: string,
): Promise<Pin | null> {
  const [tag, time, mac, more] = value.split('.');
  if (tag === undefined || time === undefined || mac?.length !== MAC_LENGTH || more !== undefined)
    return null;
  const issuedAt = Number.parseInt(time, 36);
  // Only as we write it: else one genuine cookie could be had in any number of lengths and spellings, all remembered.
  if (issuedAt.toString(36) !== time) return null;
  const backend = backends.find(({ id }) => tagOf(pool, id) === tag)?.id;
  const bytes = fromBase64Url(mac);
  if (backend === undefined || !Number.isSafeInteger(issuedAt) || bytes === null) return null;
  const claim = encoder.encode(claimOf(pool, backend, issuedAt));
  for (const secret of secretsOf(setting)) {
    if (!(await crypto.subtle.verify('HMAC', await keyOf(secret), bytes, claim))) continue;
    const pin = { backend, issuedAt };
    verified.set(`${pool} ${value}`, pin);
    const oldest = verified.keys().next().value;
    if (verified.size > VERIFIED_KEPT && oldest !== undefined) verified.delete(oldest);
    return pin;
  }
  return null;
}

/** Past half of its life a cookie is issued anew; before, responses stay without Set-Cookie and so cacheable. */
export const isHalfSpent = (pin: Pin, cookie: CookieSettings, now: number): boolean =>
  now / 1_000 - pin.issuedAt > cookie.ttlSeconds / 2;

/** Makes the Set-Cookie value that pins a client to a backend. */
export async function issuePin(
  cookie: CookieSettings,
  pool: string,
  backend: string,
  setting: string,
  secure: boolean,
  now: number,
): Promise<string> {
  const issuedAt = Math.floor(now / 1_000);
  const key = await keyOf(secretsOf(setting)[0] ?? '');
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(claimOf(pool, backend, issuedAt)));
  const value = `${tagOf(pool, backend)}.${issuedAt.toString(36)}.${toBase64Url(new Uint8Array(mac))}`;
  const attributes = `Path=/; Max-Age=${cookie.ttlSeconds}; HttpOnly; SameSite=${cookie.sameSite}`;
  return `${cookie.name}=${value}; ${attributes}${secure ? '; Secure' : ''}`;
}

/** Removes our cookie from a request's headers: the application never sees it, and keeps its own. */
export function hideCookie(headers: Headers, name: string): void {
  const cookies = headers.get('cookie');
  if (!cookies?.includes(`${name}=`)) return;
  const rest = cookies.split(';').filter((pair) => pair.split('=', 1)[0]!.trim() !== name);
  const left = rest.join(';').trim();
  if (left === '') headers.delete('cookie');
  else headers.set('cookie', left);
}

const tagOf = (pool: string, backend: string): string => hash32(`${pool}/${backend}`).toString(36);
const claimOf = (pool: string, backend: string, issuedAt: number): string =>
  `affinity ${pool}/${backend} ${issuedAt}`;

async function keyOf(secret: string): Promise<CryptoKey> {
  const known = keys.get(secret);
  if (known) return known;
  const usages = ['sign', 'verify'];
  const key = await crypto.subtle.importKey(
    'raw',
    encoder.encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    usages,
  );
  keys.set(secret, key);
  const oldest = keys.keys().next().value;
  if (keys.size > SECRETS_KEPT && oldest !== undefined) keys.delete(oldest);
  return key;
}

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[\w-]+$/.test(text)) return null;
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}
