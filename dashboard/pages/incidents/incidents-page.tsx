/** The incidents: each time in which a pool was down, failing or degraded, and what it cost. */
import { FirstAidIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { configQuery } from '../../api/config.ts';
import { type Incident, incidentsQuery } from '../../api/incidents.ts';
import { Card } from '../../components/card.tsx';
import { Choice } from '../../components/choice.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ExportMenu } from '../../components/export-menu.tsx';
import { Page } from '../../components/page.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { HealthState } from '../../components/state.tsx';
import { useFigure } from '../../live/use-live.ts';
import type { Line } from '../../model/export.ts';
import { count, dateAndClock, duration, plural } from '../../model/format.ts';
import { IncidentDialog } from './incident-dialog.tsx';

const route = getRouteApi('/incidents');

/** The page; the open incident and the filter are in the URL. */
export function IncidentsPage() {
  const { id, pool } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(incidentsQuery);
  const { data: config } = useQuery(configQuery);
  const { data } = query;
  const shown = data?.filter((incident) => pool === undefined || incident.pool === pool);
  const open = data?.filter(({ to }) => to === null).length ?? 0;
  return (
    <Page
      title="Incidents"
      facts={
        data && (
          <p className={open > 0 ? 'font-medium text-kumo-danger' : ''}>
            {open > 0 ? `${plural(open, 'incident')} open` : 'None is open.'}
          </p>
        )
      }
    >
      <p className="max-w-3xl text-kumo-subtle">
        An incident begins when a pool is down, failing or degraded, and ends when the pool has been OK for a
        minute.
      </p>
      <search aria-label="Filters" className="max-w-56">
        <Choice
          label="Pool"
          any="any pool"
          value={pool}
          choices={config?.config.pools.map((one) => [one.id, one.id]) ?? []}
          onChange={(next) => void navigate({ search: (now) => ({ ...now, pool: next }), replace: true })}
        />
      </search>
      {!data && query.error && <QueryError what="The incidents" query={query} />}
      {!data && !query.error && (
        <Card>
          <Skeleton lines={6} className="p-4" />
        </Card>
      )}
      {shown?.length === 0 && (
        <EmptyState icon={FirstAidIcon} title="No incidents">
          <p>{pool === undefined ? 'No pool has had a problem.' : `Pool ${pool} has had no problem.`}</p>
        </EmptyState>
      )}
      {shown && shown.length > 0 && <List incidents={shown} />}
      <IncidentDialog
        incident={data?.find((one) => String(one.id) === id) ?? null}
        isMissing={id !== undefined && (data?.every((one) => String(one.id) !== id) ?? false)}
        onClose={() => void navigate({ search: (now) => ({ ...now, id: undefined }) })}
      />
    </Page>
  );
}

const CELL = 'px-3 py-2 align-top';

function List({ incidents }: { readonly incidents: readonly Incident[] }) {
  const now = useFigure((time) => time);
  return (
    <Card
      title={plural(incidents.length, 'incident')}
      actions={<ExportMenu name="incidents" lines={() => incidents.map(lineOf)} />}
    >
      <table className="mt-2 hidden w-full border-collapse md:table" aria-label="Incidents">
        <thead>
          <tr className="border-b border-kumo-line text-left text-kumo-subtle">
            {['Began', 'Length', 'Pool', 'Worst state', 'Cause'].map((name) => (
              <th key={name} scope="col" className="px-3 py-2 font-normal first:pl-4">
                {name}
              </th>
            ))}
            <th scope="col" className="px-3 py-2 text-right font-normal">
              Failed
            </th>
            <th scope="col" className="px-3 py-2 pr-4 text-right font-normal">
              Saved by a retry
            </th>
          </tr>
        </thead>
        <tbody>
          {incidents.map((incident) => (
            <tr key={incident.id} className="border-b border-kumo-line last:border-0">
              <th scope="row" className={`${CELL} pl-4 text-left font-normal whitespace-nowrap`}>
                <Open incident={incident} />
              </th>
              <td className={`${CELL} whitespace-nowrap`}>
                <Length incident={incident} now={now} />
              </td>
              <td className={CELL}>
                <PoolLink incident={incident} />
              </td>
              <td className={CELL}>
                <HealthState health={incident.state} />
              </td>
              <td className={`${CELL} [overflow-wrap:anywhere]`}>{incident.cause}</td>
              <td className={`${CELL} text-right`}>{count(incident.requestsFailed)}</td>
              <td className={`${CELL} pr-4 text-right`}>{count(incident.savedByRetry)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="mt-2 md:hidden">
        {incidents.map((incident) => (
          <li key={incident.id} className="flex flex-col gap-1 border-t border-kumo-line px-4 py-3">
            <span className="flex flex-wrap gap-x-3">
              <HealthState health={incident.state} />
              <PoolLink incident={incident} />
              <span className="ml-auto text-kumo-subtle">
                <Length incident={incident} now={now} />
              </span>
            </span>
            <Open incident={incident} />
            <span className="[overflow-wrap:anywhere]">{incident.cause}</span>
            <span className="text-kumo-subtle">
              {count(incident.requestsFailed)} failed, {count(incident.savedByRetry)} saved by a retry
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

interface PartProps {
  readonly incident: Incident;
}

const Open = ({ incident: { id, from } }: PartProps) => (
  <Link
    to="/incidents"
    search={(now) => ({ ...now, id: String(id) })}
    resetScroll={false}
    aria-label={`Incident of ${dateAndClock(from)}`}
    className="text-kumo-link underline"
  >
    {dateAndClock(from)}
  </Link>
);

const PoolLink = ({ incident: { pool } }: PartProps) => (
  <Link to="/pools/$pool" params={{ pool }} className="text-kumo-link hover:underline">
    {pool}
  </Link>
);

const Length = ({ incident: { from, to }, now }: PartProps & { readonly now: number }) =>
  to === null ? (
    <span className="font-medium text-kumo-danger">open, {duration(Math.max(0, now - from))}</span>
  ) : (
    duration(to - from)
  );

const lineOf = (incident: Incident): Line => ({
  id: incident.id,
  pool: incident.pool,
  state: incident.state,
  from: new Date(incident.from).toISOString(),
  to: incident.to === null ? null : new Date(incident.to).toISOString(),
  cause: incident.cause,
  backends: incident.backends.join(' '),
  requestsFailed: incident.requestsFailed,
  savedByRetry: incident.savedByRetry,
});
