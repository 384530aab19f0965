/** Where a request goes: its URL taken apart, its route, the URL for the backend. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lengthAsSent, normalPath } from '../../../../worker/config/path.ts';
import { backendSchema, type RouteConfig, routeSchema } from '../../../../worker/config/schema.ts';
import { compileRoutes, matchRoute } from '../../../../worker/proxy/routing/routes.ts';
import { readTarget } from '../../../../worker/proxy/routing/target.ts';
import { compileUpstream, upstreamUrl } from '../../../../worker/proxy/upstream/upstream.ts';

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

test.each([
  ['/admin', '/admin'],
  ['/%61dmin/x', '/admin/x'],
  ['/admi%6E', '/admin'],
  ['/%7euser/%2D%2e%5f', '/~user/-._'],
  ['/a%2fb', '/a%2Fb'],
  ['/admin%2Fx', '/admin%2Fx'],
  ['/%2561dmin', '/%2561dmin'],
  ['/%zz/%4', '/%zz/%4'],
  ['/%40%5b%60%7b%c3%a9', '/%40%5B%60%7B%C3%A9'],
])('%s is compared as %s', (path, expected) => {
  expect(normalPath(path)).toBe(expected);
  expect(readTarget(`http://shop.test${path}?%61`)).toMatchObject({
    path,
    routePath: expected,
    query: '?%61',
  });
});

test.each([
  ['/x/%2e%2e/%61dmin', '/admin'],
  ['/%2E/%61dmin/%2e%2E/b', '/b'],
  ['/x/..%2fadmin', '/x/..%2Fadmin'],
])('dot segments of %s are resolved, however they are written', (path, routePath) => {
  expect(readTarget(`http://shop.test${path}`).routePath).toBe(routePath);
});

test('the cut through a path as sent falls where the cut through its normal form does', () => {
  const piece = fc.constantFrom('a', '/', '%61', '%2F', '%2f', '%7E', '%', '%4', '%zz', '-', '%2e', '%c3%a9');
  fc.assert(
    fc.property(fc.array(piece), fc.array(piece), (front, back) => {
      const [head, tail] = [front.join(''), back.join('')];
      const whole = normalPath(head + tail);
      fc.pre(whole === normalPath(head) + normalPath(tail));
      expect(lengthAsSent(head + tail, normalPath(head).length)).toBe(head.length);
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

test.each([
  ['http://b.test', '/', false, '/x/y?q=1', 'http://b.test/x/y?q=1'],
  ['http://b.test/base/', '/', false, '/x', 'http://b.test/base/x'],
  ['http://b.test', '/api', true, '/api/x', 'http://b.test/x'],
  ['http://b.test', '/api', true, '/api', 'http://b.test/'],
  ['http://b.test/base', '/api/', true, '/api/x', 'http://b.test/base/x'],
  ['http://b.test', '/', false, '/%61pi/%2f%7e', 'http://b.test/%61pi/%2f%7e'],
  ['http://b.test', '/api', true, '/%61p%69/%61%2f', 'http://b.test/%61%2f'],
  ['http://b.test', '/%61pi', true, '/api/%61', 'http://b.test/%61'],
  ['http://b.test', '/a%2fb', true, '/a%2fb/x', 'http://b.test/x'],
])('backend %s, route %s, stripPrefix %s: %s becomes %s', (base, path, stripPrefix, asked, expected) => {
  expect(
    upstreamUrl(
      upstream(base),
      readTarget(`http://shop.test${asked}`),
      route('r', 'shop.test', path, { stripPrefix }),
    ),
  ).toBe(expected);
});
