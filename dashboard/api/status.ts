/** The status of the pools: pushed by the live view once a second, read from the API while that is away. */
import { queryOptions } from '@tanstack/react-query';
import type { PoolStatus } from '../../worker/stats/pool-status.ts';
import { noSamples, type Samples, withSample } from '../model/rates.ts';
import { type AnswerOf, call } from './client.ts';
import { noteServerTime } from './server-time.ts';

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
  if (statuses[0]) noteServerTime(statuses[0].at);
  const next: Record<string, PoolSample> = { ...poolSamples };
  for (const status of statuses)
    next[status.pool] = {
      status,
      samples: withSample(next[status.pool]?.samples ?? noSamples, { ...status, at }),
    };
  return next;
}

/** After a silence of this length the readings before it say nothing about the rate now, in ms. */
const SILENCE_MS = 5_000;

/** Drops the readings from before a silence, because no rate can be computed across it. */
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

/** How often the counts that the live view does not push are read. */
const COUNTS_MS = 10_000;
const MINUTE_MS = 60_000;

/** A reading of the requests that no route fitted. */
interface UnroutedReading {
  readonly at: number;
  readonly requests: number;
}

/** What clients received by route, and the requests that no route fitted. */
export interface Deployment {
  readonly routes: AnswerOf<'GET /status'>['routes'];
  /** Requests without a route, since they are counted and in the last minute; the latter is null until it is known. */
  readonly unrouted: number;
  readonly lastMinute: number | null;
  readonly readings: readonly UnroutedReading[];
}

/** The counts of the whole deployment. */
export const deploymentQuery = queryOptions({
  queryKey: ['deployment'],
  queryFn: async ({ client: queries }): Promise<Deployment> => {
    const { routes, unrouted } = await call('GET /status');
    const requests = Object.values(unrouted.own).reduce((sum, n) => sum + n, 0);
    const now = Date.now();
    const known = queries.getQueryData<Deployment>(['deployment'])?.readings ?? [];
    const before = known.filter(({ at }) => at > now - MINUTE_MS - COUNTS_MS);
    const first = before.find(({ at }) => at >= now - MINUTE_MS - COUNTS_MS);
    return {
      routes,
      unrouted: requests,
      lastMinute: first ? Math.max(0, requests - first.requests) : null,
      readings: [...before, { at: now, requests }],
    };
  },
  refetchInterval: ({ state }) => ((state.data?.readings.length ?? 0) < 2 ? 2_000 : COUNTS_MS),
  structuralSharing: false,
});
