/** Asks whose change shall stand when somebody else changed the configuration meanwhile (412). */
import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { configQuery } from '../api/config.ts';
import { revisionQuery } from '../api/revisions.ts';
import { Differences } from '../components/differences.tsx';
import { carryOut } from './carry-out.ts';
import { type Conflict, conflicts } from './conflicts.ts';

/** Shows the open question, if there is one. */
export function ConflictDialog() {
  const conflict = useSyncExternalStore(conflicts.subscribe, conflicts.snapshot);
  return (
    <Dialog.Root open={conflict !== null} onOpenChange={(open) => !open && conflicts.settle()}>
      {conflict && <Question conflict={conflict} />}
    </Dialog.Root>
  );
}

/** More changes by others than this are told as a number. */
const SHOWN = 5;

function Question({ conflict: { change, seen } }: { readonly conflict: Conflict }) {
  const queries = useQueryClient();
  const { data: now } = useQuery(configQuery);
  const newest = now?.revision ?? seen;
  const missed = Array.from({ length: Math.max(0, newest - seen) }, (_, i) => seen + 1 + i);
  const theirs = useQueries({ queries: missed.slice(-SHOWN).map((revision) => revisionQuery(revision)) });
  const mine = async () => {
    conflicts.settle();
    await queries.fetchQuery({ ...configQuery, staleTime: 0 });
    await carryOut(queries, change);
  };
  return (
    <Dialog size="lg" className="flex flex-col gap-4 p-6">
      <Dialog.Title className="text-lg font-semibold">The configuration was changed meanwhile</Dialog.Title>
      <Dialog.Description className="text-kumo-subtle">
        Your change was not made: it was meant for revision {seen}, and revision {newest} is in force now.
      </Dialog.Description>
      <div className="flex flex-col gap-3">
        <h3 className="font-medium">Theirs</h3>
        {missed.length > SHOWN && <p>{missed.length - SHOWN} earlier changes, and then:</p>}
        {theirs.map(
          ({ data }) =>
            data && (
              <div key={data.revision} className="flex flex-col gap-1">
                <p>
                  Revision {data.revision} by {data.who}: {data.summary}
                </p>
                <Differences differences={data.changes ?? []} />
              </div>
            ),
        )}
        <h3 className="font-medium">Yours</h3>
        <p>{change.label}</p>
      </div>
      <div className="flex justify-end gap-2">
        <Button variant="secondary" onClick={conflicts.settle}>
          Keep theirs only
        </Button>
        <Button variant="primary" onClick={mine}>
          Make my change too
        </Button>
      </div>
    </Dialog>
  );
}
