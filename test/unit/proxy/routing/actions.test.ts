/** What routes do with a request: rewritten paths and their inverse, redirects, splits, copies, and changes to headers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VARIABLES, writeVariable } from '../../../../worker/config/fields.ts';
import { type RouteConfig, routeSchema } from '../../../../worker/config/schema.ts';
import { applyEdits, compileEdits } from '../../../../worker/proxy/routing/header-edits.ts';
import { compileMirror, takeCopy } from '../../../../worker/proxy/routing/mirror.ts';
import { compileRedirect, redirectUrl } from '../../../../worker/proxy/routing/own-answer.ts';
import { applyRewrite, compileRewrite, undoRewrite } from '../../../../worker/proxy/routing/rewrite.ts';
import { compileRoutes, matchRoute } from '../../../../worker/proxy/routing/routes.ts';
import { compileSplit, copySplit, type Split, takePool } from '../../../../worker/proxy/routing/split.ts';
import { readTarget } from '../../../../worker/proxy/routing/target.ts';
import { seeded } from '../../../support/random.ts';

const route = (more: object): RouteConfig => routeSchema.parse({ id: 'r', host: 'shop.test', ...more });

test.each<[string, object, string, string, string | null]>([
  ['a prefix', { path: '/api', rewritePrefix: '/v2' }, '/api/x', '/v2/x', '/api/x'],
  ['a prefix alone', { path: '/api', rewritePrefix: '/v2' }, '/api', '/v2', '/api'],
  ['a prefix with a slash', { path: '/api', rewritePrefix: '/v2' }, '/api/', '/v2/', '/api/'],
  ['a prefix by one with a slash', { path: '/api', rewritePrefix: '/v2/' }, '/api/x', '/v2/x', '/api/x'],
  ['a prefix alone by one with a slash', { path: '/api', rewritePrefix: '/v2/' }, '/api', '/v2/', '/api/'],
  ['the root', { rewritePrefix: '/v2' }, '/x', '/v2/x', '/x'],
  ['a prefix by the root', { path: '/api', rewritePrefix: '/' }, '/api/x', '/x', '/api/x'],
  ['a prefix that is cut off', { path: '/api', stripPrefix: true }, '/api/x', '/x', '/api/x'],
  ['an escaped prefix', { path: '/api', rewritePrefix: '/v2' }, '/%61pi/%61', '/v2/%61', '/api/%61'],
  ['an exact path', { path: '/api', pathMatch: 'exact', rewritePrefix: '/v2' }, '/api', '/v2', '/api'],
  ['an exact path with a slash', { path: '/a/', pathMatch: 'exact', stripPrefix: true }, '/a/', '/', '/a/'],
])('%s is rewritten, and put back in the backend’s own URLs', (_, where, asked, sent, back) => {
  const rewrite = compileRewrite(route({ pool: 'p', ...where }))!;
  expect(applyRewrite(readTarget(`http://shop.test${asked}?q`), rewrite)).toBe(sent);
  expect(undoRewrite(`${sent}?q#f`, rewrite)).toBe(back === null ? null : `${back}?q#f`);
});

test.each<[object, string]>([
  [{ path: '/api', rewritePrefix: '/v2' }, '/v1/x'],
  [{ path: '/api', rewritePrefix: '/v2' }, '/v22'],
  [{ path: '/api', pathMatch: 'exact', rewritePrefix: '/v2' }, '/v2/x'],
])('with %o no request of a client leads to %s, so that it is left alone', (where, path) => {
  expect(undoRewrite(path, compileRewrite(route({ pool: 'p', ...where }))!)).toBeNull();
});

test.each<[string, object, string, string]>([
  [
    'the scheme, with its own port',
    { redirect: { scheme: 'https' } },
    'http://shop.test:81/a?b',
    'https://shop.test/a?b',
  ],
  [
    'the scheme that it has',
    { redirect: { scheme: 'http', host: 'b.test' } },
    'http://shop.test:81/',
    'http://b.test/',
  ],
  ['the host', { redirect: { host: 'b.test' } }, 'http://shop.test:81/a?b', 'http://b.test/a?b'],
  ['the path', { redirect: { path: '/b' } }, 'http://shop.test:81/a/c?d=%20', 'http://shop.test:81/b?d=%20'],
  [
    'a prefix',
    { path: '/a', redirect: { prefix: '/b' } },
    'http://shop.test/a/%2f?c',
    'http://shop.test/b/%2f?c',
  ],
  [
    'a prefix to the root',
    { path: '/a', redirect: { prefix: '/' } },
    'http://shop.test/a',
    'http://shop.test/',
  ],
  [
    'no host that a path names',
    { path: '/a', redirect: { prefix: '/' } },
    'http://shop.test/a//evil.test',
    'http://shop.test//evil.test',
  ],
  [
    'no host that credentials name',
    { redirect: { path: '/' } },
    'http://evil.test@shop.test/a',
    'http://shop.test/',
  ],
])('a redirect changes %s', (_, where, asked, to) => {
  expect(redirectUrl(compileRedirect(route(where))!, readTarget(asked))).toBe(to);
});

const split = (weights: Record<string, number>, by = 'request'): Split => {
  const pools = Object.entries(weights).map(([pool, weight]) => ({ pool, weight }));
  return compileSplit(route({ split: { by, pools } }))!;
};
/** How many of `count` requests each pool gets. */
const sharesOf = (of: Split, count: number, address: (n: number) => string | null = () => null) => {
  const shares: Record<string, number> = {};
  for (let n = 0; n < count; n++) {
    const pool = takePool(of, address(n));
    shares[pool] = (shares[pool] ?? 0) + 1;
  }
  return shares;
};

