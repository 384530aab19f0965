/** Where a request goes: its URL taken apart, its route, the URL for the backend. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backendSchema, type RouteConfig, routeSchema } from '../../worker/config/schema.ts';
import { compileRoutes, matchRoute } from '../../worker/proxy/routes.ts';
import { readTarget } from '../../worker/proxy/target.ts';
import { compileUpstream, upstreamUrl } from '../../worker/proxy/upstream.ts';

const route = (id: string, host: string, path = '/', more: object = {}): RouteConfig =>
  routeSchema.parse({ id, host, path, pool: 'p', ...more });
const upstream = (url: string) => compileUpstream(backendSchema.parse({ id: 'a', url }));

test.each([
  ['http://shop.test/', 'shop.test', '/', ''],
  ['http://shop.test', 'shop.test', '/', ''],
  ['http://Shop.TEST:8787/a?b=/c', 'shop.test', '/a', '?b=/c'],
  ['https://shop.test?x=1', 'shop.test', '/', '?x=1'],
  ['http://shop.test./a', 'shop.test', '/a', ''],
  ['http://user@shop.test/a', 'shop.test', '/a', ''],
  ['http://[::1]:8787/a', '[::1]', '/a', ''],
  ['http://shop.test//evil.test/x', 'shop.test', '//evil.test/x', ''],
  ['http://shop.test/public/../admin', 'shop.test', '/admin', ''],
  ['http://shop.test/public/%2e%2E/admin', 'shop.test', '/admin', ''],
  ['http://shop.test/\\evil.test', 'shop.test', '//evil.test', ''],
  ['http://shop.test/a%2fb', 'shop.test', '/a%2fb', ''],
])('%s', (url, host, path, query) => {
  expect(readTarget(url)).toMatchObject({ host, path, query });
});

test('nothing that a client sends names another host', () => {
  const piece = fc.constantFrom(
    '/',
    '//',
    '\\',
    '..',
    '%2e',
    '%2f',
    '@',
    ':',
    '?',
    '#',
    'evil.test',
    '127.0.0.1:9',
    '[::1]',
    'http:',
    '\t',
    '%00',
    '.',
  );
  const tail = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(tail, fc.boolean(), (path, stripPrefix) => {
      const target = readTarget(`http://shop.test/${path}`);
      const url = new URL(
        upstreamUrl(
          upstream('http://backend.test:8080/prefix'),
          target,
          route('r', 'shop.test', '/', { stripPrefix }),
        ),
      );
      expect(url.host).toBe('backend.test:8080');
      expect(url.username).toBe('');
    }),
  );
});

const table = compileRoutes([
  route('root', 'shop.test'),
  route('api', 'shop.test', '/api'),
  route('v2', 'shop.test', '/api/v2/'),
  route('wild', '*.test'),
  route('deep', '*.deep.test'),
  route('deep-api', '*.deep.test', '/api'),
  route('only-api', 'bare.test', '/api'),
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
  ['shop.example', '/', null],
])('%s%s goes to %s', (host, path, expected) => {
  expect(matchRoute(table, host, path)?.id ?? null).toBe(expected);
});

test.each([
  ['http://b.test', '/', false, '/x/y?q=1', 'http://b.test/x/y?q=1'],
  ['http://b.test/base/', '/', false, '/x', 'http://b.test/base/x'],
  ['http://b.test', '/api', true, '/api/x', 'http://b.test/x'],
  ['http://b.test', '/api', true, '/api', 'http://b.test/'],
  ['http://b.test/base', '/api/', true, '/api/x', 'http://b.test/base/x'],
])('backend %s, route %s, stripPrefix %s: %s becomes %s', (base, path, stripPrefix, asked, expected) => {
  expect(
    upstreamUrl(
      upstream(base),
      readTarget(`http://shop.test${asked}`),
      route('r', 'shop.test', path, { stripPrefix }),
    ),
  ).toBe(expected);
});
