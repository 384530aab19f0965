/** The table of a comparison, and its place in the documentation. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** One row as it is printed. */
export interface Line {
  readonly what: string;
  readonly first: string;
  readonly now: string;
  readonly nginx: string;
  readonly must: string;
  readonly holds: boolean;
}

/** The lines as a table in Markdown. */
export function tableOf(lines: readonly Line[], nginxVersion: string | null): string {
  const rows = lines.map(
    ({ what, first, now, nginx, must, holds }) =>
      `| ${[what, first, now, nginx, must, holds ? 'holds' : '**falls short**'].join(' | ')} |`,
  );
  return [
    `| case | first version | now | nginx ${nginxVersion ?? '(not installed)'} | must | verdict |`,
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

const BEGIN = '<!-- compare: written by `npm run compare -- --write` -->';
const END = '<!-- compare: end -->';

/** Puts the table between its marks in the page, as `npm run check` wants it; makes page and marks where there are none. */
export function writeTable(path: string, table: string): void {
  const page = existsSync(path) ? readFileSync(path, 'utf8') : '# Reliability\n';
  const block = `${BEGIN}\n\n${table}\n\n${END}`;
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  const isMarked = from >= 0 && to > from;
  const written = isMarked
    ? page.slice(0, from) + block + page.slice(to + END.length)
    : `${page.trimEnd()}\n\n${block}\n`;
  writeFileSync(path, written);
  const { status } = spawnSync('npx', ['biome', 'format', '--write', path], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${path} could not be formatted`);
}