describe('a split', () => {
  test.each([
    [
      { a: 95, b: 5 },
      { a: 9_500, b: 500 },
    ],
    [
      { a: 1, b: 1, c: 2 },
      { a: 2_500, b: 2_500, c: 5_000 },
    ],
    [
      { a: 999, b: 1 },
      { a: 9_990, b: 10 },
    ],
    [{ a: 1, b: 0 }, { a: 10_000 }],
  ])('by request with weights %o shares 10,000 requests exactly', (weights, shares) => {
    expect(sharesOf(split(weights), 10_000)).toEqual(shares);
  });

  test('by request is smooth: of any 20 requests at 95 to 5, one goes to the small pool', () => {
    const smooth = split({ a: 95, b: 5 });
    for (let n = 0; n < 50; n++) expect(sharesOf(smooth, 20)).toEqual({ a: 19, b: 1 });
  });

  test('by request begins anywhere, so that isolates of a few requests have the right shares together', () => {
    let small = 0;
    for (let n = 0; n < 2_000; n++) small += sharesOf(split({ a: 95, b: 5 }), 2).b ?? 0;
    // Of 4,000 requests 200 are expected, with a standard deviation of 14.
    expect(small).toBeGreaterThan(130);
    expect(small).toBeLessThan(270);
  });

  test('by client keeps every client in its pool, in proportion to the weights', () => {
    const random = seeded(7);
    const clients = Array.from(
      { length: 10_000 },
      () => `10.${[0, 0, 0].map(() => Math.floor(random() * 256)).join('.')}`,
    );
    const byClient = split({ a: 3, b: 1 }, 'client');
    const shares = sharesOf(byClient, clients.length, (n) => clients[n]!);
    // A standard deviation of 43.
    expect(Math.abs(shares.a! - 7_500)).toBeLessThan(220);
    for (const client of clients.slice(0, 100))
      expect(takePool(byClient, client)).toBe(takePool(byClient, client));
  });

  test('by client sends requests without an address by turns', () => {
    expect(sharesOf(split({ a: 1, b: 1 }, 'client'), 100)).toEqual({ a: 50, b: 50 });
  });

  test('a greater weight of one pool moves clients only to that pool', () => {
    const weights = fc.record({ a: fc.nat(100), b: fc.nat(100), c: fc.integer({ min: 1, max: 100 }) });
    fc.assert(
      fc.property(
        weights,
        fc.constantFrom('a', 'b', 'c'),
        fc.integer({ min: 1, max: 100 }),
        fc.ipV4(),
        (before, raised, by, client) => {
          const after = { ...before, [raised]: before[raised as 'a'] + by };
          const [from, to] = [
            takePool(split(before, 'client'), client),
            takePool(split(after, 'client'), client),
          ];
          if (from !== to) expect(to).toBe(raised);
        },
      ),
    );
  });

  test('goes on where it was under a new configuration, unless it has changed itself', () => {
    const routes = (weight: number) => [
      route({
        split: {
          pools: [
            { pool: 'a', weight: 95 },
            { pool: 'b', weight },
          ],
        },
      }),
    ];
    const first = compileRoutes(routes(5));
    const { request, target } = {
      request: new Request('http://shop.test/'),
      target: readTarget('http://shop.test/'),
    };
    const of = (table: typeof first) =>
      matchRoute(table, target, { request, headers: request.headers, target })!.split!;
    takePool(of(first), null);
    const position = [...of(first).position!];
    expect(of(compileRoutes(routes(5), first)).position).toEqual(position);
    expect(of(compileRoutes(routes(6), first)).position).toBeNull();
  });

  test('is rehearsed on a copy', () => {
    const real = split({ a: 1, b: 1 });
    const rehearsed = takePool(copySplit(real), null);
    expect(takePool(real, null)).toBe(rehearsed);
  });
});

