/** All pools at a glance, those with problems first. */

import { PlusIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { configQuery } from '../../api/config.ts';
import { type PoolSamples, poolSamplesQuery, seriesQuery } from '../../api/status.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { Page } from '../../components/page.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { plural } from '../../model/format.ts';
import { byHealth, isProblem, summarise } from '../../model/health.ts';
import { Figures, PoolCard } from './pool-card.tsx';

// Forms are loaded when they are needed: the first page needs none.
const FirstSteps = lazy(async () => ({ default: (await import('./first-steps.tsx')).FirstSteps }));
const PoolDialog = lazy(async () => ({ default: (await import('./pool-form.tsx')).PoolDialog }));

const GRID = 'grid grid-cols-[repeat(auto-fill,minmax(min(100%,340px),1fr))] gap-4';

const NO_SAMPLES: PoolSamples = {};

/** The start page. */
export function Overview() {
  const query = useQuery(configQuery);
  const { data } = query;
  const { add } = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  const [isGuided, setGuided] = useState(false);
  const { data: poolSamples = NO_SAMPLES } = useQuery(poolSamplesQuery);
  const { data: series } = useQuery(seriesQuery());
  const figures = useMemo(() => {
    return { poolSamples, series: new Map(series?.map((one) => [one.pool, one])) };
  }, [poolSamples, series]);
  if (!data)
    return (
      <Page title="Overview">
        {query.error ? <QueryError what="The configuration" query={query} /> : <Loading />}
      </Page>
    );
  const { pools, routes } = data.config;
  // The guide stays until its last step is done, although there is a route by then.
  const isEmpty = pools.length === 0 || routes.length === 0;
  if (isEmpty && !isGuided) setGuided(true);
  if (isGuided || isEmpty)
    return (
      <Page title="Overview">
        <Suspense fallback={<Skeleton lines={6} className="max-w-2xl" />}>
          <FirstSteps config={data.config} onDone={() => setGuided(false)} />
        </Suspense>
      </Page>
    );
  const rows = pools
    .map((pool) => ({ pool, summary: summarise(poolSamples[pool.id]?.status) }))
    .toSorted((a, b) => byHealth(a.summary, b.summary));
  const problems = rows.filter(({ summary }) => isProblem(summary.health));
  return (
    <Page
      title="Overview"
      tabTitle={
        problems.length > 0 ? `(${problems.length}) ${plural(problems.length, 'problem')}` : 'Overview'
      }
      facts={
        <Verdict
          problems={problems.map(({ pool }) => pool.id)}
          isWhole={rows.every(({ summary }) => summary.available === summary.total)}
          known={Object.keys(poolSamples).length > 0}
        />
      }
      actions={
        <ChangeButton
          variant="secondary"
          icon={PlusIcon}
          onClick={() => void navigate({ search: { add: 'pool' } })}
        >
          Add pool
        </ChangeButton>
      }
    >
      <Figures value={figures}>
        <ul className={GRID}>
          {rows.map(({ pool }) => (
            <li key={pool.id}>
              <PoolCard id={pool.id} />
            </li>
          ))}
        </ul>
      </Figures>
      {add === 'pool' && (
        <Suspense>
          <PoolDialog config={data.config} onClose={() => void navigate({ search: {} })} />
        </Suspense>
      )}
    </Page>
  );
}

/** Where the cards will be. */
function Loading() {
  return (
    <div className={GRID}>
      {['first', 'second', 'third'].map((name) => (
        <div key={name} className="rounded-lg border border-kumo-line bg-kumo-base p-4">
          <Skeleton lines={5} />
        </div>
      ))}
    </div>
  );
}

interface VerdictProps {
  readonly problems: readonly string[];
  /** No backend is draining, disabled or on standby either. */
  readonly isWhole: boolean;
  readonly known: boolean;
}

function Verdict({ problems, isWhole, known }: VerdictProps) {
  if (!known) return null;
  if (problems.length === 0)
    return <p>{isWhole ? 'All backends are available.' : 'No pool has a problem.'}</p>;
  return (
    <p className="font-medium text-kumo-danger" role="status">
      {plural(problems.length, 'pool has a problem', 'pools have problems')}:{' '}
      {problems.slice(0, 5).join(', ')}
      {problems.length > 5 && ' …'}
    </p>
  );
}
