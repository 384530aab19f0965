/** The table of a comparison. No I/O. */

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
