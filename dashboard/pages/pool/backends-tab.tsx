/** A pool's figures, backends, charts and newest requests. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback } from 'react';
import type { PoolConfig, RouteConfig } from '../../api/config.ts';
import { type EventsAnswer, eventsQuery } from '../../api/events.ts';
import { type PoolSamples, poolSamplesQuery, seriesQuery } from '../../api/status.ts';
import { Card } from '../../components/card.tsx';
import { QuestionDialog } from '../../components/question-dialog.tsx';
import { usePoolActions } from './actions.ts';
import { BackendsCard } from './backends-card.tsx';
import { ChecksCard } from './checks-card.tsx';
import { DrainDialog } from './drain-dialog.tsx';
import { KpiStrip } from './kpi-strip.tsx';
import { RecentCard } from './recent-card.tsx';
import { causesOf } from './standing.ts';

/** uPlot is loaded only with the charts. */
const TrafficCharts = lazy(async () => ({
  default: (await import('./traffic-charts.tsx')).TrafficCharts,
}));

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
  const { data: series } = useQuery(seriesQuery(pool.id));
  const { data: causes = NONE } = useQuery({
    ...eventsQuery,
    select: useCallback(({ events }: EventsAnswer) => causesOf(events, pool.id), [pool.id]),
  });
  const { actions, question, setQuestion, draining, setDraining } = usePoolActions(pool.id);
  return (
    <>
      <KpiStrip poolSample={poolSample} series={series?.[0]} causes={causes} />
      <BackendsCard pool={pool} routes={routes} poolSample={poolSample} causes={causes} actions={actions} />
      <ChecksCard pool={pool} poolSample={poolSample} />
      <Card title="Requests and failures by backend, last five minutes">
        <div className="min-h-80 p-4 pt-2">
          <Suspense fallback={null}>
            {series?.[0] && <TrafficCharts key={pool.id} series={series[0]} />}
          </Suspense>
        </div>
      </Card>
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
