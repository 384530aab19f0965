/** `.dev.vars`: made once, with secrets of its own, so that a fresh clone runs without a word of set-up. */

import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { ROOT } from './build.ts';

/** Writes `.dev.vars` unless it is there. Returns whether it was made. */
export function makeDevVars(): boolean {
  const path = `${ROOT}/.dev.vars`;
  if (existsSync(path)) return false;
  const secret = () => randomBytes(24).toString('base64url');
  const lines = [
    '# Made by npm start; git ignores it. In production: wrangler secret put NAME.',
    `ADMIN_TOKEN=${secret()}`,
    `VIEWER_TOKEN=${secret()}`,
    `AFFINITY_SECRET=${secret()}`,
    'ALLOW_PRIVATE_BACKENDS=true',
  ];
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return true;
}
