/** How the pools stand: fed by the live view once a second, asked for by itself where that is away. */
import { queryOptions } from '@tanstack/react-query';
import type { PoolStatus } from '../../worker/objects/pool-status.ts';
import type { PoolSeries } from '../../worker/objects/series.ts';
import { noSamples, type Samples, withSample } from '../model/rates.ts';
import { client, read } from './client.ts';

export type { PoolStatus } from '../../worker/objects/pool-status.ts';
export type BackendStatus = PoolStatus['backends'][number];

/** A pool's newest status, and what came before it, for rates. */
export interface PoolSample {
  readonly status: PoolStatus;
  readonly samples: Samples;
}

/** By pool id. */
export type PoolSamples = Readonly<Record<string, PoolSample>>;

/**
 * Adds newer statuses, heard now; those of pools that are not told of stay, and keep their identity. Rates go by this
 * browser's clock, whatever the server's says.
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

/** The sample of every pool. */
export const poolSamplesQuery = queryOptions({
  queryKey: ['poolSamples'],
  queryFn: async ({ client: queries }): Promise<PoolSamples> => {
    const { statuses } = await read(client.status.$get());
    const known = queries.getQueryData<PoolSamples>(['poolSamples']) ?? {};
    const left = Object.fromEntries(statuses.map(({ pool }) => [pool, known[pool]]));
    const kept = Object.fromEntries(
      Object.entries(left).filter(([, poolSample]) => poolSample),
    ) as PoolSamples;
    return withStatuses(kept, statuses);
  },
  staleTime: Number.POSITIVE_INFINITY,
  // What comes is new by nature; comparing it piece by piece would cost more than it saves.
  structuralSharing: false,
});

/** The last five minutes in steps of five seconds: of all pools, or of one by backend. */
export const seriesQuery = (pool?: string) =>
  queryOptions({
    queryKey: ['series', pool ?? null],
    queryFn: async () => {
      const { series } = await read(
        client.series.$get({ query: pool === undefined ? {} : { pool } } as object),
      );
      return series as readonly PoolSeries[];
    },
    refetchInterval: 5_000,
  });
