/** The command: where it reads, what it prints, and its exit status. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const UP = 'upstream up { server b.example.net; }\n';
const SITE = 'server { server_name a.test; location / { proxy_pass http://up; } }\n';

/** Runs the command on files of its own; `{dir}` in the arguments is their folder. */
function run(files: Record<string, string>, args: readonly string[], input?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const script = new URL('../../../../scripts/import.ts', import.meta.url).pathname;
  const filled = args.map((arg) => arg.replace('{dir}', folder));
  return spawnSync(process.execPath, [script, ...filled], { cwd: folder, encoding: 'utf8', input });
}

test('includes are followed beside the file, named with their folders, and the document alone is on standard output', () => {
  const { stdout, stderr, status } = run(
    {
      'nginx.conf': 'user x;\nhttp {\n include conf.d/*/*.conf;\n include none/*.conf;\n}\n',
      'conf.d/x/app.conf': UP,
      'conf.d/y/app.conf': `\n${SITE.replace('location', 'frobnicate on;\n location')}`,
    },
    ['nginx.conf'],
  );
  expect(JSON.parse(stdout)).toMatchObject({
    pools: [{ id: 'up' }],
    routes: [{ host: 'a.test', pool: 'up' }],
  });
  expect(stderr).toMatch(/nginx\.conf:4: include none\/\*\.conf — no file fits/);
  expect(stderr).toMatch(/conf\.d\/y\/app\.conf:2: frobnicate on — /);
  expect(stderr.trim().split('\n').at(-1)).toBe('1 of 1 location carried over, 1 of 1 upstream, 1 host');
  expect(status).toBe(3);
});

test('absolute includes are looked up below --root, and without it are not read', () => {
  const files = {
    'nginx.conf': 'http { include /etc/nginx/conf.d/*.conf; }',
    'copy/etc/nginx/conf.d/a.conf': UP + SITE,
    'flat/conf.d/a.conf': UP + SITE,
  };
  expect(run(files, ['--root', '{dir}/copy', 'nginx.conf']).status).toBe(0);
  expect(run(files, ['--root', '{dir}/flat', 'nginx.conf']).status).toBe(0);
  const without = run(files, ['nginx.conf']);
  expect(without.status).toBe(1);
  expect(without.stderr).toContain('give --root DIR');
});

test('the output of nginx -T is one configuration, from a file or from standard input', () => {
  const dump = [
    'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok',
    'nginx: configuration file /etc/nginx/nginx.conf test is successful',
    '# configuration file /etc/nginx/nginx.conf:',
    'http {',
    '  include /etc/nginx/conf.d/*.conf;',
    '}',
    '# configuration file /etc/nginx/conf.d/a.conf:',
    UP,
    SITE.replace('location', 'frobnicate on; location'),
  ].join('\n');
  for (const done of [run({ 'dump.conf': dump }, ['dump.conf']), run({}, ['-'], dump)]) {
    expect(JSON.parse(done.stdout).routes).toHaveLength(1);
    expect(done.stderr).toContain('/etc/nginx/conf.d/a.conf:3: frobnicate on');
  }
});

test('--json: the document on standard output, the entries on standard error', () => {
  const { stdout, stderr, status } = run({ 'x.conf': `${UP}${SITE}stream { }\n` }, ['--json', 'x.conf']);
  expect(JSON.parse(stdout).routes).toHaveLength(1);
  const entries = JSON.parse(stderr);
  expect(entries[0]).toEqual({
    file: 'x.conf',
    line: 3,
    directive: 'stream { … }',
    kind: 'elsewhere',
    message: expect.stringContaining('only HTTP'),
  });
  for (const entry of entries)
    expect(Object.keys(entry)).toEqual(['file', 'line', 'directive', 'kind', 'message']);
  expect(status).toBe(3);
});

test('everything carried over is exit status 0; --host names what has no name', () => {
  const files = { 'x.conf': UP + SITE, 'y.conf': UP + SITE.replace('server_name a.test; ', '') };
  expect(run(files, ['x.conf']).status).toBe(0);
  expect(run(files, ['y.conf']).status).toBe(1);
  const named = run(files, ['--host', 'shop.test', 'y.conf']);
  expect(JSON.parse(named.stdout).routes).toMatchObject([{ host: 'shop.test' }]);
  expect(named.status).toBe(0);
});

test('a haproxy.cfg is known by its sections', () => {
  const text =
    'defaults\n mode http\n timeout server 5s\nfrontend f\n bind :80\n default_backend b\nbackend b\n server s b.example.net:8080\n';
  const { stdout, status } = run({ 'haproxy.cfg': text }, ['--host', 'a.test', 'haproxy.cfg']);
  expect(JSON.parse(stdout)).toMatchObject({
    pools: [{ id: 'b', timeoutMs: 5_000, backends: [{ id: 's', url: 'http://b.example.net:8080' }] }],
    routes: [{ host: 'a.test', path: '/', pool: 'b' }],
  });
  expect(status).toBe(0);
});

test.each<[string, Record<string, string>, string[], RegExp]>([
  ['no argument', {}, [], /^usage: /],
  ['an unknown option', {}, ['--frob', 'x.conf'], /--frob/],
  ['a host that is none', {}, ['--host', 'a b', 'x.conf'], /--host takes NAME or PORT=NAME/],
  ['a file that is not there', {}, ['x.conf'], /ENOENT.*x\.conf/],
  ['a broken file', { 'x.conf': 'http {\n a\n}' }, ['x.conf'], /x\.conf:3: a of line 2 does not end/],
  [
    'includes in a circle',
    { 'x.conf': 'include x.conf;' },
    ['x.conf'],
    /x\.conf:1: includes are nested deeper than 20 files/,
  ],
  ['nothing proxied', { 'x.conf': 'events {}' }, ['x.conf'], /No route can be made of this file/],
])('%s is exit status 1, with a message and no stack', (_, files, args, message) => {
  const done = run(files, args);
  expect(done.stderr).toMatch(message);
  expect(done.stderr).not.toContain('    at ');
  expect(done.stdout).toBe('');
  expect(done.status).toBe(1);
});
