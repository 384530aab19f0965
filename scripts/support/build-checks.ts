/** What a build must hold to: no secrets in it, and a Worker that stays small. Vite plugins. */
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** The Worker's scripts, gzipped, take at most this much. The platform allows far more; a start-up in milliseconds does not. */
const WORKER_LIMIT_KIB = 240;

/** The Cloudflare plugin copies `.dev.vars` beside the Worker; secrets have no business in what is deployed. */
export const withoutSecrets = (output: string): Plugin => ({
  name: 'without-secrets',
  apply: 'build',
  closeBundle() {
    for (const file of globSync('**/.{dev.vars,env}*', { cwd: output })) rmSync(join(output, file));
  },
});

/** Tells the Worker's gzipped size after its build, and fails above the limit. */
export const workerSize = (directory: string, limitKib = WORKER_LIMIT_KIB): Plugin => ({
  name: 'worker-size',
  apply: 'build',
  closeBundle() {
    const [script] = globSync('index.js', { cwd: directory });
    if (script === undefined || this.environment.name === 'client') return;
    const sizeKib = gzippedKib(directory);
    const message = `Worker: ${sizeKib.toFixed(1)} KiB gzipped, of at most ${limitKib}`;
    if (sizeKib > limitKib) this.error(message);
    this.environment.logger.info(message);
  },
});

/** The size of a folder's scripts as wrangler tells it. */
function gzippedKib(directory: string): number {
  const files = globSync('**/*.js', { cwd: directory }).map((file) => readFileSync(join(directory, file)));
  return files.reduce((sum, file) => sum + gzipSync(file).byteLength, 0) / 1_024;
}
