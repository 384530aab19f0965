/** Every pool at a glance: what is wrong comes first, and nothing wrong is said in one quiet sentence. */
import { useQuery } from '@tanstack/react-query';
import { configQuery } from '../../api/config.ts';
import { pulsesQuery, seriesQuery } from '../../api/status.ts';
import { Page } from '../../components/page.tsx';
import { plural } from '../../model/format.ts';
import { byHealth, isProblem, summarise } from '../../model/health.ts';
import { FirstSteps } from './first-steps.tsx';
import { PoolCard } from './pool-card.tsx';

/** The start page. */
export function Overview() {
  const { data } = useQuery(configQuery);
  const { data: pulses = {} } = useQuery(pulsesQuery);
  const { data: series = [] } = useQuery(seriesQuery());
  if (!data) return <Page title="Overview">{null}</Page>;
  const { pools, routes } = data.config;
  if (pools.length === 0 || routes.length === 0)
    return (
      <Page title="Overview">
        <FirstSteps config={data.config} />
      </Page>
    );
  const rows = pools
    .map((pool) => ({ pool, summary: summarise(pulses[pool.id]?.status) }))
    .toSorted((a, b) => byHealth(a.summary, b.summary));
  const problems = rows.filter(({ summary }) => isProblem(summary.health));
  return (
    <Page
      title="Overview"
      tabTitle={
        problems.length > 0 ? `(${problems.length}) ${plural(problems.length, 'problem')}` : 'Overview'
      }
      facts={
        <Verdict problems={problems.map(({ pool }) => pool.id)} known={Object.keys(pulses).length > 0} />
      }
    >
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,340px),1fr))] gap-4">
        {rows.map(({ pool }) => (
          <li key={pool.id}>
            <PoolCard
              pool={pool}
              pulse={pulses[pool.id]}
              series={series.find((one) => one.pool === pool.id)}
            />
          </li>
        ))}
      </ul>
    </Page>
  );
}

function Verdict({ problems, known }: { readonly problems: readonly string[]; readonly known: boolean }) {
  if (!known) return null;
  if (problems.length === 0) return <p>Every pool has all its backends.</p>;
  return (
    <p className="font-medium text-kumo-danger" role="status">
      {plural(problems.length, 'pool has a problem', 'pools have problems')}:{' '}
      {problems.slice(0, 5).join(', ')}
      {problems.length > 5 && ' …'}
    </p>
  );
}
