/**
 * The affinity cookie: up to eight pins, one per pool, each opaque and signed. A pin holds a hash of pool and backend, the
 * time of issue (both base 36), and an HMAC-SHA-256 of pool, backend and time (base64url).
 */
import { hash32 } from '../../balance/hash.ts';
import type { RouteConfig } from '../../config/schema.ts';
import { evictOldest } from '../../lib/bounded.ts';

/** A genuine pin. `issuedAt` in epoch seconds. */
export interface Pin {
  readonly pool: string;
  readonly backend: string;
  readonly issuedAt: number;
}

type CookieSettings = RouteConfig['affinityCookie'];
type Backends = readonly { readonly id: string }[];

/** What pins are read and issued by. */
export interface PinScope {
  readonly pool: string;
  readonly backends: Backends;
  readonly cookie: CookieSettings;
  /** AFFINITY_SECRET: secrets separated by commas. The first signs, all verify, so that a secret can be rotated. */
  readonly secrets: string;
}

/** The most pins in one cookie: the pool's own, then those of other pools on the host. */
export const PINS_KEPT = 8;
/** How many pins of a request are parsed, and how many of them may cost an HMAC; a browser sends fewer. */
const PINS_READ = 64;
export const PINS_TRIED = 4;
/** Separates pins: allowed in a cookie value (RFC 6265, 4.1.1) and never part of a pin. */
const SEPARATOR = '~';
/** Verified pins that an isolate remembers, so that a returning client costs no HMAC; the oldest are forgotten. */
export const VERIFIED_KEPT = 4_096;
/** Secrets in use; further ones are ignored, because each costs an HMAC per forged cookie. */
export const SECRETS_KEPT = 8;
const MAC_LENGTH = 43;
const encoder = new TextEncoder();
const keys = new Map<string, CryptoKey>();
const verified = new Map<string, Pin>();

const splitSecrets = (secrets: string): string[] =>
  secrets
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '')
    .slice(0, SECRETS_KEPT);

const tagsByList = new WeakMap<Backends, { readonly pool: string; readonly ids: Map<string, string> }>();

/** The ids of a pool's backends by their hashes; computed once per configuration. */
function tagsOf(pool: string, backends: Backends): ReadonlyMap<string, string> {
  const known = tagsByList.get(backends);
  if (known?.pool === pool) return known.ids;
  const ids = new Map(backends.map(({ id }) => [tagOf(pool, id), id]));
  tagsByList.set(backends, { pool, ids });
  return ids;
}

/** `tag.time.mac` */
const PIN = new RegExp(`^([0-9a-z]{1,7})\\.([0-9a-z]{1,11})\\.([\\w-]{${MAC_LENGTH}})$`);

interface UnverifiedPin {
  readonly text: string;
  readonly tag: string;
  readonly issuedAt: number;
  readonly mac: string;
}

/** Parses the pins of every cookie called `name` in a Cookie header, in their order. */
function parsePins(cookies: string | null, name: string): UnverifiedPin[] {
  const found: UnverifiedPin[] = [];
  if (cookies === null) return found;
  const key = `${name}=`;
  for (let at = cookies.indexOf(key); at >= 0; at = cookies.indexOf(key, at + 1)) {
    if (at > 0 && !' ;,'.includes(cookies[at - 1]!)) continue;
    const value = /^[\w.~-]*/.exec(cookies.slice(at + key.length))![0];
    for (const text of value.split(SEPARATOR)) {
      const [, tag = '', time = '', mac = ''] = PIN.exec(text) ?? [];
      const issuedAt = Number.parseInt(time, 36);
      // Only the canonical spelling: otherwise one genuine pin could fill the memory in countless spellings.
      if (issuedAt.toString(36) === time) found.push({ text, tag, issuedAt, mac });
      if (found.length === PINS_READ) return found;
    }
  }
  return found;
}

/** Whether a pin is neither expired nor dated further ahead than clocks differ. */
function isCurrent(issuedAt: number, ttlSeconds: number, now: number): boolean {
  const age = now / 1_000 - issuedAt;
  return age >= -60 && age < ttlSeconds;
}

/** Reads the first genuine pin of the pool; null: each is forged, expired or of a removed backend. `now` in epoch ms. */
export async function readPin(cookies: string | null, scope: PinScope, now: number): Promise<Pin | null> {
  const { pool, backends, cookie } = scope;
  const { name, ttlSeconds } = cookie;
  let tried = 0;
  for (const claimed of parsePins(cookies, name)) {
    const backend = tagsOf(pool, backends).get(claimed.tag);
    if (backend === undefined || !isCurrent(claimed.issuedAt, ttlSeconds, now)) continue;
    const known = verified.get(`${pool} ${claimed.text}`);
    if (known) return known;
    if (++tried > PINS_TRIED) return null;
    const pin = await verify(claimed, scope, backend);
    if (pin) return pin;
  }
  return null;
}

async function verify(
  { text, issuedAt, mac }: UnverifiedPin,
  { pool, secrets }: PinScope,
  backend: string,
): Promise<Pin | null> {
  const bytes = fromBase64Url(mac);
  const claim = encoder.encode(claimOf(pool, backend, issuedAt));
  for (const secret of splitSecrets(secrets)) {
    if (!(await crypto.subtle.verify('HMAC', await keyOf(secret), bytes, claim))) continue;
    const pin = { pool, backend, issuedAt };
    verified.set(`${pool} ${text}`, pin);
    evictOldest(verified, VERIFIED_KEPT);
    return pin;
  }
  return null;
}

/** The pins of other pools, to be copied into the next cookie; each is verified when it is used. `now` in epoch ms. */
export function otherPins(
  cookies: string | null,
  { pool, backends, cookie }: PinScope,
  ttlSeconds: number,
  now: number,
): string[] {
  const tags = tagsOf(pool, backends);
  const others = parsePins(cookies, cookie.name).filter(
    ({ tag, issuedAt }) => !tags.has(tag) && isCurrent(issuedAt, ttlSeconds, now),
  );
  return [...new Set(others.map(({ text }) => text))].slice(0, PINS_KEPT - 1);
}

/** Whether more than half of the cookie's life is over, so that it is renewed. Before, responses stay cacheable. */
export const isHalfSpent = (pin: Pin, cookie: CookieSettings, now: number): boolean =>
  now / 1_000 - pin.issuedAt > cookie.ttlSeconds / 2;

/** How a cookie is issued: whether over https, and with which pins of other pools. */
interface PinOptions {
  readonly isSecure: boolean;
  readonly others?: readonly string[];
}

/** Builds the Set-Cookie value that pins a client to a backend. `now` in epoch ms. */
export async function issuePin(
  { pool, cookie, secrets }: PinScope,
  backend: string,
  now: number,
  { isSecure, others = [] }: PinOptions,
): Promise<string> {
  const issuedAt = Math.floor(now / 1_000);
  const key = await keyOf(splitSecrets(secrets)[0] ?? '');
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(claimOf(pool, backend, issuedAt)));
  const pin = `${tagOf(pool, backend)}.${issuedAt.toString(36)}.${toBase64Url(new Uint8Array(mac))}`;
  const value = [pin, ...others].join(SEPARATOR);
  const attributes = `Path=/; Max-Age=${cookie.ttlSeconds}; HttpOnly; SameSite=${cookie.sameSite}`;
  return `${cookie.name}=${value}; ${attributes}${isSecure ? '; Secure' : ''}`;
}

/** The longest life of each cookie on any route, in seconds, by cookie name. */
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
  evictOldest(keys, SECRETS_KEPT);
  return key;
}

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const fromBase64Url = (text: string): Uint8Array =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
