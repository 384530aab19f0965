/** The scripts a browser must load before it shows the overview. */
import { gzipSync } from 'node:zlib';
import { expect, type Response, test } from 'playwright/test';
import { open, serveDashboard } from './support/dashboard.ts';

/** At 3 Mbit/s, as on a phone, this takes less than a second. */
const LIMIT_BYTES = 250_000;

const dashboard = serveDashboard();

test('the scripts of the overview are at most 250 KB gzipped', async ({ page }) => {
  const scripts: Response[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') scripts.push(response);
  });
  await open(dashboard, page);
  await page.waitForLoadState('networkidle');
  const sizes = await Promise.all(
    scripts.map(async (script) => {
      const bytes = gzipSync(await script.body()).byteLength;
      return { name: new URL(script.url()).pathname, bytes };
    }),
  );
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
  console.log(`overview: ${scripts.length} scripts, ${Math.round(bytes / 1_000)} KB gzipped`);
  expect(bytes, JSON.stringify(sizes)).toBeGreaterThan(50_000);
  expect(bytes, JSON.stringify(sizes)).toBeLessThanOrEqual(LIMIT_BYTES);
});
