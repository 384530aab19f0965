/** One revision: who made it, when, and what it changed. */

import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { type RevisionDetails, revisionQuery } from '../../api/revisions.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { Differences } from '../../components/differences.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { exactTime } from '../../model/format.ts';
import { actorInWords } from '../../model/timeline.ts';

interface RevisionDialogProps {
  /** The revision in the URL; undefined: closed. */
  readonly revision: string | undefined;
  readonly inForce: number | undefined;
  readonly onRollBack: (revision: number) => void;
  readonly onClose: () => void;
}

/** Open while there is a revision. */
export function RevisionDialog({ revision, inForce, onRollBack, onClose }: RevisionDialogProps) {
  // The content stays while the dialog fades out.
  const last = useRef(1);
  if (revision !== undefined) last.current = Number(revision);
  const number = last.current;
  const query = useQuery({ ...revisionQuery(number), enabled: revision !== undefined });
  return (
    <Dialog.Root open={revision !== undefined} onOpenChange={(open) => !open && onClose()}>
      <Dialog size="xl" className="flex max-h-[88dvh] flex-col p-0">
        <div className="flex min-h-0 flex-col gap-4 overflow-y-auto p-6">
          <Dialog.Title className="text-lg font-semibold">Revision {number}</Dialog.Title>
          <Details query={query} />
        </div>
        <footer className="flex flex-wrap justify-end gap-2 border-t border-kumo-line px-6 py-4">
          <Button variant="secondary" onClick={onClose}>
            Close
          </Button>
          {query.data && number !== inForce && (
            <ChangeButton variant="primary" onClick={() => onRollBack(number)}>
              Roll back to {number}
            </ChangeButton>
          )}
        </footer>
      </Dialog>
    </Dialog.Root>
  );
}

function Details({ query }: { readonly query: UseQueryResult<RevisionDetails> }) {
  const { data } = query;
  if (!data) return query.error ? <QueryError what="The revision" query={query} /> : <Skeleton lines={4} />;
  return (
    <>
      <Dialog.Description className="text-kumo-subtle">
        {data.summary}, by {actorInWords(data.who)}, {exactTime(data.at)}
      </Dialog.Description>
      <h3 className="font-medium">Changes</h3>
      {data.changes ? (
        <Differences differences={data.changes} />
      ) : (
        <p className="text-kumo-subtle">The revision before it is no longer kept.</p>
      )}
      <p className="flex items-center gap-1 text-kumo-subtle">
        Complete document
        <CopyButton value={JSON.stringify(data.config, null, 2)} what="document" />
      </p>
    </>
  );
}
