/** The route test: what it asks, and the answer in words. */
import { expect, test } from 'vitest';
import {
  questionOf,
  reasonInWords,
  whyInWords,
  withScheme,
} from '../../../../../dashboard/pages/routes/explain-words.ts';

test.each([
  ['shop.test/cart', 'http://shop.test/cart'],
  [' https://shop.test ', 'https://shop.test'],
  ['//shop.test', 'http://shop.test'],
  ['shop.test:8080/x', 'http://shop.test:8080/x'],
  ['', ''],
])('%j becomes %j', (typed, url) => {
  expect(withScheme(typed)).toBe(url);
});

test('headers without a name are omitted, and those of the same name are joined', () => {
  const rows = [
    { id: 1, name: 'Accept', value: 'a' },
    { id: 2, name: ' ', value: 'nothing' },
    { id: 3, name: 'Accept', value: 'b' },
  ];
  expect(questionOf('x.test', 'POST', rows, { clientIp: ' ', country: '' })).toEqual({
    url: 'http://x.test',
    method: 'POST',
    headers: { Accept: 'a, b' },
  });
  expect(questionOf('x.test', 'GET', [], { clientIp: '::1', country: ' de' })).toMatchObject({
    clientIp: '::1',
    country: 'DE',
  });
});

test('reasons are in words, without repeating the state, and an ejection has its remaining time', () => {
  const answer = { policy: 'round-robin', pool: 'shop' } as never;
  const candidate = (reason: string, pool = 'shop') => ({ pool, backend: 'a', reason }) as never;
  expect(reasonInWords(candidate('policy'), answer)).toBe('next by round-robin');
  expect(reasonInWords(candidate('fallback', 'spare'), answer)).toContain('fallback pool spare');
  const left = (status: string, why: string, ejectedUntil: number | null = null) =>
    ({ pool: 'shop', backend: 'b', status, why, ejectedUntil }) as never;
  expect(whyInWords(left('draining', 'draining: no new clients'), 0)).toBe('no new clients');
  expect(whyInWords(left('ejected', 'ejected: until then', 12_000), 0)).toBe('probe in 12 s');
  expect(whyInWords(left('ejected', 'ejected: its time is over', 12_000), 13_000)).toBe('its time is over');
});
