/** One burst of load at one contender: speed, CPU time, object calls and rows written, counted and not estimated. */
import { readFileSync } from 'node:fs';
import { type Bed, PIN_LOAD } from './bed.ts';
import { api, type Contender } from './contenders.ts';
import { type LoadGenerator, type Measured, measure } from './load.ts';

/** What one burst showed. */
export interface Row extends Measured {
  /** CPU time of the proxy's process per request in microseconds: steadier than throughput on a busy machine. */
  readonly cpuUs: number;
  /** Per request. */
  readonly objectCalls: number;
  /** Per request. */
  readonly rowsWritten: number;
}

/** Puts load on a contender. Throws when a request failed: such a run measures nothing. */
export async function burst(
  bed: Bed,
  contender: Contender,
  seconds: number,
  generator: LoadGenerator,
): Promise<Row> {
  const { name, pid, port, host, headers, shape } = contender;
  const before = await countOf(bed, contender);
  const cpuBefore = cpuSeconds(pid);
  const load = { ...shape, port, host, headers, seconds };
  const measured = await measure(load, generator, PIN_LOAD);
  const { requests, errors } = measured;
  if (errors > 0 || requests === 0) throw new Error(`${name}: ${errors} errors of ${requests}`);
  const cpuUs = ((cpuSeconds(pid) - cpuBefore) / requests) * 1e6;
  const after = await countOf(bed, contender);
  return {
    ...measured,
    cpuUs,
    objectCalls: (after.calls - before.calls) / requests,
    rowsWritten: (after.rows - before.rows) / requests,
  };
}

async function countOf(bed: Bed, { pool, port }: Contender) {
  if (!pool) return { calls: 0, rows: 0 };
  const { shards } = await api(bed, port, 'GET', `/pools/${pool}/status`);
  const sum = (key: string) =>
    shards.reduce((a: number, shard: Record<string, number>) => a + shard[key]!, 0) as number;
  return { calls: sum('objectCalls'), rows: sum('rowsWritten') };
}

/** User and system time of a process so far, by /proc (in ticks of 10 ms); 0 where there is none. */
function cpuSeconds(pid: number): number {
  if (process.platform !== 'linux') return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** A burst of a contender, and what the bare Worker did just before and just after it. */
export interface PairedRow extends Row {
  readonly bareRps: number;
  readonly bareCpuUs: number;
}

/** Pairs a burst with the bare Worker's around it: a machine's speed drifts within a round, so no one figure of it will do. */
export const paired = (row: Row, before: Row, after: Row): PairedRow => ({
  ...row,
  bareRps: (before.rps + after.rps) / 2,
  bareCpuUs: (before.cpuUs + after.cpuUs) / 2,
});
