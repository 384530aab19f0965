/** Which messages have hop-by-hop headers to remove: all others pass without being copied. */
import { expect, test } from 'vitest';
import { hasHopByHop, stripHopByHop } from '../../../../worker/proxy/upstream/upstream.ts';

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
