/** `npm run screenshots`: writes a PNG of every page of a demo, light and dark, wide and narrow. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright';
import { crowded, down, empty, failing, fleet, lively, type Stage, thousand } from './screenshots/scenes.ts';
import { BROWSER_ARGS, ensureBrowser } from './support/browser.ts';
import { buildIfNeeded } from './support/build.ts';
import { callApi } from './support/demo.ts';
import { startRuntime } from './support/runtime.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: '.screenshots' },
    /** Only pages whose name contains this. */
    only: { type: 'string', default: '' },
    /** Only this scene: lively, failing, down, fleet, thousand, crowded, empty. */
    scene: { type: 'string', default: '' },
    /** How long traffic flows before the first picture. */
    seconds: { type: 'string', default: '12' },
    /** Widths of the window, separated by commas. */
    widths: { type: 'string', default: '1440,390' },
  },
});

const LIVELY: readonly (readonly [name: string, path: string])[] = [
  ['overview', '/'],
  ['pool', '/pools/shop'],
  ['pool-failing', '/pools/api'],
  ['pool-draining', '/pools/media'],
  ['pool-add', '/pools/shop?edit=%2B'],
  ['pool-settings', '/pools/shop?tab=settings'],
  ['requests', '/requests'],
  ['requests-failed', '/requests?outcome=connect-failure'],
  ['routes', '/routes'],
  ['overview-add-pool', '/?add=pool'],
  ['routes-edit', '/routes?edit=shop-api'],
  ['routes-explain', '/routes?url=http%3A%2F%2Fshop.localhost%2Fapi%2Forders'],
  ['history', '/history'],
  ['history-revision', '/history?revision=2'],
  ['settings', '/settings'],
];
const SCENES = [
  { setUp: lively, pages: LIVELY },
  {
    setUp: crowded,
    pages: [
      ['crowded-overview', '/'],
      ['crowded-pool', '/pools/pool-07'],
    ],
  },
  {
    setUp: failing,
    pages: [
      ['failing-overview', '/'],
      ['failing-pool', '/pools/shop'],
      ['failing-pool-degraded', '/pools/api'],
      ['failing-incidents', '/incidents'],
      ['failing-incident', '/incidents?id=1'],
      ['failing-requests', '/requests?failed=true'],
      ['failing-history', '/history'],
    ],
  },
  {
    setUp: down,
    pages: [
      ['down-overview', '/'],
      ['down-pool', '/pools/shop'],
      ['down-orphan', '/pools/orphan'],
    ],
  },
  {
    setUp: fleet,
    pages: [
      ['fleet-overview', '/'],
      ['fleet-pool', '/pools/catalog-eu'],
      ['fleet-routes', '/routes'],
    ],
  },
  {
    setUp: thousand,
    pages: [
      ['thousand-pool', '/pools/web'],
      ['thousand-problems', '/pools/web?show=problems'],
    ],
  },
  { setUp: empty, pages: [['empty-overview', '/']] },
] as const;
const WIDTHS = values.widths.split(',').map(Number);
const THEMES = ['light', 'dark'] as const;

ensureBrowser();
buildIfNeeded();
mkdirSync(values.out, { recursive: true });
const browser = await chromium.launch({ executablePath: ensureBrowser(), args: BROWSER_ARGS });
try {
  for (const { setUp, pages } of SCENES) {
    if (values.scene !== '' && setUp.name !== values.scene) continue;
    const wanted = pages.filter(([name]) => name.includes(values.only));
    if (wanted.length > 0) await show(setUp, wanted);
  }
} finally {
  await browser.close();
}

async function show(
  setUp: (stage: Stage) => Promise<{ stop(): void }>,
  pages: readonly (readonly [string, string])[],
): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'evenkeel-shots-'));
  const token = crypto.randomUUID();
  const vars = {
    ADMIN_TOKEN: token,
    AFFINITY_SECRET: crypto.randomUUID(),
    ALLOW_PRIVATE_BACKENDS: 'true',
  };
  const runtime = await startRuntime({ port: 0, state, vars, logs: 'ignore', believesClients: true });
  const scene = await setUp({ runtime, token });
  try {
    await new Promise((resolve) => setTimeout(resolve, Number(values.seconds) * 1_000));
    for (const theme of THEMES)
      for (const width of WIDTHS) await shoot(browser, runtime.url, token, pages, theme, width);
  } finally {
    scene.stop();
    await runtime.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

async function shoot(
  from: Browser,
  url: string,
  token: string,
  pages: readonly (readonly [string, string])[],
  theme: (typeof THEMES)[number],
  width: number,
): Promise<void> {
  const origin = url.replace('127.0.0.1', 'localhost');
  const viewport = { width, height: width > 1_000 ? 900 : 844 };
  const context = await from.newContext({ viewport, colorScheme: theme });
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`${theme} ${width}: ${error.message}`));
  const { code } = (await callApi(url, token, 'POST', '/session/link')) as unknown as { code: string };
  await page.goto(`${origin}/#login=${code}`);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  for (const [name, path] of pages) {
    await page.goto(origin + path);
    // By element, because an open dialog hides the heading's role.
    await page.locator('h1').first().waitFor();
    await page.getByText('live', { exact: true }).first().waitFor();
    // By then a second update has arrived, and the charts are drawn.
    await page.waitForTimeout(4_500);
    const file = join(values.out, `${name}-${theme}-${width}.png`);
    await page.screenshot({ path: file, fullPage: width < 1_000 });
    console.log(file);
  }
  await context.close();
}
