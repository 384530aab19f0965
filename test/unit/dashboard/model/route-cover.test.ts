/** Which route takes over when another one is deleted. */
import { expect, test } from 'vitest';
import type { RouteConfig } from '../../../../dashboard/api/config.ts';
import { coverOf } from '../../../../dashboard/model/route-cover.ts';

const route = (id: string, host: string, path = '/') => ({ id, host, path, pool: 'p' }) as RouteConfig;
const all = [
  route('shop', 'shop.test'),
  route('api', 'shop.test', '/api'),
  route('deep', 'shop.test', '/api/v1'),
  route('apis', 'shop.test', '/apis'),
  route('other', 'other.test', '/only'),
  route('x', 'x.wild.test', '/a'),
  route('wild', '*.wild.test'),
  route('wide', '*.test'),
];

test.each([
  ['deep', 'api'],
  ['api', 'shop'],
  ['apis', 'shop'],
  ['shop', null],
  ['other', 'wide'],
  ['x', 'wild'],
  ['wild', 'wide'],
  ['wide', null],
])('the requests of %s would match %s', (id, cover) => {
  expect(coverOf(all.find((one) => one.id === id)!, all)?.id ?? null).toBe(cover);
});
