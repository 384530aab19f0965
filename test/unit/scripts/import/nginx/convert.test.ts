/** From nginx's directives to the configuration document: what each becomes, and what the report says of the rest. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: nginx writes its variables so
import { describe, expect, test } from 'vitest';
import { convertNginx, type ImportOptions } from '../../../../../scripts/import/nginx/convert.ts';
import { parseNginx } from '../../../../../scripts/import/nginx/parse.ts';
import { writeReport } from '../../../../../scripts/import/report.ts';

const DEFAULTS: ImportOptions = { hosts: new Map(), allowOpen: false, replaced: new Map() };
const read = (text: string, options: Partial<ImportOptions> = {}) =>
  convertNginx(parseNginx(text, 'x.conf'), [], { ...DEFAULTS, ...options });
const site = (upstream: string, location = 'location / { proxy_pass http://up; }') =>
  `upstream up { ${upstream} }\nserver { server_name a.test; ${location} }`;
const SERVER = 'server b.example.net;';
const pool = (upstream: string) => read(site(upstream)).config.pools[0]!;
const route = (inside: string) => read(site(SERVER, inside)).config.routes[0];
const said = (text: string, options: Partial<ImportOptions> = {}) =>
  read(text, options).report.entries.map(
    ({ line, directive, kind, message }) => `${kind} ${line} ${directive}: ${message}`,
  );
const exit = (text: string, options: Partial<ImportOptions> = {}) => {
  const { config, report } = read(text, options);
  return config.routes.length === 0 ? 1 : report.isPartly ? 3 : 0;
};

describe('what nginx does by default is in the document', () => {
  test('60 s to the headers, error and timeout, one failure in 10 s, 1 MB', () => {
    const { pools, routes } = read(site(`${SERVER} server c.example.net;`)).config;
    expect(pools[0]).toMatchObject({
      timeoutMs: 60_000,
      retry: { maxRetries: 1, nonIdempotent: false, budgetPercent: 100 },
      ejection: { failures: 1, failurePercent: 0, stallMs: 0, baseMs: 10_000, maxMs: 10_000 },
    });
    const { retry, ejection } = pools[0] as unknown as {
      retry: { on: unknown[] };
      ejection: { failureStatuses: number[] };
    };
    expect(retry.on).toEqual(expect.arrayContaining(['connect-failure', 'timeout']));
    expect(retry.on).not.toContain(503);
    expect(ejection.failureStatuses).not.toContain(503);
    expect(routes[0]).toMatchObject({ maxBodyBytes: 1_048_576 });
  });

  test('statuses of proxy_next_upstream are retried and count as failures, but 403 and 404', () => {
    const inside = 'location / { proxy_pass http://up; proxy_next_upstream http_500 http_404; }';
    const { pools } = read(site(`${SERVER} server c.example.net;`, inside)).config;
    const { retry, ejection } = pools[0] as unknown as {
      retry: { on: unknown[] };
      ejection: { failureStatuses: number[] };
    };
    expect(retry.on).toEqual([500, 404]);
    expect(ejection.failureStatuses).toContain(500);
    expect(ejection.failureStatuses).not.toContain(404);
  });
});

test.each<[string, string, object]>([
  ['port 80 by default', 'server b.example.net;', { id: 'b-example-net', url: 'http://b.example.net' }],
  ['a port', 'server b.example.net:8080;', { url: 'http://b.example.net:8080' }],
  ['weight', 'server b.example.net weight=5;', { weight: 5 }],
  ['down', 'server c.example.net down; server b.example.net;', { state: 'disabled' }],
  ['drain', 'server c.example.net route=b drain; server b.example.net;', { state: 'draining' }],
  ['an IPv6 address', 'server [2001:db8::1]:81;', { url: 'http://[2001:db8::1]:81' }],
  ['an IPv6 address without a port', 'server [2001:db8::1];', { url: 'http://[2001:db8::1]' }],
  ['a weight that is no number', 'server b.example.net weight=abc;', { weight: 1 }],
])('a server: %s', (_, upstream, backend) => {
  expect((pool(upstream).backends as object[])[0]).toMatchObject(backend);
});

test.each<[string, string]>([
  ['https://[2001:db8::10]', 'https://[2001:db8::10]'],
  ['https://c.example.net/x', 'https://c.example.net'],
  ['HTTP://c.example.net:80', 'http://c.example.net'],
  ['http://c.example.net:8080', 'http://c.example.net:8080'],
])('proxy_pass %s is a pool of one: %s', (target, url) => {
  const { pools } = read(`server { server_name a.test; location / { proxy_pass ${target}; } }`).config;
  expect(pools[0]!.backends).toMatchObject([{ url }]);
});

test('a backup server is of the second tier, and two servers of one name have two ids', () => {
  const { backends } = pool(`${SERVER} ${SERVER} server c.example.net backup;`) as unknown as {
    backends: object[];
  };
  expect(backends).toMatchObject([{ id: 'b-example-net' }, { id: 'b-example-net-2' }, { tier: 1 }]);
});

test('long names make different ids', () => {
  const long = 'x'.repeat(60);
  const text = `upstream ${long}1 { server ${long}a.test; server ${long}b.test; } upstream ${long}2 { ${SERVER} }
    server { server_name a.test; location /${long}1 { proxy_pass http://${long}1; } location /${long}2 { proxy_pass http://${long}2; } }`;
  const { pools, routes } = read(text).config;
  expect(new Set(pools.map(({ id }) => id)).size).toBe(2);
  expect(new Set(routes.map(({ id }) => id)).size).toBe(2);
});

test.each<[string, string, object]>([
  ['ip_hash', `ip_hash; ${SERVER}`, { policy: 'hash', hashKey: 'ip' }],
  [
    'hash of the address',
    'hash ${remote_addr} consistent; server b.example.net;',
    { policy: 'hash', hashKey: 'ip' },
  ],
  ['hash of the path', `hash $uri consistent; ${SERVER}`, { policy: 'hash', hashKey: 'path' }],
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
  ['never to eject', 'server b.example.net max_fails=0;', { ejection: { failures: 1_000 } }],
  ['slow_start', 'server b.example.net slow_start=30s;', { slowStartMs: 30_000 }],
  [
    'weights beyond the limit',
    'server a.example.net weight=2000; server b.example.net weight=1000;',
    { backends: [{ weight: 2 }, { weight: 1 }] },
  ],
])('a pool: %s', (_, upstream, fields) => {
  expect(pool(upstream)).toMatchObject(fields);
});

test.each<[string, string, object]>([
  ['a prefix', 'location /a/ { proxy_pass http://up; }', { path: '/a/', id: 'a-test-a' }],
  ['an exact path', 'location = /a { proxy_pass http://up; }', { path: '/a', pathMatch: 'exact' }],
  ['a prefix taken off', 'location /a/ { proxy_pass http://up/; }', { path: '/a/', stripPrefix: true }],
  ['a prefix replaced', 'location /a/ { proxy_pass http://up/v1/; }', { pool: 'up', rewritePrefix: '/v1/' }],
  ['the same path', 'location /a/ { proxy_pass http://up/a/; }', { pool: 'up' }],
  ['proxy_read_timeout', 'location / { proxy_pass http://up; proxy_read_timeout 1m30s; }', { pool: 'up' }],
  [
    'non_idempotent',
    'location / { proxy_pass http://up; proxy_next_upstream timeout non_idempotent; }',
    { pool: 'up' },
  ],
  [
    'a larger body',
    'client_max_body_size 8m; location / { proxy_pass http://up; }',
    { maxBodyBytes: 8_388_608 },
  ],
  [
    'proxy_redirect off',
    'location / { proxy_pass http://up; proxy_redirect off; }',
    { rewriteLocation: false },
  ],
  [
    'variables of the product',
    'location / { proxy_pass http://up; proxy_set_header X-Ip $remote_addr; }',
    { requestHeaders: { set: { 'X-Ip': '${client.ip}' } } },
  ],
  ['decoded characters', 'location /thé/ { proxy_pass http://up; }', { path: '/th%C3%A9/' }],
  [
    'an escaped path means itself',
    'location /caf%C3%A9/ { proxy_pass http://up; }',
    { path: '/caf%25C3%25A9/' },
  ],
])('a route: %s', (_, inside, fields) => {
  expect(route(inside)).toMatchObject(fields);
});

test('times of the file: those of the first location are the pool’s, others the route’s', () => {
  const inside =
    'proxy_read_timeout 9; location / { proxy_pass http://up; } location /b/ { proxy_pass http://up; proxy_read_timeout 1d; }';
  const { pools, routes } = read(site(SERVER, inside)).config;
  expect(pools[0]).toMatchObject({ timeoutMs: 9_000 });
  expect(routes.map(({ timeoutMs }) => timeoutMs).filter(Boolean)).toEqual([3_600_000]);
  expect(said(site(SERVER, inside)).join('\n')).toMatch(/changed .*1d: .*an hour is the most/);
});

test('one upstream with several paths is one pool', () => {
  const inside =
    'location / { proxy_pass http://up; } location /a/ { proxy_pass http://up/v1/; } location /b/ { proxy_pass http://up/b/; }';
  expect(read(site(SERVER, inside)).config.pools).toHaveLength(1);
});

test('split_clients is a split, with the shares of the file', () => {
  const text = `split_clients "\${remote_addr}x" $v { 0.5% beta; 25% next; * up; }
upstream beta { ${SERVER} } upstream next { ${SERVER} } ${site(SERVER, 'location / { proxy_pass http://$v; }')}`;
  expect(read(text).config.routes[0]).toMatchObject({
    split: {
      by: 'client',
      pools: [
        { pool: 'beta', weight: 50 },
        { pool: 'next', weight: 2_500 },
        { pool: 'up', weight: 7_450 },
      ],
    },
  });
});

test('sticky cookies are affinity of the routes', () => {
  const text = site(`${SERVER} sticky cookie srv expires=1h domain=.a.test httponly samesite=strict path=/;`);
  expect(read(text).config.routes[0]).toMatchObject({
    affinity: 'cookie',
    affinityCookie: { name: 'srv', ttlSeconds: 3_600, sameSite: 'Strict' },
  });
  expect(said(text).join()).toContain('AFFINITY_SECRET');
});

test('error_page 502 = @other is the pool that takes over', () => {
  const text = `upstream spare { server s.example.net; } ${site(SERVER, 'error_page 502 = @other; location / { proxy_pass http://up; } location @other { proxy_pass http://spare; }')}`;
  expect(read(text).config.pools.find(({ id }) => id === 'up')).toMatchObject({
    whenUnavailable: 'pool:spare',
  });
});

describe('hosts', () => {
  test.each<[string, string[]]>([
    ['server_name A.test a.test b.test;', ['a.test', 'b.test']],
    ['server_name *.a.test;', ['*.a.test']],
    ['server_name .a.test;', ['a.test', '*.a.test']],
    ['server_name a.test www.* ~^x "" _ localhost;', ['a.test']],
    ['server_name ~^(www\\.)?a\\.test$;', ['www.a.test', 'a.test']],
    ['server_name a.test.; server_name b.test münchen.test;', ['b.test']],
  ])('%s', (names, hosts) => {
    const text = `upstream up { ${SERVER} }\nserver { ${names} location / { proxy_pass http://up; } }`;
    expect(read(text).config.routes.map((one) => one.host)).toEqual(hosts);
  });

  test.each([
    '',
    'server_name _;',
    'server_name localhost;',
    'server_name $hostname;',
    'server_name ${DOMAIN};',
  ])('a server with "%s" needs --host, and gets it', (names) => {
    const text = `upstream up { ${SERVER} }\nserver { listen 80; ${names} location / { proxy_pass http://up; } }`;
    expect(exit(text)).toBe(1);
    expect(said(text).join('\n')).toContain('give --host NAME');
    const hosts = new Map([['', 'shop.test']]);
    expect(read(text, { hosts }).config.routes).toMatchObject([{ host: 'shop.test', pool: 'up' }]);
    expect(exit(text, { hosts })).toBe(0);
  });

  test('servers without a name on two ports get a host each', () => {
    const one = (port: number) =>
      `server { listen ${port}; location / { proxy_pass http://p${port}.test; } }`;
    const hosts = new Map([
      ['9000', 's3.test'],
      ['', 'console.test'],
    ]);
    const { routes } = read(`${one(9000)}\n${one(9001)}`, { hosts }).config;
    expect(routes.map(({ host, pool: id }) => [host, id])).toEqual([
      ['s3.test', 'p9000-test'],
      ['console.test', 'p9001-test'],
    ]);
  });

  test('a server that only turns unknown hosts away takes no --host and costs nothing', () => {
    const text = `server { listen 80 default_server; return 444; } ${site(SERVER)}`;
    expect(exit(text, { hosts: new Map([['', 'shop.test']]) })).toBe(0);
    expect(read(text).config.routes).toHaveLength(1);
  });

  test('the redirect from http to https is Cloudflare’s, and all is carried over', () => {
    const text = `server { listen 80; server_name a.test; return 301 https://$host$request_uri; }
upstream up { ${SERVER} } server { listen 443 ssl; server_name a.test; location / { proxy_pass http://up; } }`;
    expect(exit(text)).toBe(0);
    expect(said(text)).toContain('cloudflare 1 server { … }: SSL/TLS: turn on "Always Use HTTPS"');
    const other = text.replace('https://$host$request_uri', 'https://b.test/');
    expect(said(other).join('\n')).toMatch(/changed 1 server { … }: its redirect leads to another host/);
    expect(said(text).join('\n')).not.toContain('its redirect leads to another host');
  });
});

describe('what is closed stays closed', () => {
  const OPEN = 'location / { proxy_pass http://up; }';
  test.each<[string, string, number, number]>([
    ['allow and deny', 'location /x/ { allow 10.0.0.0/8; deny all; proxy_pass http://up; }', 403, 0],
    ['deny', 'location /x/ { deny all; }', 403, 0],
    [
      'a list of blocked addresses',
      'location /x/ { deny 10.0.0.1; allow all; proxy_pass http://up; }',
      403,
      0,
    ],
    ['auth_basic', 'location /x/ { auth_basic "x"; proxy_pass http://up; }', 403, 3],
    ['auth_request', 'location /x/ { auth_request /auth; proxy_pass http://up; }', 403, 3],
    ['internal', 'location /x/ { internal; proxy_pass http://up; }', 404, 0],
    ['return', 'location /x/ { return 404; }', 404, 0],
    ['a nested location', 'location /x/ { deny all; location /x/y/ { proxy_pass http://up; } }', 403, 0],
    ['Lua', 'location /x/ { access_by_lua_block { ngx.exit(403) } proxy_pass http://up; }', 403, 3],
    [
      'an if of an address',
      'location /x/ { if ($remote_addr !~ ^10) { return 403; } proxy_pass http://up; }',
      403,
      3,
    ],
    [
      'an if of a client certificate',
      'location /x/ { if ($ssl_client_verify != SUCCESS) { return 403; } proxy_pass http://up; }',
      403,
      3,
    ],
  ])('%s', (_, guarded, status, code) => {
    const text = site(SERVER, `${OPEN} ${guarded}`);
    const { routes } = read(text).config;
    const own = routes.filter(({ path, redirect }) => String(path).startsWith('/x/') && !redirect);
    expect(own.length).toBeGreaterThan(0);
    for (const one of own) expect(one.respond).toEqual({ status });
    expect(exit(text)).toBe(code);
    expect(read(text).report.entries[0]).toMatchObject({ kind: 'closed', line: 2 });
  });

  test('limit_except leaves its methods open', () => {
    const { routes } = read(
      site(SERVER, 'location / { limit_except GET POST { deny all; } proxy_pass http://up; }'),
    ).config;
    expect(routes).toMatchObject([
      { match: { methods: ['GET', 'HEAD', 'POST'] }, pool: 'up' },
      { respond: { status: 403 } },
    ]);
  });

  test('a guard of the whole server', () => {
    const { routes } = read(
      site(SERVER, `auth_basic x; ${OPEN} location /health { auth_basic off; proxy_pass http://up; }`),
    ).config;
    expect(routes).toMatchObject([
      { path: '/', respond: { status: 403 } },
      { path: '/health', pool: 'up' },
    ]);
  });

  test('--allow-open leaves open what is guarded, and says so first', () => {
    const text = site(
      SERVER,
      `${OPEN} location /x/ { deny all; proxy_pass http://up; } location /y/ { return 403; }`,
    );
    const { config, report } = read(text, { allowOpen: true });
    expect(config.routes.find(({ path }) => path === '/x/')).toMatchObject({ pool: 'up' });
    expect(report.entries[0]).toMatchObject({ kind: 'open', directive: 'deny all' });
  });

  test.each<[string, string]>([
    ['an expression', 'location ~ /\\.git { deny all; }'],
    ['a blocked user agent', 'if ($http_user_agent ~* bad[0-9]) { return 403; }'],
    ['a referer', 'valid_referers none; if ($invalid_referer) { return 403; }'],
  ])('%s that routes cannot have comes out open: first in the report, exit 3', (_, guard) => {
    const text = site(SERVER, `${guard} ${OPEN}`);
    expect(read(text).report.entries[0]).toMatchObject({ kind: 'open' });
    expect(exit(text)).toBe(3);
  });

  test('an expression that cannot be had below what is closed anyway opens nothing', () => {
    const text = site(SERVER, 'location / { deny all; } location ~ \\.php$ { deny all; }');
    expect(said(text).filter((one) => one.startsWith('open'))).toEqual([]);
  });
});

describe('what is not carried over is reported', () => {
  test.each<[string, string, RegExp]>([
    [
      'a named location',
      'location @x { proxy_pass http://up; }',
      /elsewhere 2 location @x .*only errors lead to it/,
    ],
    [
      'a target with a variable',
      'location /x/ { proxy_pass http://$host; }',
      /elsewhere 2 location \/x\/ .*fixed http.*go to pool up/,
    ],
    [
      'a socket',
      'location /x/ { proxy_pass http://unix:/x.sock; }',
      /elsewhere 2 location \/x\/ .*fixed http/,
    ],
    [
      'files',
      'location /x/ { root /srv; }',
      /elsewhere 2 location \/x\/ .*files are not served here; its requests go to pool up/,
    ],
    [
      'another protocol',
      'location /x/ { fastcgi_pass 127.0.0.1:9; }',
      /elsewhere 2 location \/x\/ .*fastcgi_pass is not spoken/,
    ],
    [
      'an if',
      'location /x/ { if ($foo) { proxy_pass http://other; } proxy_pass http://up; }',
      /elsewhere 2 if \(\$foo\).*cannot ask for \$foo/,
    ],
    [
      'a redirect of the server',
      'return 301 https://$foo/x;',
      /elsewhere 2 server .*not known before a request; its requests get 404/,
    ],
    [
      'Host',
      'location /x/ { proxy_pass http://up; proxy_set_header Host $host; }',
      /changed 2 proxy_set_header Host \$host: .*X-Forwarded-Host/,
    ],
    ['an unknown directive', 'frobnicate yes;', /changed 2 frobnicate yes: .*not known here/],
    ['limits', 'limit_req zone=a;', /cloudflare 2 limit_req zone=a: Rate Limiting Rules: /],
    ['caches', 'expires 1d;', /cloudflare 2 expires 1d: Cache Rules: /],
    ['settings of nginx itself', 'gzip on;', /nothing 2 gzip on: /],
    [
      'a header that cannot be set',
      'location /x/ { proxy_pass http://up; proxy_set_header X-Forwarded-Proto https; }',
      /changed 2 proxy_set_header X-Forwarded-Proto https: /,
    ],
  ])('%s', (_, inside, expected) => {
    expect(said(site(SERVER, `location / { proxy_pass http://up; } ${inside}`)).join('\n')).toMatch(expected);
  });

  test.each<[string, string, RegExp]>([
    [
      'a private server',
      'server 10.0.0.1:80;',
      /unreachable 1 server 10\.0\.0\.1:80: .*must not be a loopback/,
    ],
    [
      'a socket',
      `${SERVER} server unix:/x.sock;`,
      /elsewhere 1 server unix:\/x\.sock: left out: Workers reach/,
    ],
    ['max_conns', 'server b.example.net max_conns=9;', /changed 1 .*max_conns is left out/],
    [
      'a hash of two variables',
      `hash $uri$is_args; ${SERVER}`,
      /changed 1 hash \$uri\$is_args: .*round robin by weight holds/,
    ],
    ['keepalive', `keepalive 9; ${SERVER}`, /nothing 1 keepalive 9/],
    [
      'servers that differ',
      'server b.example.net max_fails=1; server c.example.net max_fails=4;',
      /changed 1 upstream up { … }: max_fails/,
    ],
    [
      'a weight that is none',
      'server b.example.net weight=abc;',
      /changed 1 server b.example.net weight=abc: abc is no number/,
    ],
  ])('in an upstream: %s', (_, upstream, expected) => {
    expect(said(site(upstream)).join('\n')).toMatch(expected);
  });

  test.each(['~ ^/x/', '~ ^/x$', '/x/', '= /x'])(
    'a location %s that is not carried over, where nothing else answers',
    (address) => {
      const text = site(
        SERVER,
        `location /y/ { proxy_pass http://up; } location ${address} { fastcgi_pass h:9; }`,
      );
      expect(said(text).join('\n')).toMatch(
        /elsewhere 2 location .*fastcgi_pass is not spoken here.*get 404/,
      );
      expect(exit(text)).toBe(3);
      expect(read(text).counts.parts).toEqual({ carried: 1, all: 2 });
    },
  );

  test('an upstream that nothing leads to', () => {
    expect(said(`upstream idle { ${SERVER} } ${site(SERVER)}`).join('\n')).toMatch(
      /changed 1 upstream idle .*no route leads to it/,
    );
  });

  test('headers that every backend gets anyway, and Upgrade, are nothing to do', () => {
    const headers = [
      'X-Real-IP $remote_addr',
      'X-Forwarded-For $proxy_add_x_forwarded_for',
      'X-Forwarded-Proto $scheme',
      'Upgrade $http_upgrade',
      'Connection "upgrade"',
      'Proxy ""',
    ];
    const inside = `location / { proxy_pass http://up; ${headers.map((one) => `proxy_set_header ${one};`).join(' ')} }`;
    expect(
      said(site(SERVER, inside)).filter(
        (one) => !one.startsWith('nothing') && !one.includes('nginx sends up'),
      ),
    ).toEqual([]);
  });

  test('a bad value costs its route, not the document', () => {
    const inside = `location / { proxy_pass http://up; } location /${'x'.repeat(3_000)}/ { proxy_pass http://up; }`;
    const text = site(SERVER, inside);
    expect(read(text).config.routes).toHaveLength(1);
    expect(said(text).join('\n')).toMatch(/elsewhere 2 proxy_pass .*left out: path takes at most/);
    expect(exit(text)).toBe(3);
  });
});

test('private addresses head the report, and alone do not make it partly', () => {
  const text = site('server 10.0.0.1;');
  expect(read(text).report.entries[0]).toMatchObject({ kind: 'unreachable' });
  expect(exit(text)).toBe(0);
  const replaced = new Map([['10.0.0.1', 'https://a.example.net']]);
  expect(read(text, { replaced }).config.pools[0]!.backends).toMatchObject([
    { url: 'https://a.example.net' },
  ]);
});

test('the report is in parts, the worst first, and what needs nothing is a number', () => {
  const text = site(
    'server 10.0.0.1;',
    'gzip on; expires 1d; location / { proxy_pass http://up; } location /f/ { root /x; } location ~ \\.git { deny all; } location /g/ { deny all; } location /t { proxy_pass http://up; client_max_body_size 1k; proxy_connect_timeout 3s; }',
  );
  const headings = writeReport(read(text).report.entries)
    .split('\n')
    .filter((line) => /^\S/.test(line))
    .map((line) => line.replace(/[:(,].*/, '').trim());
  expect(headings).toEqual([
    'OPEN NOW',
    'CLOSED',
    'Backends that production cannot reach',
    'Goes elsewhere',
    'Changed',
    'Do this in Cloudflare',
    'Nothing to do',
  ]);
});

