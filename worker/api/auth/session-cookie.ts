/** Session cookies: they expire, and are signed with a key derived from the operator's token. Only sessions that ended early are stored. */
import type { Session } from '../../protocol/messages.ts';

/** How long a session lasts, in seconds. */
export const SESSION_SECONDS = 12 * 3_600;
/** The name of the session cookie. */
export const SESSION_COOKIE = 'evenkeel_session';

const encoder = new TextEncoder();

/** Compares two strings in constant time, of equal length or not: their digests are compared. */
export async function sameSecret(a: string, b: string): Promise<boolean> {
  const [x, y] = await Promise.all(
    [a, b].map((text) => crypto.subtle.digest('SHA-256', encoder.encode(text))),
  );
  return crypto.subtle.timingSafeEqual(x!, y!);
}

/** A new session, which expires `SESSION_SECONDS` after `now` (epoch ms). */
export const beginSession = (generation: number, now: number): Session => ({
  id: crypto.randomUUID().replaceAll('-', ''),
  generation,
  until: now + SESSION_SECONDS * 1_000,
});

/** The cookie's value for a session; `token` is that of its role. */
export async function writeSession(token: string, session: Session): Promise<string> {
  const { id, generation, until, name } = session;
  const claim = [
    until.toString(36),
    generation.toString(36),
    id,
    ...(name ? [`n${toBase64Url(name)}`] : []),
  ].join('.');
  return `${claim}.${await sign(token, claim)}`;
}

/** The session of a cookie's value; null when the signature is not ours or the session has expired. `now` is epoch ms. */
export async function readSession(token: string, value: string, now: number): Promise<Session | null> {
  const [, claim = '', until = '', generation = '', id = '', name, mac = ''] = COOKIE.exec(value) ?? [];
  const genuine = await sameSecret(mac, await sign(token, claim));
  const session = {
    id,
    generation: Number.parseInt(generation, 36),
    until: Number.parseInt(until, 36),
    ...(genuine && name !== undefined ? { name: fromBase64Url(name) } : {}),
  };
  return genuine && now < session.until ? session : null;
}

const COOKIE =
  /^(([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([0-9a-f]{32})(?:\.n([A-Za-z0-9_-]{1,400}))?)\.([0-9a-f]{64})$/;

const toBase64Url = (text: string): string =>
  btoa(String.fromCharCode(...encoder.encode(text)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const fromBase64Url = (text: string): string =>
  new TextDecoder().decode(
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (byte) => byte.charCodeAt(0)),
  );

/** What is stored of a one-time code. It depends on the token: a code made under another one is not valid. */
export const loginDigest = (token: string, code: string): Promise<string> => sign(token, `login ${code}`);

/** What stands for a client's address where sign-ins are counted; without the token the address cannot be recovered. */
export const addressDigest = (token: string, address: string): Promise<string> =>
  sign(token, `address ${address}`);

async function sign(token: string, claim: string): Promise<string> {
  const key = await crypto.subtle.importKey(
    'raw',
    encoder.encode(`evenkeel session ${token}`),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  return hex(await crypto.subtle.sign('HMAC', key, encoder.encode(claim)));
}

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
