/** From the rounds' rows to the table and to `bench-results.json` (contract section 8). */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { ROOT } from '../../scripts/support/build.ts';
import { MAY_PIN } from './bed.ts';
import { CONNECTIONS, type Row } from './burst.ts';
import type { LoadGenerator } from './load.ts';

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

/** Prints the table and writes the file. */
export function report(all: ReadonlyMap<string, readonly Row[]>, generator: LoadGenerator): void {
  const bare = all.get('bare')!;
  const throughput = Object.fromEntries(
    [...all].map(([name, rows]) => {
      const of = (key: keyof Row) => median(rows.map((row) => row[key]));
      const figures = {
        rps: Math.round(of('rps')),
        p50Ms: of('p50Ms'),
        p99Ms: of('p99Ms'),
        cpuUs: Math.round(of('cpuUs')),
      };
      if (name === 'bare') return [name, figures];
      // Ratios of one round, so that what slows the machine down slows both.
      const ratio = rounded(median(rows.map((row, i) => row.rps / bare[i]!.rps)), 3);
      const cpuRatio = rounded(median(rows.map((row, i) => bare[i]!.cpuUs / row.cpuUs)), 3);
      if (name === 'nginx' || name === 'haproxy') return [name, { ...figures, ratio, cpuRatio }];
      const objectCallsPerRequest = rounded(of('objectCalls'), 4);
      const rowsWrittenPerRequest = rounded(of('rowsWritten'), 4);
      return [name, { ...figures, ratio, cpuRatio, objectCallsPerRequest, rowsWrittenPerRequest }];
    }),
  );
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    pinned: MAY_PIN,
    load: generator,
  };
  const results = { machine, commit: commit(), rounds: bare.length, connections: CONNECTIONS, throughput };
  writeFileSync(`${ROOT}/bench-results.json`, `${JSON.stringify(results, null, 2)}\n`);
  console.table(throughput);
  console.log(
    'ratios to the bare Worker of the same round, by throughput and by CPU time, medians; written to bench-results.json',
  );
}

/** The commit measured; `unknown` where the sources came without their history. */
function commit(): string {
  try {
    const options = { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] } as const;
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { ...options, stdio: [...options.stdio] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}
