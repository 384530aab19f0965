/** Hashing of keys: weighted rendezvous hashing, and the key of a client address. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKey, hash32, score } from '../../../worker/balance/hash.ts';

const winner = (key: string, backends: readonly string[], weights: Record<string, number> = {}) =>
  backends.toSorted(
    (x, y) => score(hash32(key), hash32(y), weights[y] ?? 1) - score(hash32(key), hash32(x), weights[x] ?? 1),
  )[0]!;
const keys = Array.from({ length: 2_000 }, (_, n) => `198.51.${n >> 8}.${n & 255}`);

test('when a backend leaves, only its keys move', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,6}$/), { minLength: 2, maxLength: 6 }),
      (backends) => {
        const [leaver, ...rest] = backends;
        for (const key of keys.slice(0, 200)) {
          const before = winner(key, backends);
          if (before !== leaver) expect(winner(key, rest)).toBe(before);
        }
      },
    ),
  );
});

test('keys spread within a tenth of the weights', () => {
  const weights = { a: 3, b: 1, c: 1 };
  const counts = { a: 0, b: 0, c: 0 };
  for (const key of keys) counts[winner(key, ['a', 'b', 'c'], weights) as 'a']++;
  expect(Math.abs(counts.a / keys.length - 0.6)).toBeLessThan(0.06);
  expect(Math.abs(counts.b / keys.length - 0.2)).toBeLessThan(0.04);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:0db8:0000:0002::1', '2001:db8:0:2'],
  ['::1', '0:0:0:0'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('the key of %s is %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});
