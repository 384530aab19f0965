/** Small nginx configurations, requests for them, and where Evenkeel may answer otherwise because the report says so. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: nginx writes its variables so

import type { Case } from './beside.ts';

const server = (inside: string, outside = ''): string =>
  `${outside}\nserver {\n listen {listen};\n server_name {host};\n${inside}\n}`;

export const CASES: readonly Case[] = [
  {
    name: 'prefixes, nested and longest',
    config: server(
      'location / { proxy_pass http://{a}; }\nlocation /b/ { proxy_pass http://{b}; location /b/c/ { proxy_pass http://{c}; } }',
    ),
    requests: [
      'GET /',
      'GET /x?y=1',
      'GET /b',
      'GET /b?x=1',
      'GET /b/',
      'GET /b/x',
      'GET /b/c',
      'GET /b/c/d',
      'POST /b/x || body',
      'HEAD /b/x',
      'GET /bc',
    ],
  },
  {
    name: 'an exact path beside a prefix',
    config: server(
      'location = / { proxy_pass http://{b}; }\nlocation / { proxy_pass http://{a}; }\nlocation = /api { proxy_pass http://{c}; }\nlocation /api/ { proxy_pass http://{d}; }',
    ),
    requests: ['GET /', 'GET /cart', 'GET /api', 'GET /api/', 'GET /api/x', 'GET /?q'],
  },
  {
    name: 'one path with and without its slash',
    config: server(
      'location / { proxy_pass http://{a}; }\nlocation /api { proxy_pass http://{b}; }\nlocation /api/ { proxy_pass http://{c}; }',
    ),
    requests: ['GET /api', 'GET /api/', 'GET /api/x', 'GET /other'],
  },
  {
    name: 'a prefix without a slash at its end',
    config: server('location / { proxy_pass http://{a}; }\nlocation /api { proxy_pass http://{b}; }'),
    requests: ['GET /api', 'GET /api/x', 'GET /apix'],
    differs: { 'GET /apix': /location \/api \{ … \}.*\/apix is not meant/ },
  },
  {
    name: 'modifiers without a space',
    config: server(
      'location / { proxy_pass http://{a}; }\nlocation ^~/static/ { proxy_pass http://{b}; }\nlocation =/health { proxy_pass http://{c}; }\nlocation ~^/static/x { proxy_pass http://{d}; }\nlocation api { proxy_pass http://{d}; }',
    ),
    requests: ['GET /static/x', 'GET /health', 'GET /health/x', 'GET /api'],
  },
  {
    name: 'expressions that are prefixes',
    config: server(
      'location / { proxy_pass http://{a}; }\nlocation /x/longer/ { proxy_pass http://{d}; }\nlocation ~ ^/(x|y)/ { proxy_pass http://{b}; }\nlocation ~ ^/z(/.*)?$ { proxy_pass http://{c}; }',
    ),
    requests: ['GET /x/1', 'GET /y/', 'GET /y', 'GET /x/longer/2', 'GET /z', 'GET /z/1', 'GET /zz'],
  },
  {
    name: 'the first expression that fits, and an exact path before it',
    config: server(
      'location / { proxy_pass http://{a}; }\nlocation ~ ^/a/b/ { proxy_pass http://{b}; }\nlocation ~ ^/a/ { proxy_pass http://{c}; }\nlocation = /a/b/x { proxy_pass http://{d}; }',
    ),
    requests: ['GET /a/b/', 'GET /a/b/x', 'GET /a/b/y', 'GET /a/c', 'GET /a'],
  },
  {
    name: 'an expression that is no prefix',
    config: server(
      'location / { proxy_pass http://{a}; }\nlocation ~ ^/api/[1-9]\\d*/ { proxy_pass http://{b}; }\nlocation ~ \\.php$ { proxy_pass http://{c}; }',
    ),
    requests: ['GET /api/7/store', 'GET /api/x', 'GET /x.php'],
    differs: { 'GET /api/7/store': /\^\/api\/\[1-9\].*go to pool/, 'GET /x.php': /\.php\$.*go to pool/ },
    exit: 3,
  },
  {
    name: 'an expression for the same backend',
    config: server(
      'location / { proxy_pass http://{a}; }\nlocation ~* \\.(js|css)$ { proxy_pass http://{a}; }',
    ),
    requests: ['GET /x.js', 'GET /x'],
  },
  {
    name: 'an expression without case',
    config: server('location / { proxy_pass http://{a}; }\nlocation ~* ^/Api/ { proxy_pass http://{b}; }'),
    requests: ['GET /Api/x', 'GET /API/x'],
    differs: { 'GET /API/x': /other spellings/ },
  },
  {
    name: 'paths put in place',
    config: server(
      `location /a/ { proxy_pass http://{a}/; }\nlocation /b/ { proxy_pass http://{b}/base/; }\nlocation /same/ { proxy_pass http://{c}/same/; }\nlocation / { proxy_pass http://{d}/root/; }`,
    ),
    requests: ['GET /a/x?y=1', 'GET /a/', 'GET /b/x/y', 'GET /b/', 'GET /same/x', 'GET /', 'GET /z?q=1'],
  },
  {
    name: 'paths put in place of exact ones, no slash added',
    config: server(
      'location = /ping { proxy_pass http://{a}/health; }\nlocation = /favicon.ico { proxy_pass http://{a}/static/favicon.ico; }\nlocation /events { proxy_pass http://{b}/events; }\nlocation / { proxy_pass http://{c}; }',
    ),
    requests: ['GET /ping', 'GET /favicon.ico', 'GET /events', 'GET /events/1?x', 'GET /ping/x'],
  },
  {
    name: 'a path put in place whose slash is missing',
    config: server('location /a/ { proxy_pass http://{a}/v1; }\nlocation / { proxy_pass http://{b}; }'),
    requests: ['GET /a/x', 'GET /x'],
    differs: { 'GET /a/x': /joined by one slash/ },
  },
  {
    name: 'rewrite … break in its usual forms',
    config: server(
      'location /shop/ { rewrite ^/shop/(.*)$ /$1 break; proxy_pass http://{a}; }\nlocation /p { rewrite ^/p/?(.*) /$1 break; proxy_pass http://{b}; }\nlocation /q/ { rewrite /q/(.*) /r/$1 break; proxy_pass http://{c}; }\nlocation /s/ { rewrite ^/s(/.*)$ $1 break; proxy_pass http://{d}; }\nlocation / { proxy_pass http://{a}; }',
    ),
    requests: ['GET /shop/cart?x=1', 'GET /shop/', 'GET /p/x', 'GET /p', 'GET /q/x/y', 'GET /s/x', 'GET /s/'],
  },
  {
    name: 'rewrites of a part of a location',
    config: server(
      'location / { rewrite ^/old/(.*)$ /new/$1 break; rewrite ^/one$ /two break; proxy_pass http://{a}; }',
    ),
    requests: ['GET /old/x', 'GET /old', 'GET /one', 'GET /one/x', 'GET /x'],
  },
  {
    name: 'rewrite … last finds another location',
    config: server(
      'rewrite ^/v1/(.*)$ /v2/$1 last;\nlocation /v2/ { proxy_pass http://{b}; }\nlocation /v2/x/ { proxy_pass http://{c}; }\nlocation /v3/ { rewrite ^/v3/(.*)$ /v2/$1 last; }\nlocation / { proxy_pass http://{a}; }',
    ),
    requests: ['GET /v1/a', 'GET /v1/x/a', 'GET /v2/a', 'GET /v3/x/b', 'GET /v3/c', 'GET /'],
  },
  {
    name: 'return: redirects',
    config: server(
      'location /old/ { return 301 https://b.test/new$request_uri; }\nlocation = /login { return 302 /account/login$is_args$args; }\nlocation /to { return 307 http://c.test$request_uri; }\nlocation = /fixed { return 308 https://d.test/x?y=1; }\nlocation / { proxy_pass http://{a}; }',
    ),
    requests: [
      'GET /old/x?y=1',
      'GET /old/',
      'GET /login?z=1',
      'GET /login',
      'GET /to/a/b',
      'GET /fixed',
      'POST /to',
    ],
  },
  {
    name: 'return: a path that drops the query',
    config: server('location = /a { return 301 /b; }\nlocation / { proxy_pass http://{a}; }'),
    requests: ['GET /a', 'GET /a?x=1'],
    differs: { 'GET /a?x=1': /the query is kept/ },
  },
  {
    name: 'rewrite as a redirect',
    config: server(
      'rewrite ^/was/(.*)$ /is/$1 permanent;\nrewrite ^/blog$ https://blog.test/ redirect;\nlocation / { proxy_pass http://{a}; }',
    ),
    requests: ['GET /was/x?y=1', 'GET /was/', 'GET /blog', 'GET /blog/x'],
  },
  {
    name: 'return: fixed answers',
    config: server(
      'location = /robots.txt { return 200 "User-agent: *"; }\nlocation /health { default_type application/json; return 200 \'{"ok":true}\'; }\nlocation /gone/ { return 410; }\nlocation = /empty { return 204; }\nlocation / { proxy_pass http://{a}; }',
    ),
    requests: [
      'GET /robots.txt',
      'GET /health',
      'HEAD /health',
      'GET /health/x',
      'GET /gone/x',
      'GET /empty',
      'GET /gone',
    ],
    hear: ['content-type'],
    differs: { 'GET /gone/x': /answers 410/ },
    exit: 0,
  },
  {
    name: 'a server that answers by itself wins over its locations',
    config: server('return 301 https://b.test$request_uri;\nlocation / { proxy_pass http://{a}; }'),
    requests: ['GET /', 'GET /x?y=1'],
  },
  {
    name: 'refusals stay refusals',
    config: server(
      'location /private/ { deny all; }\nlocation /internal/ { return 403; }\nlocation /callback { return 404; }\nlocation /protected/ { internal; proxy_pass http://{b}; }\nlocation / { proxy_pass http://{a}; }',
    ),
    requests: [
      'GET /private/x',
      'GET /internal/',
      'GET /internal/x',
      'GET /callback',
      'GET /callback/x',
      'GET /protected/x',
      'GET /x',
    ],
  },
  {
    name: 'guards close: addresses, passwords',
    config: server(
      'location /admin/ { allow 10.0.0.0/8; deny all; proxy_pass http://{a}; }\nlocation /secret/ { auth_basic "x"; auth_basic_user_file /dev/null; proxy_pass http://{a}; }\nlocation / { proxy_pass http://{a}; }',
    ),
    requests: ['GET /admin/x', 'GET /secret/x', 'GET /x', 'GET /admin'],
    differs: { 'GET /secret/x': /auth_basic.*401/ },
    exit: 3,
  },
  {
    name: 'a guard of the server holds in its locations, unless they lift it',
    config: server(
      'deny all;\nlocation / { proxy_pass http://{a}; }\nlocation /open/ { allow all; proxy_pass http://{b}; }',
    ),
    requests: ['GET /', 'GET /open/x'],
  },
  {
    name: 'limit_except',
    config: server('location / { limit_except GET { deny all; } proxy_pass http://{a}; }'),
    requests: ['GET /', 'HEAD /x', 'POST /x', 'DELETE /x', 'OPTIONS /'],
  },
  {
    name: 'a refusal by expression is reported as open',
    config: server(
      'location / { proxy_pass http://{a}; }\nlocation ~ /\\.git { deny all; }\nlocation ~ ^/\\.env { return 404; }',
    ),
    requests: ['GET /.git/config', 'GET /.env', 'GET /x'],
    differs: { 'GET /.git/config': /OPEN NOW[\s\S]*\.git/ },
    exit: 3,
  },
  {
    name: 'a refusal without a slash at its end',
    config: server('location / { proxy_pass http://{a}; }\nlocation /private { deny all; }'),
    requests: ['GET /private', 'GET /private/x', 'GET /privatex'],
    differs: { 'GET /privatex': /OPEN NOW[\s\S]*\/privatex/ },
    exit: 0,
  },
  {
    name: 'if on the method',
    config: server(
      'if ($request_method !~ ^(GET|HEAD|POST)$) { return 405; }\nlocation / { if ($request_method = POST) { return 403; } proxy_pass http://{a}; }',
    ),
    requests: ['GET /', 'HEAD /', 'POST /', 'PUT /', 'DELETE /x'],
    differs: {},
  },
  {
    name: 'preflights answered by the proxy',
    config: server(
      "location / { if ($request_method = 'OPTIONS') { add_header Access-Control-Allow-Origin *; return 204; } proxy_pass http://{a}; }",
    ),
    requests: ['OPTIONS /x', 'GET /x'],
    hear: ['access-control-allow-origin'],
  },
  {
    name: 'if on a header, a cookie, a parameter',
    config: server(
      'location / { if ($http_x_beta = "1") { return 403; } if ($cookie_beta ~ ^v2) { proxy_pass http://{b}; } if ($arg_old) { return 410; } proxy_pass http://{a}; }',
    ),
    requests: [
      'GET /',
      'GET / | x-beta: 1',
      'GET / | x-beta: 2',
      'GET / | cookie: beta=v2.1',
      'GET / | cookie: beta=v1',
      'GET /?old=yes',
      'GET /?old=yes | x-beta: 1',
      'GET /?old=yes | cookie: beta=v2',
    ],
  },
  {
    name: 'a pool chosen by a variable',
    config: server(
      'set $pool {a};\nif ($cookie_canary = "yes") { set $pool {b}; }\nlocation / { proxy_pass http://$pool; }',
    ),
    requests: ['GET /x', 'GET /x | cookie: canary=yes', 'GET /x | cookie: canary=no'],
  },
  {
    name: 'a map of a header to a backend',
    config: server(
      'location / { proxy_pass http://$target; }',
      'map $http_x_tenant $target { default {a}; blue {b}; ~^green- {c}; }',
    ),
    requests: [
      'GET /',
      'GET / | x-tenant: blue',
      'GET / | x-tenant: green-7',
      'GET / | x-tenant: red',
      'GET / | x-tenant: BLUE',
    ],
    differs: { 'GET / | x-tenant: BLUE': /with their case/ },
    exit: 0,
  },
  {
    name: 'a map of the host, and one of the method',
    config: server(
      'location / { proxy_pass http://$by_host; }\nlocation /m/ { proxy_pass http://$by_method; }',
      'map $host $by_host { default {a}; {host} {b}; }\nmap $request_method $by_method { default {c}; POST {d}; }',
    ),
    requests: ['GET /', 'GET /m/', 'POST /m/x'],
  },
  {
    name: 'constants in proxy_pass',
    config: server(
      'set $up http://{a};\nset $port {b};\nlocation / { proxy_pass $up; }\nlocation /b/ { proxy_pass http://$port; }\nlocation /c/ { proxy_pass http://{c}$request_uri; }\nlocation /d/ { proxy_pass http://{d}$uri$is_args$args; }',
    ),
    requests: ['GET /x?y=1', 'GET /b/x?y=1', 'GET /c/x?y=1', 'GET /d/x?y=1'],
  },
  {
    name: 'try_files with a named location',
    config: server(
      'root /nonexistent;\nlocation / { try_files $uri @app; }\nlocation @app { proxy_pass http://{a}; }\nlocation /spa/ { try_files $uri $uri/ /b/; }\nlocation /b/ { proxy_pass http://{b}; }',
    ),
    requests: ['GET /', 'GET /x?y=1', 'POST /x || z', 'GET /b/x'],
    exit: 3,
  },
  {
    name: 'error pages that go on',
    config: server(
      'root /nonexistent;\nerror_page 418 = @git;\nlocation /g/ { return 418; }\nlocation @git { proxy_pass http://{b}; }\nlocation / { error_page 404 = @app; }\nlocation @app { proxy_pass http://{a}; }',
    ),
    requests: ['GET /g/x', 'GET /x'],
    exit: 3,
  },
  {
    name: 'files go elsewhere',
    config: server('location / { proxy_pass http://{a}; }\nlocation /static/ { root /nonexistent; }'),
    requests: ['GET /x', 'GET /static/x.js'],
    differs: { 'GET /static/x.js': /elsewhere[\s\S]*location \/static\/.*go to pool/ },
    exit: 3,
  },
  {
    name: 'headers for backends',
    config: server(
      'proxy_set_header X-A server;\nlocation / { proxy_pass http://{a}; proxy_set_header X-B "two words"; proxy_set_header Accept-Language ""; }\nlocation /s/ { proxy_pass http://{a}; }\nlocation /h/ { set $me here; proxy_set_header X-C $me; proxy_set_header X-D $http_x_d; proxy_pass http://{a}; }',
    ),
    requests: ['GET / | accept-language: de', 'GET /s/ | x-a: mine', 'GET /h/ | x-c: mine | x-d: d'],
    see: ['x-a', 'x-b', 'x-c', 'x-d', 'accept-language'],
  },
  {
    name: 'a header whose value is not known is not the client’s either',
    config: server(
      'location / { proxy_pass http://{a}; proxy_set_header X-User $remote_user; proxy_set_header X-Port $remote_port; }',
    ),
    requests: ['GET / | x-user: root', 'GET / | x-port: 1'],
    see: ['x-user', 'x-port'],
    differs: { 'GET / | x-user: root': /do not get X-Port/, 'GET / | x-port: 1': /do not get X-Port/ },
  },
  {
    name: 'headers for clients',
    config: server(
      'add_header X-Frame-Options DENY always;\nlocation / { proxy_pass http://{a}; proxy_hide_header X-Secret; }\nlocation /own/ { add_header X-Own 1 always; proxy_pass http://{a}; }\nlocation /r { add_header X-Fixed 1 always; return 200 ok; }',
    ),
    requests: ['GET /', 'GET /own/x', 'GET /r', 'GET /status/404'],
    hear: ['x-frame-options', 'x-own', 'x-secret', 'x-fixed'],
  },
  {
    name: 'a header on fixed answers',
    config: server(
      'add_header X-Some 1;\nlocation / { return 200 ok; }\nlocation /gone { return 410; }\nlocation /made { return 201 x; }',
    ),
    requests: ['GET /', 'GET /gone', 'GET /made'],
    hear: ['x-some'],
  },
  {
    name: 'a header that is not always added',
    config: server('location / { add_header X-Some 1; proxy_pass http://{a}; }'),
    requests: ['GET /', 'GET /status/404'],
    hear: ['x-some'],
    differs: { 'GET /status/404': /also on error responses/ },
  },
  {
    name: 'sizes of bodies: 1 MB by default, another one, none',
    config: server(
      'location / { proxy_pass http://{a}; }\nlocation /small/ { client_max_body_size 1k; proxy_pass http://{a}; }\nlocation /any/ { client_max_body_size 0; proxy_pass http://{a}; }',
    ),
    requests: [
      'POST / || 1000000',
      'POST / || 1048577',
      'POST /small/ || 1024',
      'POST /small/ || 1025',
      'POST /any/ || 1048577',
    ],
  },
  {
    name: 'redirects of backends',
    config: server(
      'location /app/ { proxy_pass http://{a}/; }\nlocation /off/ { proxy_pass http://{a}; proxy_redirect off; }\nlocation / { proxy_pass http://{a}; }',
    ),
    requests: [
      'GET /app/to-own/login',
      'GET /off/to-own/login',
      'GET /to-own/login',
      'GET /to-other',
      'GET /app/to-path',
    ],
  },
  {
    name: 'weights, in nginx’s order',
    config: server(
      'location / { proxy_pass http://up; }',
      'upstream up { server {a} weight=3; server {b}; server {c} down; server {d} backup; }',
    ),
    requests: ['GET /1', 'GET /2', 'GET /3', 'GET /4', 'GET /5', 'GET /6', 'GET /7', 'GET /8'],
  },
  {
    name: 'weights beyond the limit of a pool',
    config: server(
      'location / { proxy_pass http://up; }',
      'upstream up { server {a} weight=2000; server {b} weight=1000; }',
    ),
    requests: ['GET /1', 'GET /2', 'GET /3', 'GET /4', 'GET /5', 'GET /6'],
  },
  {
    name: 'an upstream by another case, and a scheme in capitals',
    config: server(
      'location / { proxy_pass http://backend_pool; }\nlocation /c/ { proxy_pass HTTP://{c}; }',
      'upstream Backend_Pool { server {a} weight=3; server {b}; }',
    ),
    requests: ['GET /1', 'GET /2', 'GET /3', 'GET /4', 'GET /c/1'],
  },
  {
    name: 'a server that refuses is passed over',
    config: server('location / { proxy_pass http://up; }', 'upstream up { server {dead}; server {a}; }'),
    requests: ['GET /1', 'GET /2', 'GET /3', 'GET /4', 'GET /5'],
  },
  {
    name: 'a POST that a server refuses',
    config: server('location / { proxy_pass http://up; }', 'upstream up { server {dead}; server {a}; }'),
    requests: ['POST /1', 'POST /2', 'GET /3'],
    differs: { 'POST /1': /a POST or PATCH that one server refuses/ },
    exit: 0,
  },
  {
    name: 'by default no status makes nginx go on',
    config: server('location / { proxy_pass http://up; }', 'upstream up { server {a}; server {b}; }'),
    requests: [
      'GET /status/503',
      'GET /status/503',
      'GET /status/503',
      'GET /status/500',
      'GET /x',
      'GET /y',
    ],
  },
  {
    name: 'statuses that make nginx go on',
    config: server(
      'location / { proxy_pass http://up; proxy_next_upstream error timeout http_503 http_404; }',
      'upstream up { server {a} max_fails=0; server {b} max_fails=0; }',
    ),
    requests: [
      'GET /only-b/503',
      'GET /only-b/404',
      'GET /only-b/500',
      'POST /only-b/503',
      'GET /only-b/503',
    ],
    differs: {},
  },
  {
    name: 'proxy_next_upstream off',
    config: server(
      'location / { proxy_pass http://up; proxy_next_upstream off; }',
      'upstream up { server {a} max_fails=0; server {b} max_fails=0; }',
    ),
    requests: ['GET /only-b/503', 'GET /only-b/503', 'GET /only-b/503'],
  },
  {
    name: 'a mirror',
    config: server(
      'location / { mirror /mirror; proxy_pass http://{a}; }\nlocation = /mirror { internal; proxy_pass http://{b}$request_uri; }',
    ),
    requests: ['GET /x?y=1', 'GET /mirror', 'POST /x || z'],
    copies: 2,
  },
  {
    name: 'paths that a request escapes',
    config: server(
      'location /thé/ { proxy_pass http://{b}; }\nlocation "/a b/" { proxy_pass http://{c}; }\nlocation / { proxy_pass http://{a}; }',
    ),
    requests: ['GET /th%C3%A9/x', 'GET /a%20b/x', 'GET /%61dmin', 'GET /x%2Fy'],
  },
  {
    name: 'several names, a wildcard',
    config:
      'server { listen {listen}; server_name {host} *.{host} .other-{host}; location / { proxy_pass http://{a}; } }\nserver { listen {listen}; server_name www.{host}; location / { proxy_pass http://{b}; } }',
    requests: [
      'GET / | host: {host}',
      'GET / | host: www.{host}',
      'GET / | host: x.{host}',
      'GET / | host: other-{host}',
      'GET / | host: y.other-{host}',
    ],
  },
  {
    name: 'a name that only redirects',
    config:
      'server { listen {listen}; server_name {host}; location / { proxy_pass http://{a}; } }\nserver { listen {listen}; server_name www.{host}; return 301 http://{host}$request_uri; }',
    requests: ['GET /x | host: {host}', 'GET /x?y=1 | host: www.{host}'],
  },
  {
    name: 'a method that a map refuses, and a blocked list of addresses',
    config: server(
      'if ($refused) { return 403; }\nlocation / { proxy_pass http://{a}; }',
      'map $request_method $refused { default 0; TRACE 1; DELETE 1; }',
    ),
    requests: ['GET /', 'DELETE /', 'POST /'],
  },
  {
    name: 'a guard by an unknown variable closes',
    config: server(
      'location /in/ { if ($remote_addr != 10.1.2.3) { return 403; } proxy_pass http://{a}; }\nlocation / { if ($http_user_agent ~* "bad[0-9]bot") { return 403; } proxy_pass http://{a}; }',
    ),
    requests: ['GET /in/x', 'GET / | user-agent: Bad1Bot', 'GET /'],
    differs: { 'GET / | user-agent: Bad1Bot': /OPEN NOW[\s\S]*user_agent/ },
    exit: 3,
  },
  {
    name: 'nginx merges slashes, routes do not',
    config: server('location /a/ { deny all; }\nlocation / { proxy_pass http://{b}; }'),
    requests: ['GET /a/x', 'GET //a/x'],
    differs: { 'GET //a/x': /URL Normalization/ },
    exit: 0,
  },
];
