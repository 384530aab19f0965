/** The last minutes of a pool as the charts take them. No I/O. */
import type { Series } from '../../worker/protocol/traffic-schemas.ts';

/** A number for each step, oldest first; `until` is the end of the last one, epoch ms. */
export interface PoolSeries {
  readonly pool: string;
  readonly stepMs: number;
  readonly until: number;
  /** Attempts. */
  readonly requests: readonly number[];
  readonly failures: readonly number[];
  readonly p95Ms: readonly (number | null)[];
  /** Only when one pool is asked for. */
  readonly backends?: readonly {
    readonly id: string;
    readonly requests: readonly number[];
    readonly failures: readonly number[];
  }[];
}

type Columns = Pick<Series, 'from' | 'stepMs' | 'attempts' | 'failures' | 'p95Ms'>;

const countsOf = ({ attempts, failures }: Pick<Columns, 'attempts' | 'failures'>) => ({
  requests: attempts.map((count) => count ?? 0),
  failures: failures.map((count) => count ?? 0),
});

/** Turns the API's columns of one pool into a series. */
export function seriesOf(pool: string, columns: Columns, backends?: Series['backends']): PoolSeries {
  const { from, stepMs, p95Ms } = columns;
  return {
    pool,
    stepMs,
    until: from + p95Ms.length * stepMs,
    ...countsOf(columns),
    p95Ms,
    ...(backends ? { backends: backends.map((one) => ({ id: one.id, ...countsOf(one) })) } : {}),
  };
}
