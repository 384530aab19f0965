/** One incident: what it cost, its chart, its events and example requests. */
import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { XIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useRef } from 'react';
import type { Incident } from '../../api/incidents.ts';
import { requestsQuery } from '../../api/requests.ts';
import { seriesBetweenQuery } from '../../api/series.ts';
import { MappingLine } from '../../components/mapping-line.tsx';
import { HealthState } from '../../components/state.tsx';
import { useFigure } from '../../live/use-live.ts';
import { count, dateAndClock, duration } from '../../model/format.ts';
import { EventLine } from '../history/entries.tsx';

/** uPlot is loaded only with the charts. */
const TrafficCharts = lazy(async () => ({
  default: (await import('../pool/traffic-charts.tsx')).TrafficCharts,
}));

/** The time shown before and after an incident. */
const MARGIN_MS = 120_000;
/** Example requests shown. */
const EXAMPLES = 10;

interface IncidentDialogProps {
  readonly incident: Incident | null;
  /** The URL names one that is not on record. */
  readonly isMissing: boolean;
  readonly onClose: () => void;
}

/** Open while there is an incident. */
export function IncidentDialog({ incident, isMissing, onClose }: IncidentDialogProps) {
  // The content stays while the dialog fades out.
  const last = useRef(incident);
  if (incident) last.current = incident;
  const shown = last.current;
  return (
    <Dialog.Root open={incident !== null || isMissing} onOpenChange={(open) => !open && onClose()}>
      <Dialog size="xl" className="flex max-h-[92dvh] w-full flex-col p-0 lg:max-w-5xl">
        <header className="flex items-center gap-4 px-6 pt-6">
          {/* First, so that it gets the focus. */}
          <Dialog.Close
            render={(props) => (
              <Button
                {...props}
                variant="ghost"
                shape="square"
                icon={XIcon}
                aria-label="Close"
                className="order-last"
              />
            )}
          />
          <Dialog.Title className="min-w-0 flex-1 text-lg font-semibold [overflow-wrap:anywhere]">
            {isMissing ? 'Incident not found' : `Incident of ${shown?.pool}`}
          </Dialog.Title>
        </header>
        <div className="flex min-h-0 flex-col gap-6 overflow-y-auto p-6 *:shrink-0">
          {isMissing ? (
            <Dialog.Description>It is not on record any more.</Dialog.Description>
          ) : (
            shown && <Details incident={shown} />
          )}
        </div>
      </Dialog>
    </Dialog.Root>
  );
}

function Details({ incident }: { readonly incident: Incident }) {
  const { pool, state, from, to, cause, backends, requestsFailed, savedByRetry, events } = incident;
  const now = useFigure((time) => time);
  return (
    <>
      <div className="flex flex-col gap-1">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <HealthState health={state} />
          <span className="[overflow-wrap:anywhere] text-kumo-default">{cause}</span>
        </p>
        <Dialog.Description className="text-kumo-subtle">
          From {dateAndClock(from)} {to === null ? 'on' : `to ${dateAndClock(to)}`},{' '}
          {duration(Math.max(0, (to ?? now) - from))}
          {to === null && ' so far'}.
        </Dialog.Description>
      </div>
      <dl className="grid grid-cols-2 gap-4 sm:grid-cols-3">
        <Fact name="Requests that failed" value={count(requestsFailed)} isBad={requestsFailed > 0} />
        <Fact name="Requests saved by a retry" value={count(savedByRetry)} />
        <Fact name="Backends" value={backends.join(', ') || 'none in particular'} />
      </dl>
      <Charts incident={incident} />
      <section className="flex flex-col gap-2">
        <h3 className="font-medium">Events</h3>
        {events.length === 0 && <p className="text-kumo-subtle">None.</p>}
        <ol className="flex flex-col gap-1">
          {events.map((event) => (
            <li key={event.id}>
              <EventLine event={event} />
            </li>
          ))}
        </ol>
      </section>
      <Examples incident={incident} />
      <p className="flex flex-wrap gap-x-4">
        <Link to="/pools/$pool" params={{ pool }} className="text-kumo-link underline">
          Pool {pool}
        </Link>
        <Link to="/requests" search={{ pool, failed: 'true' }} className="text-kumo-link underline">
          Failed requests of {pool}
        </Link>
        <Link to="/history" search={{ pool }} className="text-kumo-link underline">
          History of {pool}
        </Link>
      </p>
    </>
  );
}

interface FactProps {
  readonly name: string;
  readonly value: string;
  readonly isBad?: boolean;
}

const Fact = ({ name, value, isBad = false }: FactProps) => (
  <div>
    <dt className="text-kumo-subtle">{name}</dt>
    <dd className={`text-base [overflow-wrap:anywhere] ${isBad ? 'font-medium text-kumo-danger' : ''}`}>
      {value}
    </dd>
  </div>
);

function Charts({ incident: { pool, from, to } }: { readonly incident: Incident }) {
  const range = useMemo(
    () => ({ from: from - MARGIN_MS, to: to === null ? null : to + MARGIN_MS }),
    [from, to],
  );
  const { data: series } = useQuery(seriesBetweenQuery(pool, range));
  return (
    <div className="min-h-96">
      <Suspense fallback={null}>
        {series && <TrafficCharts pool={pool} series={series} range="in the time shown" />}
      </Suspense>
    </div>
  );
}

/** Failed requests of the time, as far as they are still on record. */
function Examples({ incident: { pool, from, to } }: { readonly incident: Incident }) {
  const { data } = useQuery(requestsQuery({ pool, failed: 'true' }));
  const during = data
    ?.filter(({ at }) => at >= from - MARGIN_MS && (to === null || at <= to))
    .slice(0, EXAMPLES);
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-medium">Example requests</h3>
      {during?.length === 0 && <p className="text-kumo-subtle">None is on record any more.</p>}
      <ul className="flex flex-col gap-1">
        {during?.map((mapping) => (
          <li key={`${mapping.requestId} ${mapping.at}`}>
            <Link
              to="/requests"
              search={{ pool, id: mapping.requestId }}
              className="block rounded hover:bg-kumo-tint"
            >
              <MappingLine mapping={mapping} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
