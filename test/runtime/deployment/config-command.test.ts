/** `npm run config` as a process against the built Worker: what it prints, its exit status, and what it changes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../../scripts/support/build.ts';
import { startForTest } from '../../support/product/pools.ts';
import { type Json, type Product, startProduct, TOKEN } from '../../support/product/product.ts';

const file = join(mkdtempSync(join(tmpdir(), 'evenkeel-config-')), 'lb.json');
const document = (weight: unknown): Json => ({
  $schema: 'https://lb-admin.example.com/api/schema.json',
  pools: [{ id: 'shop', backends: [{ id: 'a', url: 'http://127.0.0.1:9', weight }] }],
  routes: [{ id: 'shop', host: 'shop.test', pool: 'shop' }],
});
const write = (value: Json) => writeFileSync(file, JSON.stringify(value, null, 2));

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.stop());

interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command without a terminal. */
function config(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const child = spawn(process.execPath, ['scripts/config.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, EVENKEEL_URL: product.url, EVENKEEL_TOKEN: TOKEN, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, out, err })));
}

const revision = async (): Promise<number> => (await product.apiOk('GET', '/config')).revision;

test('plan says what would change and exits 2, apply changes it, then plan exits 0', async () => {
  write(document(2));
  const planned = await config(['plan', file]);
  expect(planned.status).toBe(2);
  expect(planned.err).toMatch(/^warning: \S+lb\.json:9: pools\[0\]\.backends\[0\]\.url is an IP address/);
  expect(planned.out).toContain('+ pools[shop]: {"id":"shop"');
  expect(planned.out).toContain('2 changes: 2 added, against revision 0');

  const unattended = await config(['apply', file]);
  expect(unattended).toMatchObject({ status: 1 });
  expect(unattended.err).toContain('--yes');
  expect(await revision()).toBe(0);

  expect((await config(['apply', file, '--yes'])).status).toBe(0);
  expect(await revision()).toBe(1);
  expect((await config(['plan', file])).status).toBe(0);
  expect((await config(['apply', file])).status).toBe(0);
  expect(await revision()).toBe(1);

  write(document(3));
  expect(await config(['plan', file])).toMatchObject({
    status: 2,
    out: expect.stringContaining('~ pools[shop].backends[a].weight: 2 -> 3'),
  });
});

test('pull prints the document in force, and $schema is not a part of it', async () => {
  write(document(5));
  await config(['apply', '--yes', file]);
  const { status, out } = await config(['pull']);
  expect(status).toBe(0);
  expect(JSON.parse(out)).toEqual((await product.apiOk('GET', '/config')).config);
  expect(JSON.parse(out)).not.toHaveProperty('$schema');
  writeFileSync(file, out);
  expect((await config(['plan', file])).status).toBe(0);
});

test('a fault is named with file, line and path', async () => {
  write(document('many'));
  const { status, err } = await config(['plan', file]);
  expect(status).toBe(1);
  expect(err).toMatch(/lb\.json:10: pools\[0\]\.backends\[0\]\.weight must be a whole number/);
});

test.each<[string, string[], Record<string, string>, RegExp]>([
  ['no command', [], {}, /usage/],
  ['an unknown command', ['push', file], {}, /usage/],
  ['plan without a file', ['plan'], {}, /usage/],
  ['an unknown option', ['plan', '--force', file], {}, /usage/],
  ['a file that does not exist', ['plan', '/nowhere/lb.json'], {}, /cannot be read/],
  ['no EVENKEEL_URL', ['plan', file], { EVENKEEL_URL: '' }, /EVENKEEL_URL is not set/],
  ['no EVENKEEL_TOKEN', ['pull'], { EVENKEEL_TOKEN: '' }, /EVENKEEL_TOKEN is not set/],
  ['a wrong token', ['pull'], { EVENKEEL_TOKEN: 'x'.repeat(20) }, /The token is not right/],
  ['a host that is away', ['pull'], { EVENKEEL_URL: 'http://127.0.0.1:9' }, /cannot be reached/],
])('%s exits 1 with the reason', async (_, args, env, reason) => {
  const { status, out, err } = await config(args, env);
  expect([status, out]).toEqual([1, '']);
  expect(err).toMatch(reason);
  expect(err).not.toContain(TOKEN);
});

test('apply only changes the revision that its plan was made against', async () => {
  const seen: [string, string | undefined][] = [];
  const admin = await startForTest((request, response) => {
    seen.push([request.url!, request.headers['if-match']]);
    request.resume();
    const isDryRun = request.url!.includes('dryRun');
    const answer = isDryRun
      ? { revision: 7, changes: [{ path: 'routes', from: [], to: null }] }
      : { detail: 'The configuration is at revision 8, which If-Match does not name' };
    response.writeHead(isDryRun ? 200 : 412).end(JSON.stringify(answer));
  });
  const { status, err } = await config(['apply', file, '--yes'], { EVENKEEL_URL: `${admin.url}/api/` });
  expect(seen).toEqual([
    ['/api/config?dryRun=true', undefined],
    ['/api/config', '"7"'],
  ]);
  expect([status, err.trim()]).toEqual([
    1,
    'The configuration is at revision 8, which If-Match does not name',
  ]);
});

test('the JSON Schema is served to an editor, which has no token', async () => {
  const response = await fetch(`${product.url}/api/schema.json`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/schema+json']);
  const schema = (await response.json()) as Json;
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(['$schema', 'pools', 'routes']));
});
