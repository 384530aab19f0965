/** What a soak prints: one table, and what did not hold. */
import { describeMachine, writeMeasured } from '../../scripts/support/documents.ts';
import { byTenths, firstAndLast, type Sample } from './memory.ts';

/** Memory counts from this request on. */
const WARM = 20_000;
/** Memory in the last fifth against that in the first fifth after warming up. */
const GROWTH_ALLOWED = 1.1;
const STORAGE_ALLOWED_MB = 10;

/** What was done and seen. `ofBare`: the bare Worker under as many requests as warm up, without faults. */
export interface SoakResult {
  readonly requests: number;
  readonly warmUp: number;
  readonly connections: number;
  readonly faultMs: number;
  readonly seconds: number;
  readonly faults: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly unexplained: readonly string[];
  readonly samples: readonly Sample[];
  readonly whileWarmingUp: readonly Sample[];
  readonly ofBare: readonly Sample[];
  readonly storageMb: number;
}

/** Prints the table and, with `write`, puts it into the documentation; sets the exit code to 1 when something did not hold. */
export function printReport(result: SoakResult, write: boolean): void {
  const { requests, warmUp, statuses, unexplained, samples, storageMb } = result;
  const [first, last] = firstAndLast(samples, Math.min(WARM, requests / 10));
  const ok = statuses.get(200) ?? 0;
  const failed = [...statuses].filter(([status]) => status !== 200);
  const others = failed.map(([status, count]) => `${count} × ${status || 'none'}`).join(', ');
  const rows = [
    ['machine', describeMachine()],
    [
      'requests',
      `${requests} at ${result.connections} connections in ${Math.round(result.seconds)} s (${Math.round(requests / result.seconds)}/s), after ${warmUp} to warm up`,
    ],
    [
      'faults',
      `${result.faults}: one backend of four dies, answers 503, resets or hangs for ${result.faultMs} ms`,
    ],
    ['answers', `${ok} × 200; ${others || 'no other'}`],
    ['not caused by a backend', String(unexplained.length)],
    [
      'memory of workerd',
      `${Math.round(first)} MB after ${WARM} requests, ${Math.round(last)} MB at the end, at most ${Math.round(Math.max(...samples.map(({ mb }) => mb)))} MB`,
    ],
    ['by tenths', byTenths(samples, requests).join(', ')],
    ['by tenths of the warm-up', byTenths(result.whileWarmingUp, warmUp).join(', ')],
    ['the bare Worker’s, without faults', byTenths(result.ofBare, warmUp).join(', ')],
    ['storage', `at most ${storageMb.toFixed(1)} MB in the objects’ databases`],
  ];
  const lines = rows.map(([name, value]) => `| ${name} | ${value} |`);
  const table = ['| soak | |', '|---|---|', ...lines].join('\n');
  console.log(table);
  if (write) writeMeasured('soak', table);
  const broken = [
    ...unexplained.slice(0, 10),
    ...(last > first * GROWTH_ALLOWED ? [`memory grew from ${first} to ${last} MB`] : []),
    ...(storageMb > STORAGE_ALLOWED_MB ? [`storage grew to ${storageMb} MB`] : []),
  ];
  for (const line of broken) console.log(`BROKEN: ${line}`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}
