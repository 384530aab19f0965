/** The whole deployment in one line, then all pools, those with problems first. */
import { PlusIcon, WarningIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { type Config, configQuery } from '../../api/config.ts';
import { incidentsQuery } from '../../api/incidents.ts';
import { overviewSeriesQuery } from '../../api/series.ts';
import { type PoolSamples, poolSamplesQuery } from '../../api/status.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { Page } from '../../components/page.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { plural } from '../../model/format.ts';
import { byHealth, isProblem, summarise } from '../../model/health.ts';
import { leadsTo } from '../../model/maintenance.ts';
import { Figures } from './figures.ts';
import { PoolCard } from './pool-card.tsx';
import { Totals } from './totals.tsx';

// Forms are loaded when they are needed: the first page needs none. Nor does it need the table, while pools are few.
const FirstSteps = lazy(async () => ({ default: (await import('./first-steps.tsx')).FirstSteps }));
const PoolDialog = lazy(async () => ({ default: (await import('./pool-form.tsx')).PoolDialog }));
const PoolTable = lazy(async () => ({ default: (await import('./pool-table.tsx')).PoolTable }));

/** With more pools than this they are a table. */
const MANY = 12;

const GRID = 'grid grid-cols-[repeat(auto-fill,minmax(min(100%,380px),1fr))] gap-4';

const NO_SAMPLES: PoolSamples = {};

/** The start page. */
export function Overview() {
  const query = useQuery(configQuery);
  const { data } = query;
  const { add } = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  const [isGuided, setGuided] = useState(false);
  const { data: poolSamples = NO_SAMPLES } = useQuery(poolSamplesQuery);
  const { data: series } = useQuery(overviewSeriesQuery);
  const { data: incidents } = useQuery(incidentsQuery);
  const figures = useMemo(
    () => ({
      poolSamples,
      series: new Map(series?.pools?.map((one) => [one.id, one])),
      open: new Map(incidents?.filter(({ to }) => to === null).map((one) => [one.pool, one])),
      routeless: new Set(data ? routelessOf(data.config) : []),
    }),
    [poolSamples, series, incidents, data],
  );
  if (!data)
    return (
      <Page title="Overview">
        {query.error ? <QueryError what="The configuration" query={query} /> : <Loading />}
      </Page>
    );
  // Without a route, only the counters tell a new deployment from one that has lost its last route.
  const isKnown =
    data.config.pools.length === 0 || data.config.routes.length > 0 || Object.keys(poolSamples).length > 0;
  if (!isKnown && !isGuided)
    return (
      <Page title="Overview">
        <Loading />
      </Page>
    );
  // The guide stays until its last step is done, although there is a route by then.
  const isNew = isUntouched(data.config, poolSamples);
  if (isNew && !isGuided) setGuided(true);
  if (isGuided || isNew)
    return (
      <Page title="Overview">
        <Suspense fallback={<Skeleton lines={6} className="max-w-2xl" />}>
          <FirstSteps config={data.config} onDone={() => setGuided(false)} />
        </Suspense>
      </Page>
    );
  const { pools, routes } = data.config;
  const rows = pools
    .map((pool) => ({ id: pool.id, summary: summarise(poolSamples[pool.id]?.status) }))
    .toSorted((a, b) => byHealth(a.summary, b.summary));
  const ids = rows.map(({ id }) => id);
  const problems = rows.filter(({ summary }) => isProblem(summary.health));
  return (
    <Page
      title="Overview"
      facts={
        <Verdict
          problems={problems.map(({ id }) => id)}
          isWhole={rows.every(({ summary }) => summary.health === 'ok')}
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
      {routes.length === 0 && <NoRoute />}
      <Totals />
      <Figures value={figures}>
        {pools.length > MANY ? (
          <Suspense fallback={<Loading />}>
            <PoolTable ids={ids} />
          </Suspense>
        ) : (
          <ul className={GRID}>
            {ids.map((id) => (
              <li key={id}>
                <PoolCard id={id} />
              </li>
            ))}
          </ul>
        )}
      </Figures>
      {add === 'pool' && (
        <Suspense>
          <PoolDialog config={data.config} onClose={() => void navigate({ search: {} })} />
        </Suspense>
      )}
    </Page>
  );
}

/** Whether this is a new deployment: no pool, or no route and no request yet. */
const isUntouched = ({ pools, routes }: Config, poolSamples: PoolSamples): boolean =>
  pools.length === 0 ||
  (routes.length === 0 &&
    Object.values(poolSamples).every(({ status }) =>
      status.backends.every(({ requests }) => requests === 0),
    ));

/** The pools that neither a route nor another pool's fallback leads to. */
const routelessOf = ({ pools, routes }: Config): string[] =>
  pools
    .map(({ id }) => id)
    .filter(
      (id) =>
        !routes.some((route) => leadsTo(id, route)) &&
        !pools.some(({ whenUnavailable }) => whenUnavailable === `pool:${id}`),
    );

/** Says that the last route is gone: an outage of everything. */
function NoRoute() {
  return (
    <section
      role="alert"
      className="flex flex-wrap items-center gap-3 rounded-lg border border-kumo-line bg-kumo-base p-4"
    >
      <WarningIcon aria-hidden="true" size={20} className="shrink-0 text-kumo-danger" />
      <p className="min-w-0 flex-1 basis-64 font-medium text-kumo-danger">
        There is no route: every request gets 404.
      </p>
      <Link to="/history" search={{ show: 'changes' }} className="text-kumo-link underline">
        Roll back
      </Link>
      <Link to="/routes" search={{ edit: '+' }} className="text-kumo-link underline">
        Add a route
      </Link>
    </section>
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
  /** The operator has taken nothing out either. */
  readonly isWhole: boolean;
  readonly known: boolean;
}

function Verdict({ problems, isWhole, known }: VerdictProps) {
  if (!known) return null;
  if (problems.length === 0)
    return (
      <p>{isWhole ? 'Every pool is OK.' : 'No pool has a problem; some are reduced by their operators.'}</p>
    );
  return (
    <p className="font-medium text-kumo-danger" role="status">
      {plural(problems.length, 'pool has a problem', 'pools have problems')}:{' '}
      {problems.slice(0, 5).join(', ')}
      {problems.length > 5 && ' …'}
    </p>
  );
}