test('what was carried over is counted by locations', () => {
  const text = site(
    SERVER,
    'location / { proxy_pass http://up; } location /f/ { root /x; } location /g/ { deny all; }',
  );
  expect(read(text).counts).toEqual({
    parts: { carried: 2, all: 3 },
    pools: { carried: 1, all: 1 },
    hosts: 1,
  });
});

test('3,000 servers and 4,000 locations take seconds', () => {
  const servers = Array.from({ length: 3_000 }, (_, i) => `server s${i}.example.net;`).join('\n');
  const names = Array.from(
    { length: 200 },
    (_, i) =>
      `server { server_name h${i}.test; ${Array.from({ length: 20 }, (_, j) => `location /l${j}/ { proxy_pass http://p${i % 20}.test; }`).join(' ')} }`,
  );
  const startedAt = performance.now();
  expect(
    read(`${names.join('\n')}\nupstream big { ${servers.split('\n').slice(0, 900).join(' ')} }`).config
      .routes,
  ).toHaveLength(8_000);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

describe('limits', () => {
  test('rewrites in a circle end, as nginx ends them', () => {
    const inside =
      'location /a/ { rewrite ^/a/(.*)$ /b/$1 last; } location /b/ { rewrite ^/b/(.*)$ /a/$1 last; } location / { proxy_pass http://up; }';
    expect(said(site(SERVER, inside)).join('\n')).toMatch(
      /elsewhere 2 location \/a\/ .*go round in a circle/,
    );
  });

  test('rewrites that lead to one another add no more than 5,000 paths', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const inside = names.map((name) => `location /${name}/ { rewrite ^/${name}/(.*)$ /$1 last; }`).join(' ');
    const { config, report } = read(site(SERVER, `${inside} location / { proxy_pass http://up; }`));
    expect(config.routes.length).toBeLessThan(5_100);
    expect(report.entries.map(({ message }) => message).join()).toContain('more than 5000 further paths');
  });

  test('more than 64 ways through the conditions of a location are left out', () => {
    const ifs = Array.from({ length: 7 }, (_, i) => `if ($http_x_${i}) { set $v${i} 1; }`).join(' ');
    const text = site(SERVER, `location / { ${ifs} proxy_pass http://up; }`);
    expect(said(text).join('\n')).toMatch(/elsewhere 2 server .*more than 64 ways/);
    expect(exit(text)).toBe(1);
  });

  test('a document beyond the product’s limit is an error that names it', () => {
    const inside = Array.from({ length: 10_001 }, (_, i) => `location = /${i} { proxy_pass http://up; }`);
    expect(() => read(site(SERVER, inside.join(' ')))).toThrow(/routes takes at most 10000/);
  });
});
