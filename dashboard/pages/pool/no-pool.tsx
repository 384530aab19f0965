/** What stands at the address of a pool that is not there: which change deleted it, where that is known. */
import { MagnifyingGlassIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useCallback } from 'react';
import { type EventsAnswer, eventsQuery } from '../../api/events.ts';
import { Card } from '../../components/card.tsx';
import { Page } from '../../components/page.tsx';
import { Nothing } from '../../components/query-state.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { deletionOf } from '../../model/deletion.ts';
import type { ConfigEvent } from '../../model/timeline.ts';
import { whoInWords } from '../../model/who.ts';

interface NoPoolProps {
  readonly id: string;
  /** The one in force, which has no such pool. */
  readonly revision: number;
}

const LINK = 'text-kumo-link underline';

/** The page. */
export function NoPool({ id, revision }: NoPoolProps) {
  const { data: deletion } = useQuery({
    ...eventsQuery,
    select: useCallback(({ events }: EventsAnswer) => deletionOf(id, events), [id]),
  });
  return (
    <Page title="No such pool" facts={<p>revision {revision} is in force</p>}>
      <Card>
        <Nothing Sign={MagnifyingGlassIcon} title={`The configuration has no pool ${id}`}>
          {/* As high while the events are loading: nothing jumps. */}
          <p className="min-h-5">{deletion !== undefined && <Why deletion={deletion} />}</p>
          <Link to="/" className={LINK}>
            To the overview of all pools
          </Link>
        </Nothing>
      </Card>
    </Page>
  );
}

function Why({ deletion }: { readonly deletion: ConfigEvent | null }) {
  if (!deletion) return 'The changes on record do not tell of its deletion: perhaps it was never called so.';
  const { revision, at, who } = deletion;
  return (
    <>
      It was deleted in{' '}
      <Link to="/history" search={{ revision: String(revision) }} className={LINK}>
        revision {revision}
      </Link>
      , <TimeAgo at={at} />, by {whoInWords(who)}.
    </>
  );
}
