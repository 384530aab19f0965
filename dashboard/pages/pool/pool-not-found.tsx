/** Shown at the address of a pool that does not exist: which change deleted it, if that is known. */
import { MagnifyingGlassIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useCallback } from 'react';
import { type EventsAnswer, eventsQuery } from '../../api/events.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { actorInWords, type ConfigEvent, deletionOf } from '../../model/timeline.ts';

interface PoolNotFoundProps {
  readonly id: string;
  /** The one in force. */
  readonly revision: number;
}

const LINK = 'text-kumo-link underline';

/** The page. */
export function PoolNotFound({ id, revision }: PoolNotFoundProps) {
  const { data: deletion } = useQuery({
    ...eventsQuery,
    select: useCallback(({ events }: EventsAnswer) => deletionOf(id, events), [id]),
  });
  return (
    <Page title="Pool not found" facts={<p>revision {revision} is in force</p>}>
      <EmptyState icon={MagnifyingGlassIcon} title={`There is no pool ${id}`}>
        {/* The height is reserved while the events are loading, so that nothing jumps. */}
        <p className="min-h-5">{deletion !== undefined && <Why deletion={deletion} />}</p>
        <Link to="/" className={LINK}>
          Go to the overview
        </Link>
      </EmptyState>
    </Page>
  );
}

function Why({ deletion }: { readonly deletion: ConfigEvent | null }) {
  if (!deletion) return 'No deletion of this pool is in the history. Check the name.';
  const { revision, at, who } = deletion;
  return (
    <>
      It was deleted in{' '}
      <Link to="/history" search={{ revision: String(revision) }} className={LINK}>
        revision {revision}
      </Link>
      , <TimeAgo at={at} />, by {actorInWords(who)}.
    </>
  );
}
