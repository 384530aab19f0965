/** Whether the product's counters are what its clients and backends saw. No I/O. */
import type { ClientRecord, RequestLog } from './request-log.ts';
import { BACKENDS, type PoolName } from './schedule.ts';

/** What an object may lose with its memory (lease.md): a second, and the quarter of one that a batch waits. */
const LOST_BEFORE_MS = 2_000;
const LOST_AFTER_MS = 500;

/** Bounds for one counter of attempts. */
export interface Bounds {
  least: number;
  most: number;
}

/** Bounds for the attempts at each backend, by `pool/backend`, since the run began. */
function expectedAttempts(requestLog: RequestLog): Map<string, Bounds> {
  const lossy = requestLog.actions.filter((action) => action.lossy);
  const isAtRisk = (record: ClientRecord) =>
    lossy.some(({ at }) => record.endedAt >= at - LOST_BEFORE_MS && record.sentAt <= at + LOST_AFTER_MS);
  const bounds = new Map<string, Bounds>();
  const of = (pool: string, backend: string): Bounds => {
    const key = `${pool}/${backend}`;
    const known = bounds.get(key) ?? { least: 0, most: 0 };
    bounds.set(key, known);
    return known;
  };
  for (const record of requestLog.clients) {
    if (record.attempts.length > 0) {
      for (const { backend } of record.attempts) {
        const pool = poolOf(record.pool, backend);
        of(pool, backend).most++;
        if (!isAtRisk(record)) of(pool, backend).least++;
      }
      continue;
    }
    // The client left; any of the backends may have been asked, without a byte having come there.
    if (record.kind === 'broken-off') {
      for (const backend of BACKENDS[record.pool]) of(record.pool, backend).most++;
      continue;
    }
    // Without an answer only the backends know where it has been.
    for (const { pool, backend } of requestLog.arrivalsOf(record.id)) of(pool, backend).most++;
  }
  return bounds;
}

/** The pool whose backend was asked: the request's own, or the one that takes over for it. */
const poolOf = (pool: PoolName, backend: string): PoolName =>
  pool === 'shielded' && BACKENDS.spare.some((id) => id === backend) ? 'spare' : pool;

/** What is wrong with the counters, one line each; empty when they are true. */
export function wrongCounters(counters: ReadonlyMap<string, number>, requestLog: RequestLog): string[] {
  return [...expectedAttempts(requestLog)].flatMap(([key, { least, most }]) => {
    const counted = counters.get(key) ?? 0;
    return counted >= least && counted <= most ? [] : [`${key}: ${counted}, expected ${least} to ${most}`];
  });
}
