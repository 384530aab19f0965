/** The parts of docs/ that commands write: each stands between two comments that name its command. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { ROOT } from './build.ts';

/** Commands that measure, and the page that keeps the result of each `npm run NAME -- --write`. */
export const MEASURED = {
  bench: 'docs/benchmarks.md',
  simulate: 'docs/benchmarks.md',
  /** Of `npm run simulate -- --policies`. */
  policies: 'docs/benchmarks.md',
  compare: 'docs/reliability.md',
  chaos: 'docs/reliability.md',
  soak: 'docs/reliability.md',
} as const;

/** Returns the page with the text between the marks of `name` replaced; throws when the page lacks the marks. No I/O. */
export function replaceBlock(page: string, name: string, text: string): string {
  const { from, to } = blockOf(page, name);
  return `${page.slice(0, from)}\n\n${text.trim()}\n\n${page.slice(to)}`;
}

/** Returns the text between the marks of `name`; throws when the page lacks the marks. No I/O. */
export function readBlock(page: string, name: string): string {
  const { from, to } = blockOf(page, name);
  return page.slice(from, to).trim();
}

function blockOf(page: string, name: string): { readonly from: number; readonly to: number } {
  const begin = new RegExp(`<!-- ${name}: [^>]*-->`).exec(page);
  const to = page.indexOf(`<!-- ${name}: end -->`);
  if (!begin || to <= begin.index) throw new Error(`no marks of ${name}`);
  return { from: begin.index + begin[0].length, to };
}

/** Puts a result into its page, below a line that says how, when and on what it was made. */
export function writeMeasured(name: keyof typeof MEASURED, markdown: string): void {
  writeBlocks(MEASURED[name], { [name]: `${describeRun(name)}\n\n${markdown}` });
}

/** Puts texts between their marks and formats the page, as `npm run check` wants it. */
export function writeBlocks(path: string, texts: Readonly<Record<string, string>>): void {
  let page = readFileSync(`${ROOT}/${path}`, 'utf8');
  for (const [name, text] of Object.entries(texts)) page = replaceBlock(page, name, text);
  writeFileSync(`${ROOT}/${path}`, page);
  const { status } = spawnSync('npx', ['biome', 'format', '--write', path], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`${path} could not be formatted`);
}

/** Returns rows of figures as a table in Markdown, as `console.table` shows them; a figure that a row lacks is left blank. No I/O. */
export function markdownOf(rows: Readonly<Record<string, object>>): string {
  const columns = [...new Set(Object.values(rows).flatMap((row) => Object.keys(row)))];
  const lines = Object.entries(rows).map(([name, row]) => {
    const figures = row as Readonly<Record<string, string | number | undefined>>;
    return `| ${[name, ...columns.map((column) => figures[column] ?? '')].join(' | ')} |`;
  });
  return [`| | ${columns.join(' | ')} |`, `|${'---|'.repeat(columns.length + 1)}`, ...lines].join('\n');
}

function describeRun(name: string): string {
  const options = process.argv.slice(2).filter((argument) => argument !== '--write');
  const script = name === 'policies' ? 'simulate' : name;
  const command = ['npm run', script, ...(options.length > 0 ? ['--', ...options] : [])].join(' ');
  const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { version: string };
  const day = new Date().toISOString().slice(0, 10);
  return `\`${command}\`, ${day}, version ${version}, commit ${currentCommit()}, on ${describeMachine()}.`;
}

/** Returns the machine in words: cores, processor, memory. */
export function describeMachine(): string {
  const cpu = cpus()[0]?.model.trim() || 'unknown processor';
  return `${availableParallelism()} cores (${cpu}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

/** Returns the short hash of the commit that is checked out; `unknown` where the sources came without their history. */
export function currentCommit(): string {
  try {
    const options = { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] } as const;
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { ...options, stdio: [...options.stdio] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}
