/** What explain accepts. */
import { expect, test } from 'vitest';
import { explainSchema, URL_LENGTH } from '../../../worker/api/explain.ts';
import { parse } from '../../../worker/config/check.ts';

test(`a URL of ${URL_LENGTH} characters is explained; a longer one is refused with the limit`, () => {
  const url = (length: number) => `https://a.test/${'x'.repeat(length - 15)}`;
  expect(parse(explainSchema, { url: url(URL_LENGTH) }).ok).toBe(true);
  const refused = parse(explainSchema, { url: url(URL_LENGTH + 1) });
  expect(refused.ok ? [] : refused.errors).toEqual([
    { path: 'url', message: `takes at most ${URL_LENGTH} characters` },
  ]);
});
