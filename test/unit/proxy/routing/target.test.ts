/** A request’s URL taken apart. */
import { expect, test } from 'vitest';
import { normalPath } from '../../../../worker/config/path.ts';
import { readTarget } from '../../../../worker/proxy/routing/target.ts';

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
