/** `npm run bench:dashboard`: scripting per live update in Chromium, with 50 pools of 50 backends and traffic to all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { crowded } from './screenshots/scenes.ts';
import { BROWSER_ARGS, ensureBrowser } from './support/browser.ts';
import { buildIfNeeded } from './support/build.ts';
import { callApi } from './support/demo.ts';
import { startRuntime } from './support/runtime.ts';

/** Live updates looked at on each page. */
const UPDATES = 15;
const PAGES = ['/', '/pools/pool-07', '/requests'];

buildIfNeeded();
const state = mkdtempSync(join(tmpdir(), 'evenkeel-measure-'));
const token = crypto.randomUUID();
const vars = { ADMIN_TOKEN: token, AFFINITY_SECRET: crypto.randomUUID(), ALLOW_PRIVATE_BACKENDS: 'true' };
const runtime = await startRuntime({ port: 0, state, vars, logs: 'ignore', believesClients: true });
const scene = await crowded({ runtime, token });
const browser = await chromium.launch({ executablePath: ensureBrowser(), args: BROWSER_ARGS });
try {
  const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
  const { code } = (await callApi(runtime.url, token, 'POST', '/session/link')) as unknown as {
    code: string;
  };
  const origin = runtime.url.replace('127.0.0.1', 'localhost');
  await page.goto(`${origin}/#login=${code}`);
  console.table(await measureAll(page, origin));
  console.log(`medians of ${UPDATES} updates, milliseconds of processor time in Chromium's main thread`);
} finally {
  await browser.close();
  scene.stop();
  await runtime.stop();
  rmSync(state, { recursive: true, force: true });
}

async function measureAll(page: Page, origin: string) {
  const rows: Record<string, object> = {};
  for (const path of PAGES) rows[path] = await measure(page, origin + path);
  return rows;
}

/** From one status message to the next: what scripts and layout took meanwhile, everything else on the page included. */
async function measure(page: Page, url: string) {
  const devtools = await page.context().newCDPSession(page);
  // The thread's own time: what else the machine does meanwhile is not counted.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await devtools.send('Network.enable');
  let reported: () => void = () => undefined;
  devtools.on('Network.webSocketFrameReceived', ({ response }) => {
    if (response.payloadData.startsWith('{"type":"status"')) reported();
  });
  const nextUpdate = () =>
    new Promise<void>((resolve) => {
      reported = resolve;
    });
  await page.goto(url);
  await nextUpdate();
  const read = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    const of = (name: string) => (metrics.find((metric) => metric.name === name)?.value ?? 0) * 1_000;
    return { script: of('ScriptDuration'), layout: of('LayoutDuration') + of('RecalcStyleDuration') };
  };
  const script: number[] = [];
  const layout: number[] = [];
  for (let i = 0; i < UPDATES; i++) {
    const before = await read();
    await nextUpdate();
    const after = await read();
    script.push(after.script - before.script);
    layout.push(after.layout - before.layout);
  }
  await devtools.detach();
  const median = (values: number[]) =>
    Number(values.toSorted((a, b) => a - b)[values.length >> 1]!.toFixed(1));
  return {
    scriptMs: median(script),
    layoutMs: median(layout),
    worstScriptMs: Number(Math.max(...script).toFixed(1)),
  };
}
