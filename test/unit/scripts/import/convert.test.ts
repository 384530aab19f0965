/** From nginx's directives to the configuration document: what each becomes, and what is said of the rest. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { convert } from '../../../../scripts/import/convert.ts';
import { parseNginx } from '../../../../scripts/import/parse.ts';

const read = (text: string) => convert(parseNginx(text, 'x.conf'));
const said = (text: string): string[] =>
  read(text).notes.map(
    ({ line, what, differs, why }) => `${line} ${what} ${differs ? 'differs' : 'dropped'}: ${why}`,
  );
const site = (upstream: string, location = 'location / { proxy_pass http://up; }') =>
  `upstream up { ${upstream} }\nserver { server_name a.test; ${location} }`;
const SERVER = 'server b.example.net;';
const pool = (upstream: string) => read(site(upstream)).config.pools[0];
const route = (inside: string) => read(site(SERVER, inside)).config.routes[0];

test.each<[string, string, object]>([
  ['port 80 by default', 'server b.example.net;', { id: 'b-example-net', url: 'http://b.example.net' }],
  ['a port', 'server b.example.net:8080;', { url: 'http://b.example.net:8080' }],
  ['weight', 'server b.example.net weight=5;', { weight: 5 }],
  ['backup', `${SERVER} server c.example.net backup;`, { id: 'b-example-net' }],
  ['down', 'server c.example.net down; server b.example.net;', { state: 'disabled' }],
  ['an IPv6 address', 'server [2001:db8::1]:81;', { url: 'http://[2001:db8::1]:81' }],
])('a server: %s', (_, upstream, backend) => {
  expect((pool(upstream)!.backends as object[])[0]).toMatchObject(backend);
  expect(read(site(upstream)).errors).toEqual([]);
});

test('a backup server is of the second tier, and two servers of one name have two ids', () => {
  const { backends } = pool(`${SERVER} ${SERVER} server c.example.net backup;`) as { backends: object[] };
  expect(backends).toMatchObject([{ id: 'b-example-net' }, { id: 'b-example-net-2' }, { tier: 1 }]);
});

test.each<[string, string, object]>([
  ['nothing', SERVER, {}],
  ['ip_hash', `ip_hash; ${SERVER}`, { policy: 'hash', hashKey: 'ip' }],
  ['hash of the address', `hash $remote_addr consistent; ${SERVER}`, { policy: 'hash', hashKey: 'ip' }],
  ['hash of the path', `hash $uri consistent; ${SERVER}`, { policy: 'hash', hashKey: 'path' }],
  ['hash of the request', `hash $request_uri; ${SERVER}`, { policy: 'hash', hashKey: 'path' }],
  ['hash of a cookie', `hash $cookie_user; ${SERVER}`, { policy: 'hash', hashKey: 'cookie:user' }],
  [
    'hash of a header',
    `hash $http_x_tenant_id; ${SERVER}`,
    { policy: 'hash', hashKey: 'header:x-tenant-id' },
  ],
  ['least_conn', `least_conn; ${SERVER}`, { policy: 'least-request' }],
  ['random', `random; ${SERVER}`, { policy: 'random' }],
  ['random of two', `random two least_conn; ${SERVER}`, { policy: 'least-request' }],
  [
    'max_fails and fail_timeout',
    'server b.example.net max_fails=2 fail_timeout=1m;',
    { ejection: { failures: 2, windowMs: 60_000, baseMs: 60_000 } },
  ],
  [
    'never to eject',
    'server b.example.net max_fails=0;',
    { ejection: { failures: 1_000, failurePercent: 0, stallMs: 0 } },
  ],
  [
    'a long ejection',
    'server b.example.net fail_timeout=1h;',
    { ejection: { windowMs: 3_600_000, baseMs: 3_600_000, maxMs: 3_600_000 } },
  ],
  ['slow_start', 'server b.example.net slow_start=30s;', { slowStartMs: 30_000 }],
])('a pool: %s', (_, upstream, fields) => {
  const { backends: __, id: ___, ...rest } = pool(upstream)!;
  expect(rest).toEqual(fields);
  expect(read(site(upstream)).errors).toEqual([]);
});

test.each<[string, string, object]>([
  ['a prefix', 'location /a/ { proxy_pass http://up; }', { path: '/a/', id: 'a-test-a' }],
  ['a prefix that stops regular expressions', 'location ^~ /a/ { proxy_pass http://up; }', { path: '/a/' }],
  ['an exact path', 'location = /a { proxy_pass http://up; }', { path: '/a' }],
  ['a prefix taken off', 'location /a/ { proxy_pass http://up/; }', { path: '/a/', stripPrefix: true }],
  [
    'a location in a location',
    'location /a/ { location /a/b/ { proxy_pass http://up; } }',
    { path: '/a/b/' },
  ],
  [
    'proxy_read_timeout',
    'location / { proxy_pass http://up; proxy_read_timeout 1m30s; }',
    { timeoutMs: 90_000 },
  ],
  [
    'a timeout above the limit',
    'location / { proxy_pass http://up; proxy_read_timeout 1h; }',
    { timeoutMs: 300_000 },
  ],
  [
    'a timeout handed down',
    'proxy_read_timeout 500ms; location / { proxy_pass http://up; }',
    { timeoutMs: 500 },
  ],
  [
    'the inner of two timeouts',
    'proxy_read_timeout 9; location / { proxy_read_timeout 8; proxy_pass http://up; }',
    { timeoutMs: 8_000 },
  ],
  [
    'no further server',
    'location / { proxy_pass http://up; proxy_next_upstream off; }',
    { retry: { maxRetries: 0 } },
  ],
  [
    'tries',
    'location / { proxy_pass http://up; proxy_next_upstream_tries 4; }',
    { retry: { maxRetries: 3 } },
  ],
  [
    'tries without end',
    'location / { proxy_pass http://up; proxy_next_upstream_tries 0; }',
    { retry: { maxRetries: 10 } },
  ],
  [
    'statuses',
    'location / { proxy_pass http://up; proxy_next_upstream http_502 http_429; }',
    { retry: { on: [502, 429] } },
  ],
  [
    'non_idempotent',
    'location / { proxy_pass http://up; proxy_next_upstream timeout non_idempotent; }',
    { retry: { on: ['timeout', 522, 524], nonIdempotent: true } },
  ],
])('a route: %s', (_, inside, fields) => {
  expect(route(inside)).toMatchObject(fields);
  expect(read(site(SERVER, inside)).errors).toEqual([]);
});

test('a path put in place becomes the backend’s prefix, in a pool of its own', () => {
  const inside = 'location / { proxy_pass http://up; } location /a/ { proxy_pass http://up/v1/; }';
  const { pools, routes } = read(site(SERVER, inside)).config;
  expect(pools).toMatchObject([
    { id: 'up', backends: [{ url: 'http://b.example.net' }] },
    { id: 'up-v1', backends: [{ url: 'http://b.example.net/v1' }] },
  ]);
  expect(routes).toMatchObject([{ pool: 'up' }, { pool: 'up-v1', stripPrefix: true }]);
});

test('a proxy_pass to a host of its own is a pool of one; https keeps its port', () => {
  const { pools } = read(
    'server { server_name a.test; location / { proxy_pass https://c.example.net/x; } }',
  ).config;
  expect(pools[0]!.backends).toMatchObject([{ url: 'https://c.example.net:443/x' }]);
});

test.each<[string, string[]]>([
  ['server_name A.test b.test;', ['a.test', 'b.test']],
  ['server_name *.a.test;', ['*.a.test']],
  ['server_name .a.test;', ['a.test', '*.a.test']],
  ['server_name a.test www.* ~^x "" _ localhost;', ['a.test']],
  ['server_name a.test; server_name b.test;', ['a.test', 'b.test']],
])('%s', (names, hosts) => {
  const text = `upstream up { ${SERVER} }\nserver { ${names} location / { proxy_pass http://up; } }`;
  expect(read(text).config.routes.map((one) => one.host)).toEqual(hosts);
  expect(read(text).errors).toEqual([]);
});

test('sticky cookies are affinity of the routes', () => {
  const text = site(`${SERVER} sticky cookie srv expires=1h domain=.a.test httponly samesite=strict path=/;`);
  expect(read(text).config.routes[0]).toMatchObject({
    affinity: 'cookie',
    affinityCookie: { name: 'srv', ttlSeconds: 3_600, sameSite: 'Strict' },
  });
  expect(read(text).errors).toEqual([]);
  expect(said(text).join()).toContain('AFFINITY_SECRET');
  expect(said(text).join()).toContain('domain of a sticky cookie');
});

test.each<[string, string, string]>([
  [
    'a regex location',
    'location ~ ^/x { proxy_pass http://up; }',
    '2 location ~ ^/x { … } dropped: routes are by path prefix',
  ],
  ['a named location', 'location @x { proxy_pass http://up; }', '2 location @x { … } dropped: named'],
  [
    'a target with a variable',
    'location / { proxy_pass http://$host; }',
    '2 proxy_pass http://$host dropped: its target',
  ],
  [
    'a socket',
    'location / { proxy_pass http://unix:/x.sock; }',
    '2 proxy_pass http://unix:/x.sock dropped: its target',
  ],
  ['files', 'location /x/ { root /srv; }', '2 location /x/ { … } dropped: nothing in it is proxied'],
  [
    'if',
    'location / { proxy_pass http://up; if ($x) { return 403; } }',
    '2 if ($x) { … } dropped: redirects',
  ],
  [
    'a header',
    'location / { proxy_pass http://up; proxy_set_header X-A b; }',
    '2 proxy_set_header X-A b dropped: headers for backends',
  ],
  [
    'Host',
    'location / { proxy_pass http://up; proxy_set_header Host $host; }',
    '2 proxy_set_header Host $host dropped: a Worker cannot set Host',
  ],
  [
    'buffers',
    'proxy_buffering off; location / { proxy_pass http://up; }',
    '2 proxy_buffering off dropped: bodies stream',
  ],
  [
    'an unknown directive',
    'frobnicate yes; location / { proxy_pass http://up; }',
    '2 frobnicate yes dropped: this directive is not known here',
  ],
  [
    'a prefix without a slash',
    'location /a { proxy_pass http://up; }',
    '2 location /a { … } differs: a prefix ends at a slash',
  ],
  [
    'an exact path',
    'location = /a { proxy_pass http://up; }',
    '2 location = /a { … } differs: a route takes what is below',
  ],
  [
    'a path twice',
    'location / { proxy_pass http://up; } location / { proxy_pass http://up; }',
    '2 proxy_pass http://up dropped: another location has a.test/ already',
  ],
])('%s is reported', (_, inside, expected) => {
  expect(said(site(SERVER, inside)).filter((note) => note.startsWith(expected))).toHaveLength(1);
});

test.each<[string, string, string]>([
  [
    'a private server',
    'server 10.0.0.1:80;',
    '1 server 10.0.0.1:80 differs: as a backend in production its URL must not be',
  ],
  [
    'a bare name',
    'server web1;',
    '1 server web1 differs: as a backend in production its URL must be a public host name',
  ],
  ['a socket', `${SERVER} server unix:/x.sock;`, '1 server unix:/x.sock dropped: Workers reach'],
  [
    'max_conns',
    'server b.example.net max_conns=9;',
    '1 server b.example.net max_conns=9 dropped: max_conns has no counterpart',
  ],
  ['a hash of two variables', `hash $uri$is_args; ${SERVER}`, '1 hash $uri$is_args dropped: a hash key is'],
  [
    'a hash that is not consistent',
    `hash $uri; ${SERVER}`,
    '1 hash $uri differs: hashing is always consistent',
  ],
  ['keepalive', `keepalive 9; ${SERVER}`, '1 keepalive 9 dropped: connections to backends'],
  [
    'servers that differ',
    'server b.example.net max_fails=1; server c.example.net max_fails=4;',
    '1 upstream up { … } differs: max_fails',
  ],
])('in an upstream, %s is reported', (_, upstream, expected) => {
  expect(said(site(upstream)).filter((note) => note.startsWith(expected))).toHaveLength(1);
});

test('a header that is sent anyway, and Upgrade, need no note', () => {
  const headers = [
    'X-Real-IP $remote_addr',
    'X-Forwarded-For $x',
    'X-Forwarded-Proto $scheme',
    'Upgrade $http_upgrade',
    'Connection "upgrade"',
  ];
  const inside = `location / { proxy_pass http://up; ${headers.map((one) => `proxy_set_header ${one};`).join(' ')} }`;
  expect(said(site(SERVER, inside))).toEqual([]);
});

/** Runs the command on files of its own. */
function run(files: Record<string, string>, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const script = new URL('../../../../scripts/import-nginx.ts', import.meta.url).pathname;
  return spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: 'utf8' });
}

