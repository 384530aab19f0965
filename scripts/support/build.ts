/** Builds when the build is missing or older than what it is made of. */
import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's top folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const SOURCES = [
  'worker/**/*',
  'dashboard/**/*',
  'package-lock.json',
  'wrangler.jsonc',
  'vite.config.ts',
  'scripts/support/build-checks.ts',
  'scripts/support/openapi.ts',
];
const PRODUCT = 'dist/evenkeel/index.js';

/** Runs `vite build` if needed; its output goes to standard error, its failure ends the process. */
export function buildIfNeeded(): void {
  const builtAt = modifiedAt(PRODUCT);
  const changedAt = Math.max(...globSync(SOURCES, { cwd: ROOT }).map(modifiedAt));
  if (builtAt > changedAt) return;
  console.error('building …');
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'],
    {
      cwd: ROOT,
      // A test runner's NODE_ENV would build React for development, a third larger and slower.
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 2, 2],
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}

function modifiedAt(path: string): number {
  return statSync(`${ROOT}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
