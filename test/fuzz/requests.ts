/** Requests such as no browser sends: bytes made of a seed for a raw socket. No I/O. */
import type { Random } from '../support/random.ts';

/** What a generated request must never reach. */
export interface Forbidden {
  /** `host:port` of a listener that is no backend. */
  readonly canary: string;
  /** A name that serves the dashboard. */
  readonly admin: string;
}

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH'];
const ODD_METHODS = ['TRACE', 'CONNECT', 'FOO', 'get', 'G\u0000T', '', 'GET'.repeat(100), 'G T', 'PRI'];
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/1.1 ',
  '',
  'HTP',
];

/** One request as bytes (latin1). A `tame` one is well formed but for its target, Host or one header. */
export function makeRequest(random: Random, forbidden: Forbidden): string {
  const isTame = random.next() < 0.6;
  const odd = (chance: number) => !isTame && random.next() < chance;
  const method = odd(0.2) ? random.pick(ODD_METHODS) : random.pick(METHODS);
  const target = random.next() < 0.5 ? '/' : random.pick(targets(forbidden, random));
  const version = odd(0.15) ? random.pick(VERSIONS) : 'HTTP/1.1';
  const host = random.next() < 0.6 ? 'fuzz.test' : random.pick(hosts(forbidden));
  const lines = [`Host: ${host}`];
  if (odd(0.08)) lines.pop();
  if (odd(0.08)) lines.push(`Host: ${random.pick(hosts(forbidden))}`);
  const headers = headersFor(forbidden, random);
  for (let n = random.int(0, isTame ? 1 : 4); n > 0; n--) lines.push(random.pick(headers));
  const hasBody = method === 'POST' || method === 'PUT' || odd(0.15);
  const [framing, body] = hasBody ? makeBody(random, odd(0.5)) : [[], ''];
  lines.push(...framing);
  const end = odd(0.06) ? random.pick(['\n', '\r', '\r\n\r\n', ' \r\n']) : '\r\n';
  return [`${method} ${target} ${version}`, ...random.shuffle(lines), '', body].join(end);
}

function targets({ canary, admin }: Forbidden, random: Random): string[] {
  return [
    `//${canary}/x`,
    `/\\${canary}`,
    `http://${canary}/x`,
    `https://${canary}/`,
    `http://fuzz.test/absolute?x=1`,
    `http://fuzz.test@${canary}/`,
    `http://${admin}/api/health`,
    '/api/health',
    '/api/config',
    `/%2f%2f${canary}`,
    `/..//${canary}/`,
    `/../../${canary}`,
    `/.%2e/.%2e/`,
    `/@${canary}`,
    `@${canary}/`,
    `:80@${canary}/`,
    `.${canary}/`,
    `?x=http://${canary}`,
    '*',
    '',
    canary,
    '/;@:?#[]',
    '/%00%0d%0a',
    '/%',
    '/a b c',
    '/\u00e4\u00ff\u0080',
    '/\t',
    '/#fragment',
    '/?a=1?b=2#c',
    '/\\..\\..\\x',
    `/${'a'.repeat(random.int(1, 20_000))}`,
    `/${'/'.repeat(random.int(1, 5_000))}`,
    `/?${'q=1&'.repeat(random.int(1, 2_000))}`,
    'ftp://fuzz.test/',
    'javascript:alert(1)',
    'http://',
    'http:///x',
    `///${canary}`,
  ];
}

function hosts({ canary, admin }: Forbidden): string[] {
  return [
    'FUZZ.test',
    'fuzz.test.',
    'fuzz.test:80',
    'fuzz.test:',
    'fuzz.test:99999',
    'a.b.fuzz.test',
    'unknown.test',
    canary,
    `fuzz.test@${canary}`,
    `${canary}@fuzz.test`,
    `fuzz.test/${canary}`,
    `fuzz.test\\@${canary}`,
    `fuzz.test#@${canary}`,
    `fuzz.test?@${canary}`,
    `fuzz.test, ${canary}`,
    `fuzz.test ${canary}`,
    `fuzz.test@${admin}`,
    '',
    '.',
    '..fuzz.test',
    '[::1',
    '[::ffff:7f00:2]',
    '0x7f000002',
    '2130706434',
    '%66uzz.test',
    'f\u00fczz.test',
    'xn--',
    `${'x'.repeat(300)}.fuzz.test`,
    `${'a.'.repeat(2_000)}fuzz.test`,
    'fuzz.test\t',
    'fuzz.test\u0000',
  ];
}

