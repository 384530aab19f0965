/** A backend's own URL in its answer: which values are rewriteOwnUrls, to what, and which are left alone. */
import { expect, test } from 'vitest';
import { backendSchema, routeSchema } from '../../../../worker/config/schema.ts';
import { compileRoute } from '../../../../worker/proxy/routing/routes.ts';
import { readTarget } from '../../../../worker/proxy/routing/target.ts';
import { rewriteOwnUrls } from '../../../../worker/proxy/upstream/own-url.ts';
import { compileBackend } from '../../../../worker/proxy/upstream/upstream.ts';

interface Setting {
  readonly backend?: object;
  readonly route?: object;
  readonly client?: string;
}

/** What becomes of one header of the answer of `http://a.test:8080`; null: it stays as it is. */
function becomes(
  name: string,
  value: string,
  { backend = {}, route = {}, client }: Setting = {},
  status = 302,
) {
  const upstream = compileBackend(backendSchema.parse({ id: 'a', url: 'http://a.test:8080', ...backend }));
  const target = readTarget(client ?? 'https://shop.test/x');
  const routed = routeSchema.parse({ id: 'r', host: 'shop.test', pool: 'p', ...route });
  const found = rewriteOwnUrls(new Headers({ [name]: value }), status, upstream, {
    target,
    compiled: compileRoute(routed),
  });
  if (found === null) return null;
  expect(found.map(([changed]) => changed)).toEqual([name]);
  return found[0]![1];
}

const STRIP = { route: { path: '/api', stripPrefix: true } };
const BASED = { backend: { url: 'http://a.test:8080/base/' } };
const PLAIN = { backend: { url: 'http://a.test' } };
const SECURE = { backend: { url: 'https://a.test' } };

test.each<[string, string | null, Setting?]>([
  ['http://a.test:8080/else?x=1#y', 'https://shop.test/else?x=1#y'],
  ['http://a.test:8080', 'https://shop.test/'],
  ['http://a.test:8080?x=1', 'https://shop.test/?x=1'],
  ['HTTP://A.Test:8080/Else', 'https://shop.test/Else'],
  ['//a.test:8080/else', 'https://shop.test/else'],
  ['http://a.test:8080//evil.test/', 'https://shop.test//evil.test/'],
  ['http://a.test:8080/else', 'http://shop.test:8787/else', { client: 'http://shop.test:8787/x' }],
  ['http://a.test:8080/else', 'http://shop.test/else', { client: 'http://user@shop.test/x' }],
  // Not its own, or not for certain.
  ['http://a.test:80801/else', null],
  ['http://a.test:8080.evil.test/', null],
  ['http://a.test:8080@evil.test/', null],
  ['http://a.test/else', null],
  ['https://a.test:8080/else', null],
  ['http://b.test:8080/else', null],
  ['http://shop.test/else', null],
  ['//b.test/else', null],
  ['/else', null],
  ['else', null],
  ['?x=http://a.test:8080/', null],
  ['', null],
  // The default port may be written out.
  ['http://a.test:80/else', 'https://shop.test/else', PLAIN],
  ['http://a.test/else', 'https://shop.test/else', PLAIN],
  ['http://a.test:8/else', null, PLAIN],
  ['http://a.test:808/else', null, PLAIN],
  ['https://a.test:443/else', 'https://shop.test/else', SECURE],
  ['//a.test/else', 'https://shop.test/else', SECURE],
  ['http://a.test/else', null, SECURE],
  // The backend's path prefix goes, and only at the end of a segment.
  ['http://a.test:8080/base/else', 'https://shop.test/else', BASED],
  ['http://a.test:8080/base', 'https://shop.test/', BASED],
  ['http://a.test:8080/base?x', 'https://shop.test/?x', BASED],
  ['http://a.test:8080/based/else', null, BASED],
  ['http://a.test:8080/Base/else', null, BASED],
  ['http://a.test:8080/else', null, BASED],
  ['/base/else', null, BASED],
  // What stripPrefix took comes back.
  ['http://a.test:8080/else', 'https://shop.test/api/else', STRIP],
  ['http://a.test:8080', 'https://shop.test/api', STRIP],
  ['http://a.test:8080/', 'https://shop.test/api/', STRIP],
  ['http://a.test:8080/base/else', 'https://shop.test/api/else', { ...STRIP, ...BASED }],
  ['http://a.test:8080/else', 'https://shop.test/else', { route: { path: '/api' } }],
  ['http://a.test:8080/else', null, { route: { rewriteLocation: false } }],
  // With the client's Host the backend takes that for its own.
  ['http://a.test:8080/else', 'https://shop.test/else', { backend: { host: 'client' } }],
  ['https://shop.test/else', null, { backend: { host: 'client' } }],
  [
    'https://shop.test/base/else',
    'https://shop.test/else',
    { backend: { url: 'http://a.test:8080/base', host: 'client' } },
  ],
  ['http://a.test:8080/else', null, { backend: { url: null, binding: 'APP' } }],
])('Location: %s becomes %s', (value, expected, setting) => {
  expect(becomes('location', value, setting)).toBe(expected);
});

test.each<[string, string | null]>([
  ['5; url=http://a.test:8080/else', '5; url=https://shop.test/else'],
  ['5;URL="http://a.test:8080/else"', '5;URL="https://shop.test/else"'],
  ["0 , Url = 'http://a.test:8080/else'", "0 , Url = 'https://shop.test/else'"],
  ['5; http://a.test:8080/else', '5; https://shop.test/else'],
  ['5', null],
  ['5; url=/else', null],
  ['5; url=http://b.test/?http://a.test:8080/', null],
])('Refresh: %s becomes %s, whatever the status', (value, expected) => {
  for (const status of [200, 302]) expect(becomes('refresh', value, {}, status)).toBe(expected);
});

test.each([200, 201, 207, 302, 404])('a Content-Location is rewritten with %i', (status) => {
  expect(becomes('content-location', 'http://a.test:8080/x', {}, status)).toBe('https://shop.test/x');
});

test.each([201, 202, 301, 302, 303, 307, 308])('a Location is rewritten with %i', (status) => {
  expect(becomes('location', 'http://a.test:8080/x', {}, status)).toBe('https://shop.test/x');
});
