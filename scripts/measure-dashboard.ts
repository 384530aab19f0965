/**
 * `npm run bench:dashboard`: what the dashboard takes in Chromium at scale, with traffic: 40 pools of 30 backends, and one pool
 * of 1,000. Elements of the page, time to its content, JavaScript heap, height, and the main thread's share while it is live.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { fleet, thousand } from './screenshots/scenes.ts';
import { BROWSER_ARGS, ensureBrowser } from './support/browser.ts';
import { buildIfNeeded } from './support/build.ts';
import { callApi } from './support/demo.ts';
import { startRuntime } from './support/runtime.ts';

/** How long each page is watched while it is live. */
const WATCHED_MS = 15_000;

interface Looked {
  readonly path: string;
  /** What the page must show before its content counts as there. */
  readonly content: string;
  readonly width?: number;
}

const SCENES: readonly { readonly setUp: typeof fleet; readonly pages: readonly Looked[] }[] = [
  {
    setUp: fleet,
    pages: [
      { path: '/', content: 'table[aria-label="Pools"] tbody tr th' },
      { path: '/pools/catalog-eu', content: 'table[aria-label^="Backends"] tbody tr th' },
      { path: '/routes', content: 'tbody tr th' },
      { path: '/requests', content: 'ol[aria-label^="Requests"] li' },
    ],
  },
  {
    setUp: thousand,
    pages: [
      { path: '/', content: 'main a[href="/pools/web"]' },
      { path: '/pools/web', content: 'table[aria-label^="Backends"] tbody tr th' },
      { path: '/pools/web', content: 'ul[aria-label^="Backends"] li', width: 390 },
    ],
  },
];

buildIfNeeded();
const browser = await chromium.launch({ executablePath: ensureBrowser(), args: BROWSER_ARGS });
const rows: Record<string, object> = {};
try {
  for (const { setUp, pages } of SCENES) await measureScene(setUp, pages);
} finally {
  await browser.close();
}
console.table(rows);
console.log(`main thread: its share of ${WATCHED_MS / 1_000} s while the page is live`);

async function measureScene(setUp: typeof fleet, pages: readonly Looked[]): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'evenkeel-measure-'));
  const token = crypto.randomUUID();
  const vars = {
    ADMIN_TOKEN: token,
    AFFINITY_SECRET: crypto.randomUUID(),
    ALLOW_PRIVATE_BACKENDS: 'true',
  };
  const runtime = await startRuntime({ port: 0, state, vars, logs: 'ignore', believesClients: true });
  const scene = await setUp({ runtime, token });
  try {
    const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
    const { code } = (await callApi(runtime.url, token, 'POST', '/session/link')) as unknown as {
      code: string;
    };
    const origin = runtime.url.replace('127.0.0.1', 'localhost');
    await page.goto(`${origin}/#login=${code}`);
    await page.locator('h1').waitFor();
    for (const looked of pages)
      rows[`${setUp.name} ${looked.path} ${looked.width ?? 1_440} px`] = await measure(page, origin, looked);
    await page.close();
  } finally {
    scene.stop();
    await runtime.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

async function measure(page: Page, origin: string, { path, content, width = 1_440 }: Looked) {
  await page.setViewportSize({ width, height: 900 });
  const devtools = await page.context().newCDPSession(page);
  // The thread's own time: what else the machine does meanwhile is not counted.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const begin = Date.now();
  await page.goto(origin + path);
  await page.locator(content).first().waitFor();
  const contentMs = Date.now() - begin;
  await page.getByText('live', { exact: true }).first().waitFor();
  const read = async (name: string) => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find((metric) => metric.name === name)?.value ?? 0;
  };
  // What loads first is not what a live page takes.
  await page.waitForTimeout(3_000);
  const before = await read('TaskDuration');
  await page.waitForTimeout(WATCHED_MS);
  const busy = (await read('TaskDuration')) - before;
  const { elements, height } = await page.evaluate(() => ({
    elements: document.querySelectorAll('*').length,
    height: document.documentElement.scrollHeight,
  }));
  const heapMb = Math.round((await read('JSHeapUsedSize')) / 1_000_000);
  await devtools.detach();
  const mainThread = `${((busy * 100_000) / WATCHED_MS).toFixed(1)} %`;
  return { contentMs, elements, heapMb, height, mainThread };
}
