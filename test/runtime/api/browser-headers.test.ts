/** What the dashboard and the API tell a browser to refuse: frames, foreign scripts, guesses at types, caches. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Product, send, startProduct, TOKEN } from '../../support/product/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

const admin = (path: string, headers = {}, method = 'GET', body?: string): Promise<Answer> =>
  send(product.port, 'localhost', path, { method, headers, ...(body ? { body } : {}) });
const token = { authorization: `Bearer ${TOKEN}` };
const built = readdirSync(new URL('../../../dist/client/assets', import.meta.url));

test.each(['/', '/index.html', '/pools/shop', ...built.map((name) => `/assets/${name}`)])(
  'the dashboard’s %s',
  async (path) => {
    const { status, headers } = await admin(path, { accept: 'text/html' });
    // html_handling sends /index.html to /.
    expect([200, 307]).toContain(status);
    if (status === 307) return;
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split(';')
        .map((rule) => rule.trim().split(/ (.*)/) as [string, string]),
    );
    expect(policy).toMatchObject({
      'default-src': "'self'",
      'script-src': "'self'",
      'connect-src': "'self'",
      'frame-ancestors': "'none'",
      'object-src': "'none'",
      'base-uri': "'none'",
      'form-action': "'self'",
    });
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  },
);

test('the dashboard’s page has no script of its own but files', async () => {
  const { text } = await admin('/');
  const scripts = [...text.matchAll(/<script\b([^>]*)>([^<]*)/g)];
  expect(scripts.length).toBeGreaterThan(0);
  for (const [, attributes, inside] of scripts) {
    expect(attributes).toMatch(/\bsrc="\/assets\//);
    expect(inside!.trim()).toBe('');
  }
  expect(text).not.toMatch(/\son\w+=|javascript:/i);
});

test.each<[string, string, string, object, string | undefined, number, RegExp]>([
  ['an answer', 'GET', '/api/config', token, undefined, 200, /^application\/json/],
  ['an open answer', 'GET', '/api/health', {}, undefined, 200, /^application\/json/],
  ['metrics', 'GET', '/api/metrics', token, undefined, 200, /^text\/plain/],
  [
    'a created resource',
    'PUT',
    '/api/pools/shop',
    token,
    '{"backends":[{"id":"a","url":"http://127.0.0.1:9"}]}',
    201,
    /^application\/json/,
  ],
  ['who is not signed in', 'GET', '/api/config', {}, undefined, 401, /^application\/problem\+json/],
  [
    'what comes from another site',
    'POST',
    '/api/session',
    { origin: 'https://evil.test' },
    '{}',
    403,
    /^application\/problem\+json/,
  ],
  [
    'what is not there',
    'GET',
    '/api/%3Cscript%3Ealert(1)%3C/script%3E',
    token,
    undefined,
    404,
    /^application\/problem\+json/,
  ],
  [
    'a faulty body',
    'PUT',
    '/api/config',
    token,
    '<script>alert(1)</script>',
    400,
    /^application\/problem\+json/,
  ],
  [
    'a faulty document',
    'PUT',
    '/api/config',
    token,
    '{"<img src=x onerror=alert(1)>":1}',
    400,
    /^application\/problem\+json/,
  ],
  ['what is no WebSocket', 'GET', '/api/live', token, undefined, 426, /^application\/problem\+json/],
])('the API on %s', async (_, method, path, headers, body, status, type) => {
  const answer = await admin(path, headers, method, body);
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toMatch(type);
  expect(answer.headers).toMatchObject({
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
});

test('a deployment that was not set up answers under the same rules', async () => {
  await product.restart({ vars: { ADMIN_TOKEN: '' } });
  for (const path of ['/', '/api/config']) {
    const { status, headers } = await admin(path);
    expect([status, headers['x-content-type-options'], headers['cache-control']]).toEqual([
      503,
      'nosniff',
      'no-store',
    ]);
  }
  await product.restart();
});