test('the command follows includes, names files and lines, and prints only the document on standard output', () => {
  const { stdout, stderr, status } = run(
    {
      'nginx.conf':
        'user x;\nhttp {\n include conf.d/*.conf;\n include gone.conf;\n include none/*.conf;\n}\n',
      'conf.d/10-up.conf': `upstream up { ${SERVER} }\n`,
      'conf.d/20-site.conf':
        '\nserver { server_name a.test;\n gzip on;\n location / { proxy_pass http://up; } }\n',
    },
    'nginx.conf',
  );
  expect(JSON.parse(stdout)).toMatchObject({
    pools: [{ id: 'up' }],
    routes: [{ host: 'a.test', pool: 'up' }],
  });
  expect(stderr.trim().split('\n')).toEqual([
    'nginx.conf:4: include gone.conf — not carried over: there is no such file',
    'nginx.conf:1: user x — not carried over: there is no process to set up',
    '20-site.conf:3: gzip on — not carried over: files are not served here, only backends',
  ]);
  expect(status).toBe(0);
});

test.each<[string, Record<string, string>, string[], number, RegExp]>([
  ['no argument', {}, [], 2, /^usage: /],
  ['a file that is not there', {}, ['x.conf'], 1, /ENOENT.*x\.conf/],
  ['a broken file', { 'x.conf': 'http {\n a\n}' }, ['x.conf'], 1, /x\.conf:3: a of line 2 does not end/],
  [
    'includes in a circle',
    { 'x.conf': 'include x.conf;' },
    ['x.conf'],
    1,
    /x\.conf:1: includes go deeper than 20 files/,
  ],
  ['nothing proxied', { 'x.conf': 'events {}' }, ['x.conf'], 1, /nothing in it is proxied/],
  [
    'what the product refuses',
    { 'x.conf': site('server b.example.net weight=5000;') },
    ['x.conf'],
    1,
    /pools\[0\]\.backends\[0\]\.weight must be/,
  ],
])('the command with %s reports the fault', (_, files, args, status, message) => {
  const done = run(files, ...args);
  expect(done.stderr).toMatch(message);
  expect(done.stderr).not.toContain('    at ');
  expect(done.status).toBe(status);
});
