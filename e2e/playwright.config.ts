/** Browser tests in Chromium, against the built Worker with real backends. */
import { defineConfig } from 'playwright/test';
import { BROWSER_ARGS, findBrowser } from '../scripts/support/browser.ts';
import { buildIfNeeded } from '../scripts/support/build.ts';

buildIfNeeded();

export default defineConfig({
  testDir: '.',
  outputDir: '.output',
  // Each file has its own product. Two at once take little more than half of the time.
  workers: 2,
  retries: 1,
  timeout: 120_000,
  // A busy machine is slow; that is not a failure.
  expect: { timeout: 20_000 },
  forbidOnly: true,
  reporter: [['list'], ['../test/layers/playwright-reporter.ts']],
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: findBrowser() ?? '', args: BROWSER_ARGS },
    // A colour in the middle of a transition would fail the contrast checks.
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
  },
});
