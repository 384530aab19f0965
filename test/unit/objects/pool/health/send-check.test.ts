/** What a health check asks, and how much of the answer it reads. */
import { expect, test } from 'vitest';
import { healthCheckSchema } from '../../../../../worker/config/schema.ts';
import { checkMessage, readStart } from '../../../../../worker/objects/pool/health/send-check.ts';

test.each([
  ['a URL', { url: 'http://a.test:8080/base/' }, null, 'http://a.test:8080/base/up?x=1', null],
  ['a URL', { url: 'https://a.test' }, 'shop.test', 'https://a.test/up?x=1', 'shop.test'],
  ['a binding', { url: null }, null, 'http://a/up?x=1', null],
  ['a binding', { url: null }, 'shop.test', 'http://shop.test/up?x=1', null],
])('%s %j with host %s is asked by %s', (_, backend, host, url, forwarded) => {
  const check = healthCheckSchema.parse({ path: '/up?x=1', host, headers: { 'X-Probe': 'yes' } });
  const { input, init } = checkMessage({ id: 'a', ...backend }, check);
  const headers = new Headers(init.headers);
  expect([input, headers.get('x-forwarded-host'), headers.get('x-probe')]).toEqual([url, forwarded, 'yes']);
  expect([init.method, init.redirect]).toEqual(['GET', 'manual']);
});

test('no more than 10 KiB of a body is read, and the rest is not waited for', async () => {
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('ä'.repeat(1_000))),
  });
  const text = await readStart(endless);
  expect(text).toBe('ä'.repeat(5_120));
  expect(await readStart(null)).toBe('');
});
