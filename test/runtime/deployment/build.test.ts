/** A build of its own, made where a `.dev.vars` with secrets stands: none of them gets into it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../../scripts/support/build.ts';
import { operations } from '../../../worker/api/index.ts';
import { problemSchema } from '../../../worker/protocol/common-schemas.ts';

const SECRETS = { ADMIN_TOKEN: crypto.randomUUID(), AFFINITY_SECRET: crypto.randomUUID() };
const folder = mkdtempSync(join(tmpdir(), 'evenkeel-build-'));
const build = () =>
  spawnSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build'], { cwd: folder, encoding: 'utf8' });
let made: ReturnType<typeof build>;

beforeAll(() => {
  for (const name of [
    'worker',
    'dashboard',
    'scripts',
    'package.json',
    'tsconfig.base.json',
    'wrangler.jsonc',
    'vite.config.ts',
  ])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const lines = Object.entries(SECRETS).map(([name, value]) => `${name}=${value}\n`);
  for (const name of ['.dev.vars', '.env']) writeFileSync(join(folder, name), lines.join(''));
  made = build();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('no file of the build holds a secret, and none is named like one that does', () => {
  expect(made.stderr + made.stdout).toContain('index.js');
  expect(made.status).toBe(0);
  const files = readdirSync(join(folder, 'dist'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(files.map((file) => file.name)).toContain('index.html');
  for (const file of files) {
    expect(file.name).not.toMatch(/^\.(dev\.vars|env)/);
    const text = readFileSync(join(file.parentPath, file.name), 'utf8');
    for (const secret of Object.values(SECRETS)) expect(text.includes(secret)).toBe(false);
  }
});

test('the Worker holds no description of an operation, and no schema of a response', () => {
  const worker = readFileSync(join(folder, 'dist/evenkeel/index.js'), 'utf8');
  const document = readFileSync(join(folder, 'dist/client/api/openapi.json'), 'utf8');
  const summaries = operations.map(({ description }) => description.summary);
  const texts = [...summaries, problemSchema.description].map((text) => JSON.stringify(text));
  expect(texts.filter((text) => !document.includes(text))).toEqual([]);
  expect(texts.filter((text) => worker.includes(text))).toEqual([]);
  for (const { path } of operations) expect(worker).toContain(path);
});

test('it prints the size of the Worker, and fails when that is too large', () => {
  expect(made.stdout).toMatch(/Worker: \d+\.\d KiB gzipped, of at most 240/);
  const config = join(folder, 'vite.config.ts');
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace("at('dist/evenkeel'))", "at('dist/evenkeel'), 10)"),
  );
  const refused = build();
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toMatch(/Worker: \d+\.\d KiB gzipped, of at most 10/);
});
