/**
 * The affinity cookie: up to eight pins, one a pool, each opaque, signed, tied to pool, backend and time of issue.
 * A pin: hash of pool and backend, time of issue (both base 36), HMAC-SHA-256 over pool, backend and time (base64url).
 */
import { hash32 } from '../../balance/hash.ts';
import type { RouteConfig } from '../../config/schema.ts';

/** A genuine pin. `issuedAt` in epoch seconds. */
export interface Pin {
  readonly pool: string;
  readonly backend: string;
  readonly issuedAt: number;
}

type CookieSettings = RouteConfig['affinityCookie'];

/** What a cookie holds at most: the pool's own pin, then those of other pools on the host. */
export const PINS_KEPT = 8;
/** A request's pins that are looked at, and those of them that may cost HMACs; a browser sends fewer. */
const PINS_READ = 64;
export const PINS_TRIED = 4;
/** Between pins: allowed in a cookie (RFC 6265, 4.1.1), and in no pin. */
const SEPARATOR = '~';
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

type Backends = readonly { readonly id: string }[];

const tagsByList = new WeakMap<Backends, { readonly pool: string; readonly ids: Map<string, string> }>();

/** The ids of a pool's backends by their hashes; made once per configuration. */
function tagsOf(pool: string, backends: Backends): ReadonlyMap<string, string> {
  const known = tagsByList.get(backends);
  if (known?.pool === pool) return known.ids;
  const ids = new Map(backends.map(({ id }) => [tagOf(pool, id), id]));
  tagsByList.set(backends, { pool, ids });
  return ids;
}

/** `tag.time.mac`; nothing else is looked at. */
const PIN = new RegExp(`^([0-9a-z]{1,7})\\.([0-9a-z]{1,11})\\.([\\w-]{${MAC_LENGTH}})$`);

interface Unproved {
  readonly text: string;
  readonly tag: string;
  readonly issuedAt: number;
  readonly mac: string;
}

/** What a Cookie header holds under `name` in all places, in their order, as far as it looks like pins. */
function pinsIn(cookies: string | null, name: string): Unproved[] {
  const found: Unproved[] = [];
  if (cookies === null) return found;
  const key = `${name}=`;
  for (let at = cookies.indexOf(key); at >= 0; at = cookies.indexOf(key, at + 1)) {
    if (at > 0 && !' ;,'.includes(cookies[at - 1]!)) continue;
    const value = /^[\w.~-]*/.exec(cookies.slice(at + key.length))![0];
    for (const text of value.split(SEPARATOR)) {
      const [, tag = '', time = '', mac = ''] = PIN.exec(text) ?? [];
      const issuedAt = Number.parseInt(time, 36);
      // Only as we write it: else one genuine pin could be had in any number of spellings, all remembered.
      if (issuedAt.toString(36) === time) found.push({ text, tag, issuedAt, mac });
      if (found.length === PINS_READ) return found;
    }
  }
  return found;
}

/** Whether a pin of this age counts: a time ahead of ours by more than clocks differ was not issued under our rules. */
function isAlive(issuedAt: number, ttlSeconds: number, now: number): boolean {
  const age = now / 1_000 - issuedAt;
  return age >= -60 && age < ttlSeconds;
}

/** Reads the pool's pin: the first that is genuine. Null: there is none that is not forged, expired or of a backend gone. */
export async function readPin(
  cookies: string | null,
  { name, ttlSeconds }: CookieSettings,
  pool: string,
  backends: Backends,
  setting: string,
  now: number,
): Promise<Pin | null> {
  let tried = 0;
  for (const claimed of pinsIn(cookies, name)) {
    const backend = tagsOf(pool, backends).get(claimed.tag);
    if (backend === undefined || !isAlive(claimed.issuedAt, ttlSeconds, now)) continue;
    const known = verified.get(`${pool} ${claimed.text}`);
    if (known) return known;
    if (++tried > PINS_TRIED) return null;
    const pin = await verify(claimed, pool, backend, setting);
    if (pin) return pin;
  }
  return null;
}

async function verify(
  { text, issuedAt, mac }: Unproved,
  pool: string,
  backend: string,
  setting: string,
): Promise<Pin | null> {
  const bytes = fromBase64Url(mac);
  const claim = encoder.encode(claimOf(pool, backend, issuedAt));
  for (const secret of secretsOf(setting)) {
    if (!(await crypto.subtle.verify('HMAC', await keyOf(secret), bytes, claim))) continue;
    const pin = { pool, backend, issuedAt };
    verified.set(`${pool} ${text}`, pin);
    const oldest = verified.keys().next().value;
    if (verified.size > VERIFIED_KEPT && oldest !== undefined) verified.delete(oldest);
    return pin;
  }
  return null;
}

