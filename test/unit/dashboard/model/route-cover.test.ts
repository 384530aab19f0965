/** Which route takes over when another one is deleted, and what a new one takes from others. */
import { expect, test } from 'vitest';
import type { RouteConfig } from '../../../../dashboard/api/config.ts';
import { coverOf, takenFrom } from '../../../../dashboard/model/route-cover.ts';
import { routeSchema } from '../../../../worker/config/schema.ts';
import { mapping } from '../../../support/samples.ts';

const route = (id: string, host: string, path = '/'): RouteConfig =>
  routeSchema.parse({ id, host, path, pool: 'p' });
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

test('the requests of the last minute that a new route would get are counted by the route that had them', () => {
  const routes = [
    route('root', 'shop.test', '/'),
    route('api', 'shop.test', '/api'),
    route('wild', '*.test', '/'),
  ];
  const at = (id: string | null, path: string, more: object = {}) =>
    mapping({ at: 100_000, route: id, host: 'shop.test', path, ...more });
  const requests = [
    at('root', '/new/a'),
    at('root', '/new'),
    at('root', '/newer'),
    at('root', '/new/b', { method: 'POST' }),
    at('root', '/new/c', { at: 30_000 }),
    at('api', '/api/new'),
    at('wild', '/new', { host: 'blog.test' }),
    at(null, '/new/x'),
  ];
  const taken = (more: object) =>
    takenFrom({ ...route('new', 'shop.test', '/new'), ...more }, routes, requests, 100_000);
  expect(taken({})).toEqual([
    { id: 'root', requests: 3, of: 4 },
    { id: null, requests: 1, of: 1 },
  ]);
  expect(taken({ match: { methods: ['POST'] } })).toEqual([{ id: 'root', requests: 1, of: 4 }]);
  expect(taken({ pathMatch: 'exact' })).toEqual([{ id: 'root', requests: 1, of: 4 }]);
  // A less specific route takes nothing.
  expect(taken({ path: '/', match: {} })).toEqual([{ id: null, requests: 1, of: 1 }]);
});
