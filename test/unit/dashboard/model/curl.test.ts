/** The curl command for a route. */
import { expect, test } from 'vitest';
import { curlLine } from '../../../../dashboard/model/curl.ts';

test.each([
  ['http://localhost:8787', 'shop.test', '/', "curl -H 'Host: shop.test' http://127.0.0.1:8787/"],
  ['http://[::1]:99', '*.shop.test', '/a', "curl -H 'Host: www.shop.test' http://127.0.0.1:99/a"],
  ['https://admin.example.com', 'shop.example.com', '/a', 'curl https://shop.example.com/a'],
  ['https://admin.example.com', 'shop.example.com', "/a'b&c", "curl 'https://shop.example.com/a'\\''b&c'"],
])('from %s the curl command for %s%s is %s', (origin, host, path, line) => {
  expect(curlLine(origin, host, path)).toBe(line);
});
