/** The status of the pools: pushed by the live view once a second, read from the API while that is away. */
import { queryOptions } from '@tanstack/react-query';
import type { PoolStatus } from '../../worker/stats/pool-status.ts';
import { noSamples, type Samples, withSample } from '../model/rates.ts';
import { type PoolSeries, seriesOf } from '../model/series.ts';
import { call } from './client.ts';

export type { PoolStatus } from '../../worker/stats/pool-status.ts';
export type BackendStatus = PoolStatus['backends'][number];

/** A pool's newest status, and what came before it, for rates. */
export interface PoolSample {
  readonly status: PoolStatus;
  readonly samples: Samples;
}

/** By pool id. */
export type PoolSamples = Readonly<Record<string, PoolSample>>;

/**
 * Adds statuses that came now. The other pools keep theirs, and its identity. Rates go by the clock of this browser,
 * since the server's may differ.
 */
export function withStatuses(poolSamples: PoolSamples, statuses: readonly PoolStatus[]): PoolSamples {
  const at = Date.now();
  const next: Record<string, PoolSample> = { ...poolSamples };
  for (const status of statuses)
    next[status.pool] = {
      status,
      samples: withSample(next[status.pool]?.samples ?? noSamples, { at, backends: status.backends }),
    };
  return next;
}

/** After a silence of this length the readings before it say nothing about the rate now, in ms. */
const SILENCE_MS = 5_000;

/** Without the readings from before a silence: rates begin anew. */
export function withoutOldSamples(poolSamples: PoolSamples): PoolSamples {
  const from = Date.now() - SILENCE_MS;
  return Object.fromEntries(
    Object.entries(poolSamples).map(([id, { status, samples }]) => [
      id,
      { status, samples: (samples.at(-1)?.at ?? 0) < from ? noSamples : samples },
    ]),
  );
}

/** The sample of every pool. */
export const poolSamplesQuery = queryOptions({
  queryKey: ['poolSamples'],
  queryFn: async ({ client: queries }): Promise<PoolSamples> => {
    const { pools: statuses } = await call('GET /status');
    const known = queries.getQueryData<PoolSamples>(['poolSamples']) ?? {};
    const kept: PoolSamples = Object.fromEntries(
      statuses.flatMap(({ pool }) => {
        const poolSample = known[pool];
        return poolSample ? [[pool, poolSample]] : [];
      }),
    );
    return withStatuses(kept, statuses);
  },
  staleTime: Number.POSITIVE_INFINITY,
  // Every status is new: comparing it piece by piece would cost more than it saves.
  structuralSharing: false,
});

const SERIES_MS = 5 * 60_000;
const STEP_MS = 5_000;

/** The last five minutes in steps of five seconds: of all pools, or of one by backend. */
export const seriesQuery = (pool?: string) =>
  queryOptions({
    queryKey: ['series', pool ?? null],
    queryFn: async (): Promise<PoolSeries[]> => {
      const to = Date.now();
      const range = { from: to - SERIES_MS, to, step: STEP_MS };
      const query = pool === undefined ? range : { pool, by: 'backend' as const, ...range };
      const { pools = [], backends, ...columns } = await call('GET /series', { query });
      if (pool !== undefined) return [seriesOf(pool, columns, backends)];
      return pools.map(({ id, ...own }) => seriesOf(id, own));
    },
    refetchInterval: 5_000,
  });
