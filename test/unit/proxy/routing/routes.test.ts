/** Which route a request takes. */
import { expect, test } from 'vitest';
import { type RouteConfig, routeSchema } from '../../../../worker/config/schema.ts';
import { compileRoutes, matchRoute } from '../../../../worker/proxy/routing/routes.ts';

const route = (id: string, host: string, path = '/', more: object = {}): RouteConfig =>
  routeSchema.parse({ id, host, path, pool: 'p', ...more });

const table = compileRoutes([
  route('root', 'shop.test'),
  route('api', 'shop.test', '/api'),
  route('v2', 'shop.test', '/api/v2/'),
  route('wild', '*.test'),
  route('deep', '*.deep.test'),
  route('deep-api', '*.deep.test', '/api'),
  route('only-api', 'bare.test', '/api'),
  route('escaped', 'bare.test', '/%61dm%69n'),
  route('slash', 'bare.test', '/a%2fb'),
]);
test.each([
  ['shop.test', '/', 'root'],
  ['shop.test', '/api', 'api'],
  ['shop.test', '/api/', 'api'],
  ['shop.test', '/api/x', 'api'],
  ['shop.test', '/apix', 'root'],
  ['shop.test', '/api/v2', 'v2'],
  ['shop.test', '/api/v2/x/y', 'v2'],
  ['shop.test', '/api/v22', 'api'],
  ['other.test', '/', 'wild'],
  ['a.b.test', '/', 'wild'],
  ['a.deep.test', '/', 'deep'],
  ['a.b.deep.test', '/api/x', 'deep-api'],
  ['bare.test', '/', null],
  ['test', '/', null],
  ['bare.test', '/admin/x', 'escaped'],
  ['bare.test', '/a%2Fb', 'slash'],
  ['bare.test', '/a%2Fbc', null],
  ['shop.example', '/', null],
])('%s%s goes to %s', (host, path, expected) => {
  expect(matchRoute(table, host, path)?.id ?? null).toBe(expected);
});
