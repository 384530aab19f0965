/** From the rounds' rows to the table and to `bench-results.json` (contract section 8). */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { ROOT } from '../../scripts/support/build.ts';
import { currentCommit, markdownOf, writeMeasured } from '../../scripts/support/documents.ts';
import { MAY_PIN } from './bed.ts';
import { CONNECTIONS, type PairedRow, type Row } from './burst.ts';
import type { LoadGenerator } from './load.ts';

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
/** Mean and its standard error; one round alone has none. */
function meanOf(numbers: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (numbers.length - 1) / numbers.length) };
}
const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

/** Rows that call no object. */
const WITHOUT_OBJECT = new Set(['lean', 'nginx', 'haproxy']);

const ratioOf = ({ rps, bareRps }: PairedRow) => rps / bareRps;

/** How fast a row was beside the default one of the same round: what its configuration costs. */
function besideDefault(rows: readonly PairedRow[], defaults: readonly PairedRow[] | undefined) {
  if (!defaults || defaults === rows || rows.length < 2) return {};
  const { mean, error } = meanOf(rows.map((row, i) => ratioOf(row) / ratioOf(defaults[i]!)));
  return { ofDefault: rounded(mean, 3), error: rounded(error, 3) };
}

const figuresOf = (rows: readonly Row[]) => {
  const of = (key: keyof Row) => median(rows.map((row) => row[key]));
  return {
    rps: Math.round(of('rps')),
    p50Ms: rounded(of('p50Ms'), 2),
    p99Ms: rounded(of('p99Ms'), 2),
    cpuUs: Math.round(of('cpuUs')),
  };
};

/** Prints the table and writes the file; with `write`, the table goes into the documentation too. */
export function report(
  bare: readonly Row[],
  others: ReadonlyMap<string, readonly PairedRow[]>,
  rounds: number,
  generator: LoadGenerator,
  write: boolean,
): void {
  const rowOf = (name: string, rows: readonly PairedRow[]) => {
    const ratios = rows.map(ratioOf);
    const ratio = rounded(median(ratios), 3);
    const lowest = rounded(Math.min(...ratios), 3);
    const highest = rounded(Math.max(...ratios), 3);
    const cpuRatio = rounded(median(rows.map(({ cpuUs, bareCpuUs }) => bareCpuUs / cpuUs)), 3);
    const figures = { ...figuresOf(rows), ratio, lowest, highest, cpuRatio };
    if (WITHOUT_OBJECT.has(name)) return figures;
    const objectCallsPerRequest = rounded(median(rows.map(({ objectCalls }) => objectCalls)), 4);
    const rowsWrittenPerRequest = rounded(median(rows.map(({ rowsWritten }) => rowsWritten)), 4);
    const beside = besideDefault(rows, others.get('default'));
    return { ...figures, objectCallsPerRequest, rowsWrittenPerRequest, ...beside };
  };
  const throughput = Object.fromEntries([
    ['bare', figuresOf(bare)] as const,
    ...[...others].map(([name, rows]) => [name, rowOf(name, rows)] as const),
  ]);
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    pinned: MAY_PIN,
    load: generator,
  };
  const results = { machine, commit: currentCommit(), rounds, connections: CONNECTIONS, throughput };
  writeFileSync(`${ROOT}/bench-results.json`, `${JSON.stringify(results, null, 2)}\n`);
  console.table(throughput);
  const legend = `Ratios are to the bare Worker just before and after: by throughput (\`ratio\`, the median, with the lowest and highest of ${rounds} rounds) and by CPU time (\`cpuRatio\`). \`ofDefault\` is the ratio to the default row of the same round, with its standard error (\`error\`). ${CONNECTIONS} connections, load by ${generator}.`;
  console.log(`${legend}\nWritten to bench-results.json.`);
  if (write) writeMeasured('bench', `${legend}\n\n${markdownOf(throughput)}`);
}
