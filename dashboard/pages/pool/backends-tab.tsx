/** A pool's figures, backends, charts and newest requests. */
import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { PoolConfig, RouteConfig } from '../../api/config.ts';
import { type EventsAnswer, eventsQuery } from '../../api/events.ts';
import { poolSeriesQuery } from '../../api/series.ts';
import { type PoolSamples, poolSamplesQuery } from '../../api/status.ts';
import { QuestionDialog } from '../../components/question-dialog.tsx';
import { RANGES } from '../../model/series.ts';
import { usePoolActions } from './actions.ts';
import { BackendsCard } from './backends-card.tsx';
import { ChartsCard } from './charts-card.tsx';
import { ChecksCard } from './checks-card.tsx';
import { DrainDialog } from './drain-dialog.tsx';
import { KpiStrip } from './kpi-strip.tsx';
import { RecentCard } from './recent-card.tsx';
import { causesOf } from './standing.ts';

const NONE: Readonly<Record<string, string>> = {};

interface BackendsTabProps {
  readonly pool: PoolConfig;
  readonly routes: readonly RouteConfig[];
}

/** The tab. */
export function BackendsTab({ pool, routes }: BackendsTabProps) {
  const { data: poolSample } = useQuery({
    ...poolSamplesQuery,
    select: useCallback((poolSamples: PoolSamples) => poolSamples[pool.id], [pool.id]),
  });
  const { data: columns } = useQuery(poolSeriesQuery({ pool: pool.id }, RANGES[0]));
  const { data: causes = NONE } = useQuery({
    ...eventsQuery,
    select: useCallback(({ events }: EventsAnswer) => causesOf(events, pool.id), [pool.id]),
  });
  const { actions, question, setQuestion, draining, setDraining } = usePoolActions(pool.id);
  return (
    <>
      <KpiStrip pool={pool.id} poolSample={poolSample} columns={columns} causes={causes} />
      <BackendsCard pool={pool} routes={routes} poolSample={poolSample} causes={causes} actions={actions} />
      <ChecksCard pool={pool} poolSample={poolSample} />
      <ChartsCard pool={pool} />
      <RecentCard pool={pool.id} />
      <QuestionDialog question={question} onClose={() => setQuestion(null)} />
      {draining !== null && (
        <DrainDialog
          pool={pool}
          backend={draining}
          poolSample={poolSample}
          onClose={() => setDraining(null)}
        />
      )}
    </>
  );
}
