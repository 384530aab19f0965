/** Finds a Chromium for the browser tests, or installs Debian's; never goes on without one. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright';

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** The path of an installed browser: the system's first, then Playwright's; null when there is none. */
export function findBrowser(): string | null {
  return (
    [process.env.CHROMIUM_PATH ?? '', ...INSTALLED, chromium.executablePath()].find(
      (path) => path !== '' && existsSync(path),
    ) ?? null
  );
}

/** What Chromium needs to run as root and to leave the network alone. */
export const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Returns a browser's path, installing one by apt-get where that is possible. Ends the process with a clear message otherwise. */
export function ensureBrowser(): string {
  const found = findBrowser();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('no Chromium found; installing it with apt-get …');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [
      ['update', '-qq'],
      ['install', '-y', '-qq', 'chromium'],
    ])
      spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
    const installed = findBrowser();
    if (installed) return installed;
  }
  console.error(
    'The browser tests need Chromium: install it (`apt-get install chromium`), or set CHROMIUM_PATH to one.',
  );
  process.exit(1);
}
