/** Figures over time, from the rollups of the Pool objects. */
import { queryOptions } from '@tanstack/react-query';
import type { Series } from '../../worker/protocol/traffic-schemas.ts';
import type { rangeOf } from '../model/series.ts';
import { call } from './client.ts';
import { serverNow } from './server-time.ts';

export type { Series } from '../../worker/protocol/traffic-schemas.ts';

const OVERVIEW = { ms: 300_000, stepMs: 15_000 };
/** How often the newest figures are read again; longer steps change less often. */
const OFTEN_MS = 5_000;
const SELDOM_MS = 60_000;

/** The last five minutes of the whole deployment and of each pool. */
export const overviewSeriesQuery = queryOptions({
  queryKey: ['series', 'all'],
  queryFn: (): Promise<Series> => {
    const to = serverNow();
    return call('GET /series', { query: { from: to - OVERVIEW.ms, to, step: OVERVIEW.stepMs } });
  },
  refetchInterval: OFTEN_MS,
});

/** The least steps of a chart, and the steps that the rollups have, in ms. */
const STEPS = { least: 60, sizes: [5_000, 15_000, 60_000, 300_000, 3_600_000, 14_400_000] } as const;

/** A pool by backend between two times (epoch ms); `to` null: now. */
export const seriesBetweenQuery = (
  pool: string,
  { from, to }: { readonly from: number; readonly to: number | null },
) =>
  queryOptions({
    queryKey: ['series', pool, 'between', from, to],
    queryFn: (): Promise<Series> => {
      const until = Math.min(to ?? serverNow(), serverNow());
      const step = STEPS.sizes.findLast((size) => (until - from) / size >= STEPS.least) ?? STEPS.sizes[0];
      return call('GET /series', { query: { pool, from, to: until, step } });
    },
    refetchInterval: to === null ? OFTEN_MS : false,
  });

/** What of a pool a chart shows. */
export interface SeriesOf {
  readonly pool: string;
  /** One backend alone. */
  readonly backend?: string | undefined;
  /** Each backend too. */
  readonly byBackend?: boolean;
}

/** A pool over a range that ends now. */
export const poolSeriesQuery = ({ pool, backend, byBackend }: SeriesOf, range: ReturnType<typeof rangeOf>) =>
  queryOptions({
    queryKey: ['series', pool, backend ?? null, byBackend ?? false, range.id],
    queryFn: (): Promise<Series> => {
      const to = serverNow();
      const times = { from: to - range.ms, to, step: range.stepMs };
      return call('GET /series', {
        query: {
          pool,
          ...(backend === undefined ? {} : { backend }),
          ...(byBackend && backend === undefined ? { by: 'backend' as const } : {}),
          ...times,
        },
      });
    },
    refetchInterval: Math.min(SELDOM_MS, Math.max(OFTEN_MS, range.stepMs / 2)),
  });
