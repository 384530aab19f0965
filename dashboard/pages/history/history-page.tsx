/** What happened, on one time line: changes of the configuration, ejections, probes, returns; and the way back. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { configQuery } from '../../api/config.ts';
import { eventsQuery } from '../../api/events.ts';
import { revisionsQuery } from '../../api/revisions.ts';
import { Card } from '../../components/card.tsx';
import { Page } from '../../components/page.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { narrowed, readShow, revisionsOf, timeline } from '../../model/timeline.ts';
import { Days } from './days.tsx';
import { HistoryFilters } from './history-filters.tsx';
import { RevisionDialog } from './revision-dialog.tsx';
import { RollbackDialog } from './rollback-dialog.tsx';

/** The page; filters and the open revision live in the URL. */
export function HistoryPage() {
  const { revision, show, pool } = useSearch({ from: '/history' });
  const navigate = useNavigate({ from: '/history' });
  const [rollback, setRollback] = useState<number | null>(null);
  const { data: config } = useQuery(configQuery);
  const events = useQuery(eventsQuery);
  const revisions = useQuery(revisionsQuery);
  const entries = useMemo(() => {
    if (!events.data || !revisions.data) return null;
    const all = timeline(events.data.events, revisions.data.revisions);
    const ofPool = pool === undefined ? null : { id: pool, revisions: revisionsOf(pool, events.data.events) };
    return narrowed(all, { show: readShow(show), pool: ofPool });
  }, [events.data, revisions.data, show, pool]);
  // All from there on are kept; the newest event may be ahead of the list.
  const oldestKept = revisions.data?.revisions.at(-1)?.revision ?? 1;
  const open = (number: number | undefined) =>
    void navigate({
      search: (now) => ({ ...now, revision: number === undefined ? undefined : String(number) }),
      resetScroll: false,
    });
  const askBack = (to: number) => {
    setRollback(to);
    if (revision !== undefined) open(undefined);
  };
  return (
    <Page title="History" facts={config && <p>revision {config.revision} is in force</p>}>
      <HistoryFilters
        show={readShow(show)}
        pool={pool}
        pools={config?.config.pools.map(({ id }) => id) ?? []}
        onChange={(next) => void navigate({ search: (now) => ({ ...now, ...next }), replace: true })}
      />
      {entries === null && <Missing events={events} revisions={revisions} />}
      {entries && (
        <Days
          entries={entries}
          oldestKept={oldestKept}
          inForce={config?.revision}
          onOpen={open}
          onRollBack={askBack}
          onClear={() => void navigate({ search: {} })}
        />
      )}
      <RevisionDialog
        revision={revision}
        inForce={config?.revision}
        onRollBack={askBack}
        onClose={() => open(undefined)}
      />
      <RollbackDialog to={rollback} onClose={() => setRollback(null)} />
    </Page>
  );
}

type Queried = Parameters<typeof QueryError>[0]['query'];

function Missing({ events, revisions }: { readonly events: Queried; readonly revisions: Queried }) {
  if (events.error) return <QueryError what="The events" query={events} />;
  if (revisions.error) return <QueryError what="The revisions" query={revisions} />;
  return (
    <Card>
      <Skeleton lines={8} className="p-4" />
    </Card>
  );
}
