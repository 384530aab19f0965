/** Who Cloudflare Access says made a change. */
import { expect, test } from 'vitest';
import { accessIdentity, EMAIL_LENGTH } from '../../../../worker/api/auth/cloudflare-access.ts';

test(`a change bears ${EMAIL_LENGTH} characters of an address, the rest is cut`, async () => {
  const who = (email: string) => {
    const access = { aud: 'a', getIdentity: async () => ({ email }) };
    return accessIdentity('a', access as unknown as Parameters<typeof accessIdentity>[1]);
  };
  const longest = `ada@${'x'.repeat(EMAIL_LENGTH - 4)}`;
  expect(await who(longest)).toBe(longest);
  expect(await who(`${longest}.example`)).toBe(longest);
});