describe('a mirror', () => {
  const mirror = (more: object = {}) => compileMirror(route({ pool: 'p', mirror: { pool: 's', ...more } }))!;
  const post = (length: string | null) => {
    const request = new Request('http://shop.test/', { method: 'POST', body: 'x' });
    return [request, new Headers(length === null ? {} : { 'content-length': length })] as const;
  };

  test('copies its share of 10,000 requests', () => {
    const some = mirror({ percent: 2.5 });
    const request = new Request('http://shop.test/');
    const copied = Array.from({ length: 10_000 }, () => takeCopy(some, request, request.headers, false));
    expect(Math.abs(copied.filter(Boolean).length - 250)).toBeLessThanOrEqual(1);
  });

  test.each([
    ['a body at the limit', ...post('65536'), false, true],
    ['a larger body', ...post('65537'), false, false],
    ['a body of unknown length', ...post(null), false, false],
    ['a WebSocket', new Request('http://shop.test/'), new Headers(), true, false],
  ])('%s', (_, request, headers, isUpgrade, isCopied) => {
    expect(takeCopy(mirror(), request, headers, isUpgrade)).toBe(isCopied);
  });
});

describe('changes to headers', () => {
  const context = (host: string, headers: Record<string, string>) => {
    const request = new Request('http://shop.test/', { headers });
    const target = { ...readTarget('http://shop.test/'), host };
    return { request, headers: request.headers, target, requestId: 'id', route: { id: 'r' }, country: 'DE' };
  };

  test('remove, then set, then add', () => {
    const edits = compileEdits({ remove: ['A', 'b'], set: { B: '1', C: '2' }, add: { c: '3', d: '4' } })!;
    const headers = new Headers({ a: '0', b: '0', c: '0', e: '0' });
    applyEdits(headers, edits, context('shop.test', {}), 'x');
    expect([...headers]).toEqual([
      ['b', '1'],
      ['c', '2, 3'],
      ['d', '4'],
      ['e', '0'],
    ]);
  });

  test('variables are filled in, and text around them stays', () => {
    const value = `<${VARIABLES.map(writeVariable).join('|')}> $ {x}`;
    const headers = new Headers();
    const client = context('shop.test', { 'cf-connecting-ip': '2001:db8::1' });
    applyEdits(headers, compileEdits({ remove: [], set: { 'x-all': value }, add: {} })!, client, 'a');
    expect(headers.get('x-all')).toBe('<2001:db8::1|DE|id|shop.test|r|a> $ {x}');
  });

  /** What the wire must not see: a line break, or a header that only the platform or this load balancer may set. */
  const FORBIDDEN =
    /^(connection|expect|keep-alive|proxy.*|te|trailer|transfer-encoding|upgrade|host|content-length|cf-.*|forwarded|via|cdn-loop|x-forwarded-.*|x-real-ip|x-request-id|x-evenkeel-.*)$/i;

  test('no name, value or client smuggles a header of the connection, a length, a host or a line break', () => {
    const nasty = fc.constantFrom(
      'host',
      'Host',
      'HOST ',
      ' host',
      'host:',
      'content-length',
      'Content-Length\t',
      'transfer-encoding',
      'TE',
      'Te',
      'connection',
      'Keep-Alive',
      'proxy-authorization',
      'Proxy-Connection',
      'upgrade',
      'trailer',
      'cf-ray',
      'CF-Connecting-IP',
      'x-forwarded-for',
      'X-Real-IP',
      'forwarded',
      'via',
      'x-request-id',
      'x-evenkeel-loop',
      'x-a\r\nhost',
      'x-a: b\nhost',
      'x\u0000',
      'ſ',
      'ho\u017ft',
      'x-ok',
      'Accept',
    );
    const name = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('x-ok', 'Accept', 'cookie', 'x-a') },
      { weight: 1, arbitrary: nasty },
      { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
    );
    const piece = fc.constantFrom(
      '\r\n',
      '\n',
      '\r',
      '\u0000',
      '\u2028',
      '\u010a',
      'host: evil',
      ' ',
      '\t',
      'x',
      'ä',
      ...VARIABLES.map(writeVariable),
    );
    const value = fc.oneof(
      fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
      fc.string(),
    );
    const headers = fc.dictionary(name, value, { maxKeys: 3 });
    const client = fc.oneof(
      fc.constant('1.2.3.4'),
      fc.string(),
      fc.constantFrom('1\r\nhost: evil', '\u010a', 'ä'),
    );
    let accepted = 0;
    fc.assert(
      fc.property(headers, headers, fc.array(name, { maxLength: 2 }), client, (set, add, remove, host) => {
        const parsed = routeSchema.safeParse({
          id: 'r',
          host: 'shop.test',
          pool: 'p',
          requestHeaders: { set, add, remove },
        });
        if (!parsed.success) return;
        accepted++;
        const edits = compileEdits(parsed.data.requestHeaders);
        if (edits === null) return;
        const before = {
          host: 'real',
          'content-length': '1',
          connection: 'close',
          'x-forwarded-for': '9',
          'x-request-id': 'id',
        };
        const sent = new Headers(before);
        applyEdits(sent, edits, context(host, { 'cf-connecting-ip': '5.6.7.8' }), 'a');
        for (const [key, text] of sent) {
          if (FORBIDDEN.test(key)) expect(text).toBe(before[key as keyof typeof before]);
          expect(text).toMatch(/^[\t\x20-\x7e]*$/);
        }
        for (const key of Object.keys(before)) expect(sent.has(key)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});
