/** Sessions without storage: a cookie with an end, signed with a key made of the operator's token. */

/** After this time the operator signs in again. */
export const SESSION_SECONDS = 12 * 3_600;
export const SESSION_COOKIE = 'evenkeel_session';

const encoder = new TextEncoder();

/** Compares two strings in constant time, of equal length or not: their digests are compared. */
export async function sameSecret(a: string, b: string): Promise<boolean> {
  const [x, y] = await Promise.all(
    [a, b].map((text) => crypto.subtle.digest('SHA-256', encoder.encode(text))),
  );
  return crypto.subtle.timingSafeEqual(x!, y!);
}

/** Makes a session that ends `SESSION_SECONDS` after `now` (epoch ms). */
export async function makeSession(token: string, now: number): Promise<string> {
  const until = now + SESSION_SECONDS * 1_000;
  const claim = `${until.toString(36)}.${crypto.randomUUID().replaceAll('-', '')}`;
  return `${claim}.${await sign(token, claim)}`;
}

/** Whether a cookie's value is a session of ours that has not ended. */
export async function isSession(token: string, value: string, now: number): Promise<boolean> {
  const end = value.lastIndexOf('.');
  const claim = value.slice(0, Math.max(0, end));
  const until = Number.parseInt(claim.split('.')[0] ?? '', 36);
  const genuine = await sameSecret(value.slice(end + 1), await sign(token, claim));
  return genuine && Number.isFinite(until) && now < until;
}

/** SHA-256 in hex: what is stored of a one-time code. */
export async function digest(text: string): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
}

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
