/** From the rounds' rows to the tables and to `bench-results.json` (contract section 8). */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { ROOT } from '../../scripts/support/build.ts';
import { currentCommit, markdownOf, writeMeasured } from '../../scripts/support/documents.ts';
import { MAY_PIN } from './bed.ts';
import type { PairedRow, Row } from './burst.ts';
import type { FarRow } from './far.ts';
import type { LoadGenerator } from './load.ts';
import { SHAPES, SMALL } from './shapes.ts';

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

/** A mean and its standard error; one round alone has none. */
function meanOf(numbers: readonly number[]): { readonly mean: number; readonly error: number | undefined } {
  const count = numbers.length;
  const mean = numbers.reduce((sum, value) => sum + value, 0) / count;
  const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = count > 1 ? rounded(Math.sqrt(squares / (count - 1) / count), 3) : undefined;
  return { mean: rounded(mean, 3), error };
}

const ratioOf = ({ rps, bareRps }: PairedRow) => rps / bareRps;

/** How fast a row was beside another of the same rounds. */
function beside(rows: readonly PairedRow[], others: readonly PairedRow[] | undefined) {
  if (!others || others === rows) return null;
  return meanOf(rows.slice(0, others.length).map((row, i) => ratioOf(row) / ratioOf(others[i]!)));
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

/** The name of the row of the lean Worker under the same load. */
function leanOf(name: string): string {
  const shape = name.split(' ')[0]!;
  return shape in SHAPES ? `${shape} lean` : 'lean';
}

type Rows = ReadonlyMap<string, readonly PairedRow[]>;

function rowOf(name: string, rows: readonly PairedRow[], all: Rows) {
  const ratios = rows.map(ratioOf);
  const { mean, error } = meanOf(ratios);
  const ofLean = beside(rows, all.get(leanOf(name)));
  const isOfSmall = leanOf(name) === 'lean' && name !== 'lean';
  const ofDefault = isOfSmall ? beside(rows, all.get('default')) : null;
  const callsObjects = rows.some(({ objectCalls }) => objectCalls > 0);
  const perRequest = (key: 'objectCalls' | 'rowsWritten') =>
    callsObjects ? rounded(median(rows.map((row) => row[key])), 4) : undefined;
  return {
    ...figuresOf(rows),
    rounds: rows.length,
    ratio: rounded(median(ratios), 3),
    lowest: rounded(Math.min(...ratios), 3),
    highest: rounded(Math.max(...ratios), 3),
    mean,
    error,
    cpuRatio: rounded(median(rows.map(({ cpuUs, bareCpuUs }) => bareCpuUs / cpuUs)), 3),
    ofLean: ofLean?.mean,
    ofLeanError: ofLean?.error,
    ofDefault: ofDefault?.mean,
    ofDefaultError: ofDefault?.error,
    objectCallsPerRequest: perRequest('objectCalls'),
    rowsWrittenPerRequest: perRequest('rowsWritten'),
  };
}

/** What a benchmark brought. */
export interface Results {
  /** The bare Worker's bursts, by kind of load. */
  readonly bare: ReadonlyMap<string, readonly Row[]>;
  readonly others: Rows;
  /** Null: not measured. */
  readonly far: Readonly<Record<string, FarRow>> | null;
  readonly generator: LoadGenerator;
}

/** Prints the tables and writes the file; with `write`, the tables go into the documentation too. */
export function report({ bare, others, far, generator }: Results, write: boolean): void {
  const throughput = Object.fromEntries([
    ...[...bare].map(([name, rows]) => [name, figuresOf(rows)] as const),
    ...[...others].map(([name, rows]) => [name, rowOf(name, rows, others)] as const),
  ]);
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    pinned: MAY_PIN,
    load: generator,
  };
  const rounds = Math.max(0, ...[...others.values()].map(({ length }) => length));
  const { connections } = SMALL;
  const results = { machine, commit: currentCommit(), rounds, connections, throughput, far };
  writeFileSync(`${ROOT}/bench-results.json`, `${JSON.stringify(results, null, 2)}\n`);
  console.table(throughput);
  if (far) console.table(far);
  const legend = `Ratios are to the bare Worker under the same load just before and after: by throughput (\`ratio\` is the median, then the lowest and highest round, then \`mean\` with its standard \`error\`) and by CPU time (\`cpuRatio\`). \`ofLean\` and \`ofDefault\` are the mean ratios to those rows in the same rounds. ${connections} connections where the row does not say otherwise, 8 for uploads of 10 MB; load by ${generator}.`;
  console.log(`${legend}\nWritten to bench-results.json.`);
  const farTable = far
    ? `Objects 100 ms away, weights 5:1:1: the share of requests that waited for one, and how long all took.\n\n${markdownOf({ ...far })}`
    : '';
  if (write) writeMeasured('bench', `${legend}\n\n${markdownOf(throughput)}\n\n${farTable}`);
}
