/** Which messages have hop-by-hop headers to remove: all others pass without being copied. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backendSchema, type RouteConfig, routeSchema } from '../../../../worker/config/schema.ts';
import { compileRewrite } from '../../../../worker/proxy/routing/rewrite.ts';
import { readTarget } from '../../../../worker/proxy/routing/target.ts';
import {
  compileBackend,
  hasHopByHop,
  stripHopByHop,
  upstreamUrl,
} from '../../../../worker/proxy/upstream/upstream.ts';

test.each<[string, HeadersInit, has: boolean, left: string[]]>([
  ['nothing of the kind', { etag: 'x' }, false, ['etag']],
  ['a connection that is kept', { connection: 'keep-alive', etag: 'x' }, false, ['connection', 'etag']],
  ['one that is kept, as Cloudflare writes it', { connection: 'Keep-Alive' }, false, ['connection']],
  ['a header named', { connection: 'keep-alive, X-Once', 'x-once': '1' }, true, ['connection']],
  ['a header named alone', { connection: 'X-Once', 'x-once': '1' }, true, ['connection']],
  ['one by name', { 'proxy-authenticate': 'Basic', etag: 'x' }, true, ['etag']],
])('a response with %s', (_, init, has, left) => {
  const headers = new Headers(init);
  expect(hasHopByHop(headers, 'response')).toBe(has);
  stripHopByHop(headers, 'response');
  expect([...headers.keys()]).toEqual(left);
});

const route = (id: string, host: string, path = '/', more: object = {}): RouteConfig =>
  routeSchema.parse({ id, host, path, pool: 'p', ...more });
const upstream = (url: string) => compileBackend(backendSchema.parse({ id: 'a', url }));

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
          compileRewrite(route('r', 'shop.test', '/', { stripPrefix })),
        ),
      );
      expect(url.host).toBe('backend.test:8080');
      expect(url.username).toBe('');
    }),
  );
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
      compileRewrite(route('r', 'shop.test', path, { stripPrefix })),
    ),
  ).toBe(expected);
});
