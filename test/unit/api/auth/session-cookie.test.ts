/** Sessions and the comparison of secrets, with node's timing-safe comparison in the place of the runtime's. */
import { timingSafeEqual } from 'node:crypto';
import { beforeAll, expect, test, vi } from 'vitest';
import {
  addressDigest,
  beginSession,
  readSession,
  SESSION_SECONDS,
  sameSecret,
  writeSession,
} from '../../../../worker/api/auth/session-cookie.ts';

const compare = vi.fn((a: ArrayBuffer, b: ArrayBuffer) =>
  timingSafeEqual(new Uint8Array(a), new Uint8Array(b)),
);
beforeAll(() => {
  Object.assign(crypto.subtle, { timingSafeEqual: compare });
});

const TOKEN = 'a-token-for-this-test-only';
const makeSession = (token: string, generation: number, now: number) =>
  writeSession(token, beginSession(generation, now));
const NOW = 1_800_000_000_000;
const LENGTH = SESSION_SECONDS * 1_000;

test.each<[string, string, boolean]>([
  ['the same', TOKEN, true],
  ['another of equal length', `${TOKEN.slice(0, -1)}x`, false],
  ['a prefix', TOKEN.slice(0, 4), false],
  ['a longer one', `${TOKEN}x`, false],
  ['nothing', '', false],
  ['ten thousand characters', 'x'.repeat(10_000), false],
])(
  '%s: compared by the runtime’s constant-time comparison, and only digests of one length',
  async (_, given, same) => {
    compare.mockClear();
    expect(await sameSecret(given, TOKEN)).toBe(same);
    expect(compare).toHaveBeenCalledOnce();
    expect(compare.mock.calls[0]!.map((bytes) => bytes.byteLength)).toEqual([32, 32]);
  },
);

test('a session is read back until its end, and no longer', async () => {
  const value = await makeSession(TOKEN, 7, NOW);
  expect(await readSession(TOKEN, value, NOW)).toMatchObject({ generation: 7, until: NOW + LENGTH });
  expect(await readSession(TOKEN, value, NOW + LENGTH - 1)).not.toBeNull();
  expect(await readSession(TOKEN, value, NOW + LENGTH)).toBeNull();
});

test('a session is not valid with another token', async () => {
  expect(await readSession('another-token-altogether', await makeSession(TOKEN, 1, NOW), NOW)).toBeNull();
});

test('a session is not valid when any of it is changed', async () => {
  const value = await makeSession(TOKEN, 1, NOW);
  const [until = '', generation, id, mac] = value.split('.');
  const later = (Number.parseInt(until, 36) + 1).toString(36);
  const forged = [
    [later, generation, id, mac].join('.'),
    [until, '2', id, mac].join('.'),
    [until, generation, 'f'.repeat(32), mac].join('.'),
    [until, generation, id, '0'.repeat(64)].join('.'),
    [until, generation, id, ''].join('.'),
    [until, generation, id].join('.'),
    `${value} `,
    `${value}.x`,
    value.toUpperCase(),
    `x${value}`,
    '',
    '...',
  ];
  for (const one of forged) expect(await readSession(TOKEN, one, NOW)).toBeNull();
});

test('the mark of an address is no session, differs by address and by token, and does not hold the address', async () => {
  const mark = await addressDigest(TOKEN, '192.0.2.1');
  expect(mark).toMatch(/^[0-9a-f]{64}$/);
  expect(await addressDigest(TOKEN, '192.0.2.2')).not.toBe(mark);
  expect(await addressDigest('another-token-altogether', '192.0.2.1')).not.toBe(mark);
  expect(await readSession(TOKEN, `192.0.2.1.${mark}`, NOW)).toBeNull();
});

test('the name of a session is read back, and cannot be changed or added', async () => {
  const session = beginSession(1, NOW);
  const value = await writeSession(TOKEN, { ...session, name: 'Ada ☼ Lovelace' });
  expect(await readSession(TOKEN, value, NOW)).toEqual({ ...session, name: 'Ada ☼ Lovelace' });
  const [until, generation, id, , mac] = value.split('.');
  const unnamed = (await writeSession(TOKEN, session)).split('.');
  for (const forged of [
    [until, generation, id, mac],
    [until, generation, id, 'nQWRh', mac],
    [...unnamed.slice(0, 3), 'nQWRh', unnamed[3]],
  ])
    expect(await readSession(TOKEN, forged.join('.'), NOW)).toBeNull();
});
