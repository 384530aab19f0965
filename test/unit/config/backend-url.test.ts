/** Every way to write an address that a backend must not have: the URL is read as the runtime will read it. */
import { expect, test } from 'vitest';
import { backendUrlProblem } from '../../../worker/config/backend-url.ts';

const strict = { allowPrivate: false, adminHosts: new Set(['lb-admin.example.com']) };

test.each<[string, string[]]>([
  ['decimal', ['http://2130706433', 'http://2852039166', 'http://167772161']],
  ['octal', ['http://0177.0.0.1', 'http://0251.0376.0251.0376', 'http://0177.1']],
  ['hexadecimal', ['http://0x7f.1', 'http://0xa9fea9fe', 'http://0xa9.0xfe.0xa9.0xfe']],
  ['short', ['http://127.1', 'http://10.1', 'http://0', 'http://169.254.43518']],
  [
    'a trailing dot',
    ['http://127.0.0.1.', 'http://localhost.', 'http://169.254.169.254.', 'http://2130706433.'],
  ],
  [
    'more dots',
    ['http://localhost..', 'http://127.0.0.1..', 'http://a..example.net', 'http://.example.net', 'http://..'],
  ],
  ['upper case', ['http://LOCALHOST', 'http://LocalHost.', 'http://METADATA.GOOGLE.INTERNAL']],
  ['percent signs', ['http://%6cocalhost', 'http://%31%32%37.0.0.1', 'http://127%2e0%2e0%2e1']],
  [
    'wide letters',
    ['http://１２７.０.０.１', 'http://ｌocalhost', 'http://127。0。0。1', 'http://①②⑦.0.0.1'],
  ],
  [
    'IPv6',
    [
      'http://[::1]',
      'http://[::]',
      'http://[fe80::1]',
      'http://[fd00:ec2::254]',
      'http://[fec0::1]',
      'http://[0:0:0:0:0:0:0:1]',
    ],
  ],
  [
    'IPv4 in IPv6',
    [
      'http://[::ffff:127.0.0.1]',
      'http://[::ffff:a9fe:a9fe]',
      'http://[::127.0.0.1]',
      'http://[64:ff9b::a9fe:a9fe]',
      'http://[2002:7f00:1::]',
      'http://[::ffff:0:7f00:1]',
    ],
  ],
  [
    'names for oneself or the machine next door',
    [
      'http://localhost',
      'http://x.localhost',
      'http://metadata',
      'http://metadata.google.internal',
      'http://instance-data',
      'http://nas.local',
      'http://router.home.arpa',
    ],
  ],
  ['addresses at all', ['http://192.0.2.1', 'http://8.8.8.8', 'http://[2001:4860:4860::8888]']],
  [
    'the admin host',
    [
      'https://lb-admin.example.com',
      'https://LB-Admin.Example.com',
      'https://lb-admin.example.com.',
      'https://lb-admin.example.com:8443/x',
    ],
  ],
  [
    'another scheme or shape',
    [
      'ftp://a.example.net',
      'file:///etc/passwd',
      'https:a.example.net',
      'https:/\\a.example.net',
      '//a.example.net',
      'https://u:p@a.example.net',
      'https://a.example.net@127.0.0.1',
      'data:,x',
    ],
  ],
])('%s', (_, urls) => {
  for (const url of urls) expect([url, backendUrlProblem(url, strict)]).toEqual([url, expect.any(String)]);
});

test.each([
  'https://a.example.net',
  'http://a.example.net:8080/base',
  'https://xn--bcher-kva.example',
  'https://a.example.net.',
  'https://10.example.net',
  'https://localhost.example.net',
])('%s is a backend', (url) => {
  expect(backendUrlProblem(url, strict)).toBeNull();
});