function headersFor({ canary, admin }: Forbidden, random: Random): string[] {
  return [
    `X-Forwarded-Host: ${admin}`,
    `X-Forwarded-For: ${canary}`,
    'X-Forwarded-Proto: javascript',
    'X-Forwarded-Proto: https',
    `Forwarded: host=${admin};proto=https;for="${canary}"`,
    `X-Original-URL: /api/config`,
    `X-Rewrite-URL: http://${canary}/`,
    `X-HTTP-Method-Override: DELETE`,
    'CF-Connecting-IP: not an address',
    'CF-Worker: x',
    'Via: 1.1 other, 1.0 another',
    `X-Evenkeel-Loop: ${','.repeat(500)}`,
    'Connection: close',
    'Connection: keep-alive, X-Request-Id, Host, Via, Content-Length',
    `Connection: ${'a,'.repeat(400)}`,
    'Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Connection: Upgrade\r\nUpgrade: websocket',
    'Upgrade: WebSocket, h2c',
    'Sec-WebSocket-Key: x',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic eDp5',
    'Authorization: Bearer x',
    'Expect: 100-continue',
    'Expect: a miracle',
    'TE: trailers',
    'Trailer: Host',
    'Range: bytes=0-,1-,2-,3-',
    'Accept-Encoding: identity;q=0, *;q=0',
    'If-Match: "',
    `Cookie: X-Backend-Id=${random.pick(['..', 'a.b.c', '0.0.'.repeat(20), '%00', '"x"', 'a.b.~'.repeat(90)])}`,
    `Cookie: a=1, X-Backend-Id=${'x'.repeat(random.int(0, 50))}, ${'b, '.repeat(random.int(1, 900))}c=2`,
    `Cookie: ${'a=b; '.repeat(random.int(1, 1_500))}`,
    `X-Request-Id: ${random.pick(['<script>', 'a'.repeat(500), 'ok-1', '\u00ff', ''])}`,
    `X-Large: ${'x'.repeat(random.int(1, 60_000))}`,
    'X Space: 1',
    'NoColon',
    ': no name',
    ' folded: line',
    'X-Nul: a\u0000b',
    'X-High: \u00ff\u00fe',
    'X-Cr: a\rb',
    'Transfer-Encoding : chunked',
  ];
}

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: fuzz.test\r\n\r\n';

/** Framing headers and the body that goes with them; an odd one contradicts itself. */
function makeBody(random: Random, odd: boolean): [string[], string] {
  const text = random.pick(['x=1', SMUGGLED, 'a'.repeat(random.int(0, 70_000)), '']);
  const chunk = (part: string) => `${part.length.toString(16)}\r\n${part}\r\n`;
  const chunked = `${chunk(text || 'y')}0\r\n\r\n`;
  if (!odd)
    return random.next() < 0.5
      ? [[`Content-Length: ${text.length}`], text]
      : [['Transfer-Encoding: chunked'], chunked];
  return random.pick<[string[], string]>([
    [[`Content-Length: ${text.length}`, `Content-Length: ${text.length + 1}`], text],
    [[`Content-Length: ${text.length}, ${text.length}`], text],
    [[`Content-Length: ${text.length}`, 'Transfer-Encoding: chunked'], chunked],
    [['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunked],
    [['Transfer-Encoding: chunked, chunked'], chunked],
    [['Transfer-Encoding: xchunked'], chunked],
    [['Transfer-Encoding:\tchunked'], chunked],
    [['Transfer-Encoding: gzip'], text],
    [['Content-Length: -1'], text],
    [['Content-Length: +3'], 'x=1'],
    [['Content-Length: 0x3'], 'x=1'],
    [['Content-Length: 99999999999999999999999'], text],
    [['Content-Length: '], text],
    [['Content-Length: 100000'], text],
    [['Transfer-Encoding: chunked'], `zz\r\n${text}`],
    [['Transfer-Encoding: chunked'], `ffffffffffffffff\r\n${text}`],
    [['Transfer-Encoding: chunked'], `3;ext="\r\n"\r\nx=1\r\n0\r\n\r\n`],
    [['Transfer-Encoding: chunked'], `3\nx=1\n0\n\n`],
    [['Transfer-Encoding: chunked'], `3\r\nx=1XX0\r\n\r\n${SMUGGLED}`],
    [['Transfer-Encoding: chunked'], `0\r\nX-Trailer: 1\r\nHost: evil\r\n\r\n`],
  ]);
}
