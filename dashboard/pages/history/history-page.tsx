/** The history as one timeline: changes of the configuration, ejections, probes and returns; and rollback. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { configQuery } from '../../api/config.ts';
import { eventsQuery } from '../../api/events.ts';
import { revisionsQuery } from '../../api/revisions.ts';
import { Card } from '../../components/card.tsx';
import { Choice } from '../../components/choice.tsx';
import { Page } from '../../components/page.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { filtered, readShow, revisionsOf, SHOWS, type Show, timeline } from '../../model/timeline.ts';
import { Days } from './days.tsx';
import { RevisionDialog } from './revision-dialog.tsx';
import { RollbackDialog } from './rollback-dialog.tsx';

/** The page; filters and the open revision are in the URL. */
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
    return filtered(all, { show: readShow(show), pool: ofPool });
  }, [events.data, revisions.data, show, pool]);
  // Every revision from this one on is kept; the newest event may be ahead of the list.
  const oldestKept = revisions.data?.revisions.at(-1)?.revision ?? 1;
  const open = (number: number | undefined) =>
    void navigate({
      search: (now) => ({ ...now, revision: number === undefined ? undefined : String(number) }),
      resetScroll: false,
    });
  const askRollback = (to: number) => {
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
          onRollBack={askRollback}
          onClear={() => void navigate({ search: {} })}
        />
      )}
      <RevisionDialog
        revision={revision}
        inForce={config?.revision}
        onRollBack={askRollback}
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

interface HistoryFiltersProps {
  readonly show: Show | null;
  readonly pool: string | undefined;
  readonly pools: readonly string[];
  readonly onChange: (next: { show?: string | undefined; pool?: string | undefined }) => void;
}

/** The filters: a kind of entry, a pool. */
function HistoryFilters({ show, pool, pools, onChange }: HistoryFiltersProps) {
  return (
    <search
      aria-label="Filters"
      className="grid grid-cols-2 gap-3 sm:grid-cols-[repeat(2,minmax(8rem,14rem))]"
    >
      <Choice
        label="Show"
        any="everything"
        value={show ?? undefined}
        choices={Object.entries(SHOWS)}
        onChange={(next) => onChange({ show: next })}
      />
      <Choice
        label="Pool"
        any="any pool"
        value={pool}
        choices={pools.map((id) => [id, id])}
        onChange={(next) => onChange({ pool: next })}
      />
    </search>
  );
}
