/** Each small configuration is served by a real HAProxy and by its imported document; whatever differs, the report says. */
import { convertHaproxy } from '../../../scripts/import/haproxy/convert.ts';
import { parseHaproxy } from '../../../scripts/import/haproxy/parse.ts';
import { type Case, compare } from './beside.ts';

const BACKENDS = ['a', 'b', 'c', 'd'].map((name) => `backend ${name}\n server s {${name}}`).join('\n');
/** A frontend with these rules; what no rule takes goes to `a`. */
const front = (...rules: string[]): string =>
  ['frontend f', ' bind {listen}', ...rules.map((rule) => ` ${rule}`), ' default_backend a', BACKENDS].join(
    '\n',
  );
/** One backend with these lines. */
const back = (...lines: string[]): string =>
  [
    'frontend f',
    ' bind {listen}',
    ' default_backend w',
    'backend w',
    ...lines.map((line) => ` ${line}`),
  ].join('\n');

const CASES: readonly Case[] = [
  {
    name: 'paths: prefixes, exact ones, the first rule that fits',
    config: front(
      'use_backend b if { path_beg /b/ }',
      'use_backend c if { path /c /d }',
      'use_backend d if { path_beg /b/x/ }',
    ),
    requests: ['GET /', 'GET /b', 'GET /b/', 'GET /b/x/1', 'GET /c', 'GET /c/x', 'GET /d?x=1'],
  },
  {
    name: 'a prefix without a slash at its end',
    config: front('use_backend b if { path_beg /api }'),
    requests: ['GET /api', 'GET /api/x', 'GET /apix'],
    differs: { 'GET /apix': /\/apix is not meant/ },
  },
  {
    name: 'named ACLs: several lines are alternatives, a list holds as a whole',
    config: front(
      'acl v2 hdr(x-v) 2',
      'acl v2 req.cook(v) 2',
      'acl post method POST',
      'use_backend b if v2 !post',
      'use_backend c if post',
    ),
    requests: [
      'GET /',
      'GET / | x-v: 2',
      'GET / | cookie: v=2',
      'POST / | x-v: 2',
      'POST /',
      'GET / | x-v: 3',
    ],
  },
  {
    name: 'parameters, presence, beginnings',
    config: front(
      'use_backend b if { url_param(v) 2 }',
      'use_backend c if { hdr(x-c) -m found }',
      'use_backend d if { hdr(x-d) -m beg v }',
    ),
    requests: [
      'GET /?v=2',
      'GET /?v=3',
      'GET / | x-c: 1',
      'GET / | x-d: v9',
      'GET / | x-d: w',
      'GET /?v=2 | x-c: 1',
    ],
  },
  {
    name: 'hosts',
    config: front(
      'use_backend b if { hdr(host) -i b-{host} }',
      'use_backend c if { hdr_end(host) .c-{host} }',
    ),
    requests: ['GET /', 'GET / | host: b-{host}', 'GET / | host: x.c-{host}'],
  },
  {
    name: 'redirects',
    config: front(
      'http-request redirect location https://b.test/ code 301 if { path /old }',
      'redirect prefix https://c.test code 308 if { path_beg /to/ }',
    ),
    requests: ['GET /old', 'GET /to/x?y=1', 'GET /x'],
  },
  {
    name: 'fixed answers and refusals',
    config: front(
      'http-request return status 200 content-type text/plain string "fine" if { path /health }',
      'http-request deny deny_status 404 if { path_beg /gone/ }',
      'http-request deny if { path_beg /no/ } !{ src 10.0.0.0/8 }',
    ),
    requests: ['GET /health', 'GET /gone/x', 'GET /no/x', 'GET /x'],
    hear: [],
  },
  {
    name: 'a block list comes out open',
    config: front('http-request deny if { hdr_sub(user-agent) evil }'),
    requests: ['GET /', 'GET / | user-agent: evil1'],
    differs: { 'GET / | user-agent: evil1': /OPEN NOW[\s\S]*user-agent/ },
    exit: 3,
  },
  {
    name: 'headers and paths',
    config: front(
      'http-request set-header X-A new',
      'http-request del-header X-B',
      'http-response set-header X-C out',
      'http-response del-header X-Secret',
      'http-request replace-path ^/api/(.*) /v2/\\1',
    ),
    requests: ['GET / | x-a: old | x-b: 1', 'GET /api/x?y=1', 'GET /api'],
    see: ['x-a', 'x-b'],
    hear: ['x-c', 'x-secret'],
  },
  {
    name: 'rules of a backend',
    config: `${front('use_backend e if { path_beg /e/ }')}\nbackend e\n http-request set-path /fixed%[path]\n http-request set-header X-E 1\n server s {b}`,
    requests: ['GET /e/x', 'GET /'],
    see: ['x-e'],
  },
  {
    name: 'weights, a backup, a disabled server',
    config: back(
      'server a {a} weight 1',
      'server b {b} weight 1',
      'server c {c} backup',
      'server d {d} disabled',
    ),
    requests: ['GET /1', 'GET /2', 'GET /3', 'GET /4'],
  },
  {
    name: 'statuses of backends pass',
    config: back('server a {a}'),
    requests: ['GET /status/503', 'GET /status/404', 'GET /to-own/x', 'GET /status/500'],
  },
  {
    name: 'a refused connection without redispatch',
    config: back('retries 0', 'server a {dead}'),
    requests: ['GET /'],
    differs: { 'GET /': /HAProxy answers 503 itself when a server cannot be reached/ },
  },
];

compare(
  {
    name: 'HAProxy',
    programs: ['haproxy', '/usr/sbin/haproxy'],
    bring: 'apt-get install haproxy',
    convert: (text, host) =>
      convertHaproxy(parseHaproxy(`defaults\n mode http\n timeout server 5s\n${text}`, 'haproxy.cfg'), {
        hosts: new Map([['', host]]),
        allowOpen: false,
        replaced: new Map(),
      }),
    run(config, { file }) {
      const [bind] = /^ bind .*$/m.exec(config)!;
      const ready = `${bind}\n http-request return status 204 if { path /ready }`;
      const text = `global\n maxconn 200\ndefaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 1s\n${config.replace(bind, ready)}\n`;
      return { text, args: ['-db', '-f', file] };
    },
  },
  CASES,
);