/** What a cookie holds for other pools, to go into the next one as it is: they are verified when they are used. */
export function otherPins(
  cookies: string | null,
  name: string,
  pool: string,
  backends: Backends,
  ttlSeconds: number,
  now: number,
): string[] {
  const tags = tagsOf(pool, backends);
  const others = pinsIn(cookies, name).filter(
    ({ tag, issuedAt }) => !tags.has(tag) && isAlive(issuedAt, ttlSeconds, now),
  );
  return [...new Set(others.map(({ text }) => text))].slice(0, PINS_KEPT - 1);
}

/** Past half of its life a cookie is issued anew; before, responses stay without Set-Cookie and so cacheable. */
export const isHalfSpent = (pin: Pin, cookie: CookieSettings, now: number): boolean =>
  now / 1_000 - pin.issuedAt > cookie.ttlSeconds / 2;

/** Makes the Set-Cookie value that pins a client to a backend; `others` are the pins that it keeps for other pools. */
export async function issuePin(
  cookie: CookieSettings,
  pool: string,
  backend: string,
  setting: string,
  secure: boolean,
  now: number,
  others: readonly string[] = [],
): Promise<string> {
  const issuedAt = Math.floor(now / 1_000);
  const key = await keyOf(secretsOf(setting)[0] ?? '');
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(claimOf(pool, backend, issuedAt)));
  const pin = `${tagOf(pool, backend)}.${issuedAt.toString(36)}.${toBase64Url(new Uint8Array(mac))}`;
  const value = [pin, ...others].join(SEPARATOR);
  const attributes = `Path=/; Max-Age=${cookie.ttlSeconds}; HttpOnly; SameSite=${cookie.sameSite}`;
  return `${cookie.name}=${value}; ${attributes}${secure ? '; Secure' : ''}`;
}

/** Cookies by name, each with the longest life that a route gives it in seconds. */
export type CookieLives = ReadonlyMap<string, number>;

/** The affinity cookies of a configuration; null when it has none. */
export function affinityCookiesOf(routes: readonly RouteConfig[]): CookieLives | null {
  const lives = new Map<string, number>();
  for (const { affinity, affinityCookie } of routes) {
    if (affinity === 'none' || affinity === 'ip') continue;
    const { name, ttlSeconds } = affinityCookie;
    lives.set(name, Math.max(ttlSeconds, lives.get(name) ?? 0));
  }
  return lives.size > 0 ? lives : null;
}

/** Where one cookie ends: at a semicolon, or where the platform has put two Cookie lines together. */
const BETWEEN = /(;\s*|, (?=[!#$%&'*+.^_`|~0-9A-Za-z-]+=))/;

/**
 * A Cookie header without the cookies of these names; null when nothing is left. Several lines come joined by a comma,
 * which a value may hold as well. A line that begins or ends with one of ours shows that it was lines, and they are then
 * parted like cookies; any other comma stays.
 */
export function withoutCookies(cookies: string, names: CookieLives): string | null {
  const parts = cookies.split(BETWEEN);
  const isOurs = (i: number) => names.has((parts[i] ?? '').split('=', 1)[0]!.trim());
  let isLines = false;
  let found = false;
  for (let i = 0; i < parts.length; i += 2) {
    if (!isOurs(i)) continue;
    found = true;
    isLines ||= parts[i - 1] === ', ' || parts[i + 1] === ', ';
  }
  if (!found) return cookies;
  let left = '';
  for (let i = 0; i < parts.length; i += 2) {
    if (isOurs(i)) continue;
    const between = isLines || isOurs(i - 2) ? '; ' : parts[i - 1];
    left += left === '' ? parts[i] : `${between}${parts[i]}`;
  }
  return left.trim() === '' ? null : left.trim();
}

/** Removes every cookie of ours from a request's headers: the application never sees them, and keeps its own. */
export function hideCookies(headers: Headers, names: CookieLives): void {
  const cookies = headers.get('cookie');
  if (cookies === null) return;
  const left = withoutCookies(cookies, names);
  if (left === null) headers.delete('cookie');
  else if (left !== cookies) headers.set('cookie', left);
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

const fromBase64Url = (text: string): Uint8Array =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
