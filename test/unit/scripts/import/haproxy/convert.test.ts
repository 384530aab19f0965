/** From HAProxy's sections to the configuration document: what each becomes, and what the report says of the rest. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the product's variables
import { describe, expect, test } from 'vitest';
import { convertHaproxy } from '../../../../../scripts/import/haproxy/convert.ts';
import {
  HaproxySyntaxError,
  isHaproxy,
  parseHaproxy,
  readCondition,
  readTest,
} from '../../../../../scripts/import/haproxy/parse.ts';
import type { ImportOptions } from '../../../../../scripts/import/nginx/convert.ts';

const OPTIONS: ImportOptions = { hosts: new Map([['', 'a.test']]), allowOpen: false, replaced: new Map() };
const read = (text: string, options: Partial<ImportOptions> = {}) =>
  convertHaproxy(parseHaproxy(text, 'x.cfg'), { ...OPTIONS, ...options });
const BACKENDS = 'backend web\n server w w.example.net:80\nbackend api\n server a a.example.net:8080';
const front = (rules: string) =>
  `defaults\n mode http\n timeout server 5s\nfrontend f\n bind :80\n${rules}\n default_backend web\n${BACKENDS}`;
const routes = (rules: string, options: Partial<ImportOptions> = {}) =>
  read(front(rules), options).config.routes.map(({ id: _, rewriteLocation: __, ...route }) => route);
const back = (lines: string) =>
  read(
    `defaults\n mode http\n timeout server 5s\nfrontend f\n bind :80\n default_backend web\nbackend web\n${lines}`,
  ).config.pools[0]!;
const said = (text: string, options: Partial<ImportOptions> = {}) =>
  read(text, options).report.entries.map(
    ({ line, directive, kind, message }) => `${kind} ${line} ${directive}: ${message}`,
  );

test('words: quotes of both kinds, backslashes, comments', () => {
  const [section] = parseHaproxy(
    `frontend "a b" # c\n http-request set-header X 'it"s' \\# a\\ b ^/a\\.b$ # end\n`,
    'x.cfg',
  );
  expect(section).toMatchObject({
    args: ['a b'],
    lines: [{ name: 'http-request', args: ['set-header', 'X', 'it"s', '#', 'a b', '^/a\\.b$'], line: 2 }],
  });
});

test.each<[string, string]>([
  ['frontend f\n bind "x', 'x.cfg:2: a " is not closed'],
  [' bind :80', 'x.cfg:1: bind is in no section'],
])('%j is reported with its line', (text, message) => {
  expect(() => parseHaproxy(text, 'x.cfg')).toThrow(HaproxySyntaxError);
  expect(() => parseHaproxy(text, 'x.cfg')).toThrow(message);
});

test.each<[string, boolean]>([
  ['# x\nglobal\n daemon\nfrontend f\n bind :80', true],
  ['http {\n upstream backend {\n server a;\n }\n}', false],
  ['backend web;', false],
  ['', false],
])('%j is a haproxy.cfg: %s', (text, is) => {
  expect(isHaproxy(text)).toBe(is);
});

test.each<[string, object]>([
  ['path_beg -i /api /v1', { fetch: 'path', how: 'beg', ignoresCase: true, values: ['/api', '/v1'] }],
  ['hdr(Host) -m end .a.test', { fetch: 'hdr', argument: 'host', how: 'end' }],
  ['req.hdr(x),lower -m found', { fetch: 'hdr', argument: 'x', how: 'found', ignoresCase: true, values: [] }],
  ['path -f /etc/list', { fetch: 'path', how: 'other' }],
])('the test %s', (text, expected) => {
  expect(readTest(text.split(' '))).toMatchObject(expected);
});

test('a condition: all of a list, one of the lists', () => {
  expect(readCondition('a !b || { path /x } ! c'.split(' '))).toMatchObject([
    [
      { acl: 'a', isNegated: false },
      { acl: 'b', isNegated: true },
    ],
    [{ acl: { fetch: 'path' } }, { acl: 'c', isNegated: true }],
  ]);
});

describe('rules become routes', () => {
  test.each<[string, string, object[]]>([
    ['the default', '', [{ host: 'a.test', path: '/', pool: 'web' }]],
    [
      'a prefix',
      ' use_backend api if { path_beg /api/ }',
      [
        { path: '/', pool: 'web' },
        { path: '/api/', pool: 'api' },
        { path: '/api', pathMatch: 'exact', pool: 'web' },
      ],
    ],
    [
      'a path, of which the first rule counts',
      ' use_backend api if { path /x }\n use_backend web if { path /x }',
      [
        { path: '/', pool: 'web' },
        { path: '/x', pathMatch: 'exact', pool: 'api' },
      ],
    ],
    [
      'a header, a cookie, a parameter, a method',
      ' use_backend api if { hdr(x-v) 2 } || { req.cook(beta) -m found } || { url_param(v) 2 } || METH_POST',
      [
        { match: { headers: [{ name: 'x-v', value: '2' }] }, pool: 'api' },
        { match: { cookies: [{ name: 'beta', present: true }] }, pool: 'api' },
        { match: { query: [{ name: 'v', value: '2' }] }, pool: 'api' },
        { match: { methods: ['POST'] }, pool: 'api' },
        { path: '/', pool: 'web' },
      ],
    ],
    [
      'hosts, and what is below one',
      ' acl h hdr(host) -i B.test\n acl e hdr_end(host) .c.test\n use_backend api if h || e',
      [
        { host: 'b.test', pool: 'api' },
        { host: '*.c.test', pool: 'api' },
        { host: 'a.test', pool: 'web' },
      ],
    ],
    [
      'redirects',
      ' http-request redirect location https://b.test/ code 301 if { path /old }\n redirect prefix https://c.test if { path_beg /to/ }',
      [
        { path: '/', pool: 'web' },
        { path: '/old', redirect: { status: 301, scheme: 'https', host: 'b.test', path: '/' } },
        { path: '/to/', redirect: { status: 302, scheme: 'https', host: 'c.test' } },
        { path: '/to', pathMatch: 'exact', pool: 'web' },
      ],
    ],
    [
      'fixed answers',
      ' http-request return status 200 content-type "text/plain" string "ok" if { path /health }',
      [
        { path: '/', pool: 'web' },
        { path: '/health', respond: { status: 200, contentType: 'text/plain', body: 'ok' } },
      ],
    ],
    [
      'headers and paths',
      ' http-request set-header X-Env prod\n http-request del-header X-No\n http-response set-header X-Out 1\n http-request set-header X-Ip %[src]',
      [
        {
          requestHeaders: { set: { 'x-env': 'prod', 'x-ip': '${client.ip}' }, remove: ['x-no'] },
          responseHeaders: { set: { 'x-out': '1' } },
        },
      ],
    ],
    [
      'a path that is replaced',
      ' http-request replace-path ^/api/(.*) /v2/\\1',
      [{ path: '/' }, { path: '/api/', rewritePrefix: '/v2/' }, { path: '/api', pathMatch: 'exact' }],
    ],
  ])('%s', (_, rules, expected) => {
    const made = routes(rules);
    for (const one of expected) expect(made).toContainEqual(expect.objectContaining(one));
    expect(made).toHaveLength(expected.length);
  });

  test('a listen section is frontend and backend', () => {
    const { pools, routes: made } = read(
      'listen l\n mode http\n bind :80\n timeout server 1s\n server s s.example.net',
    ).config;
    expect(pools).toMatchObject([{ id: 'l', backends: [{ url: 'http://s.example.net' }] }]);
    expect(made).toMatchObject([{ host: 'a.test', pool: 'l' }]);
  });

  test('the redirect to https is Cloudflare’s', () => {
    const text = front(' redirect scheme https if !{ ssl_fc }').replace(
      'bind :80',
      'bind :80\n bind :443 ssl',
    );
    expect(said(text).join('\n')).toMatch(/cloudflare \d+ redirect scheme https .*Always Use HTTPS/);
    expect(read(text).report.isPartly).toBe(false);
  });
});

describe('what is closed stays closed', () => {
  test.each<[string, string, number, boolean]>([
    ['deny', 'http-request deny if { path_beg /x/ }', 403, false],
    ['deny with a status', 'http-request deny deny_status 404 if { path_beg /x/ }', 404, false],
    ['deny unless an address fits', 'http-request deny if { path_beg /x/ } !{ src 10.0.0.0/8 }', 403, false],
    ['auth', 'http-request auth unless { http_auth(users) } || !{ path_beg /x/ }', 403, true],
  ])('%s', (_, rule, status, isPartly) => {
    const text = front(` ${rule}`);
    const { config, report } = read(text);
    expect(config.routes.find(({ path }) => path === '/x/')).toMatchObject({ respond: { status } });
    expect(config.routes.find(({ path }) => path === '/')).toMatchObject({ pool: 'web' });
    expect(report.entries[0]).toMatchObject({ kind: 'closed', line: 6 });
    expect(report.isPartly).toBe(isPartly);
  });

  test('a block list that routes cannot have comes out open: first in the report', () => {
    const { report } = read(front(' http-request deny if { src -f /etc/bad }'));
    expect(report.entries[0]).toMatchObject({ kind: 'open', line: 6 });
    expect(report.isPartly).toBe(true);
  });

  test('--allow-open', () => {
    const made = routes(' http-request deny if { path_beg /x/ }', { allowOpen: true });
    expect(made).toEqual([{ host: 'a.test', path: '/', pool: 'web' }]);
  });
});

test.each<[string, string, object]>([
  [
    'times and no failover',
    ' server a a.test\n server b b.test',
    { timeoutMs: 5_000, retry: { maxRetries: 0 } },
  ],
  ['redispatch', ' option redispatch\n server a a.test\n server b b.test', { retry: { maxRetries: 1 } }],
  [
    'what is retried',
    ' retry-on response-timeout 503\n server a a.test',
    { retry: { on: ['timeout', 522, 524, 503] } },
  ],
  [
    'no ejection by traffic, 503 when all are out',
    ' server a a.test',
    { ejection: { failures: 1_000, stallMs: 0 }, whenUnavailable: 'reject' },
  ],
  ['observe', ' server a a.test check observe layer7 error-limit 5', { ejection: { failures: 5 } }],
  ['leastconn', ' balance leastconn\n server a a.test', { policy: 'least-request' }],
  ['source', ' balance source\n server a a.test', { policy: 'hash', hashKey: 'ip' }],
  ['a header', ' balance hdr(X-User)\n server a a.test', { policy: 'hash', hashKey: 'header:x-user' }],
  [
    'server options',
    ' server a a.test:81 weight 10 backup disabled',
    { backends: [{ id: 'a', url: 'http://a.test:81', weight: 10, tier: 1, state: 'disabled' }] },
  ],
  [
    'default-server',
    ' default-server weight 7 ssl verify none\n server a a.test:443',
    { backends: [{ url: 'https://a.test', weight: 7 }] },
  ],
  ['an IPv6 address', ' server a 2001:db8::1:8080', { backends: [{ url: 'http://[2001:db8::1]:8080' }] }],
  [
    'a check',
    ' option httpchk HEAD /health\n http-check expect status 200-204\n server a a.test check inter 10s fall 2 rise 1',
    {
      healthCheck: {
        path: '/health',
        method: 'HEAD',
        intervalMs: 10_000,
        expectedStatuses: ['200', '201', '202', '203', '204'],
        unhealthyAfter: 2,
        healthyAfter: 1,
      },
    },
  ],
  [
    'a check by rules, more often than it can be',
    ' option httpchk\n http-check send meth OPTIONS uri /up hdr Host a.test hdr X-A 1\n http-check expect string fine\n server a a.test check inter 1s',
    {
      healthCheck: {
        path: '/up',
        method: 'GET',
        host: 'a.test',
        headers: { 'x-a': '1' },
        intervalMs: 5_000,
        expectedBody: 'fine',
      },
    },
  ],
])('a backend: %s', (_, lines, expected) => {
  expect(back(lines)).toMatchObject(expected);
});

test('cookie insert and stick on src are affinity', () => {
  const text = (line: string) => front('').replace('\nbackend web', `\nbackend web\n ${line}`);
  expect(read(text('cookie SRV insert indirect nocache maxlife 1h')).config.routes[0]).toMatchObject({
    affinity: 'cookie',
    affinityCookie: { name: 'SRV', ttlSeconds: 3_600 },
  });
  expect(read(text('stick on src')).config.routes[0]).toMatchObject({ affinity: 'ip' });
});

describe('what is not carried over is reported', () => {
  test.each<[string, string, RegExp]>([
    [
      'TCP',
      'frontend t\n mode tcp\n bind :5432\n default_backend web',
      /elsewhere \d+ frontend t: .*only HTTP/,
    ],
    [
      'a test that routes cannot make',
      ' use_backend api if { src 10.0.0.0/8 }',
      /elsewhere 6 use_backend api .*cannot ask for src/,
    ],
    ['an expression', ' use_backend api if { path_reg \\.php$ }', /elsewhere 6 .*cannot ask for path/],
    [
      'a backend by a variable',
      ' use_backend %[req.hdr(host)] if { path /x }',
      /elsewhere 6 .*named by a variable/,
    ],
    [
      'a header by a sample',
      ' http-request set-header X-A %[ssl_c_s_dn]',
      /changed 6 .*X-A is not set.*client’s own is taken off/,
    ],
    ['an unknown line', ' frobnicate on', /changed 6 frobnicate on: .*not known here/],
    ['rates', ' http-request track-sc0 src', /cloudflare 6 .*Rate Limiting Rules: /],
    [
      'a prefix without a slash',
      ' use_backend api if { path_beg /api }',
      /changed 6 use_backend api .*\/apix is not meant/,
    ],
  ])('%s', (_, rules, expected) => {
    const text = rules.startsWith('frontend') ? `${rules}\n${front('')}` : front(rules);
    expect(said(text).join('\n')).toMatch(expected);
  });

  test('without a host in the rules --host is needed', () => {
    const { config, report } = read(front(''), { hosts: new Map() });
    expect(config.routes).toEqual([]);
    expect(report.entries[0]!.message).toContain('give --host NAME');
  });
});
