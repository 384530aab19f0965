/** Asks which change should stand when the configuration was changed elsewhere in the meantime (412). */

import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSelector } from '@tanstack/react-store';
import { configQuery } from '../api/config.ts';
import { revisionQuery } from '../api/revisions.ts';
import { ChangeButton } from '../components/change-button.tsx';
import { Differences } from '../components/differences.tsx';
import { actorInWords } from '../model/timeline.ts';
import { type Conflict, openConflict, submitChange } from './submit-change.ts';

const close = (): void => openConflict.setState(() => null);

/** Shows the open conflict, if there is one. */
export function ConflictDialog() {
  const conflict = useSelector(openConflict);
  return (
    <Dialog.Root open={conflict !== null} onOpenChange={(open) => !open && close()}>
      {conflict && <Question conflict={conflict} />}
    </Dialog.Root>
  );
}

/** The newest changes by others are shown; those before them are only counted. */
const SHOWN = 5;

function Question({ conflict: { change, seen } }: { readonly conflict: Conflict }) {
  const queries = useQueryClient();
  const { data: now } = useQuery(configQuery);
  const newest = now?.revision ?? seen;
  const missed = Array.from({ length: Math.max(0, newest - seen) }, (_, i) => seen + 1 + i);
  const theirs = useQueries({ queries: missed.slice(-SHOWN).map((revision) => revisionQuery(revision)) });
  const submitAgain = async () => {
    close();
    await queries.fetchQuery({ ...configQuery, staleTime: 0 });
    await submitChange(queries, change);
  };
  return (
    <Dialog size="lg" className="flex flex-col gap-4 p-6">
      <Dialog.Title className="text-lg font-semibold">The configuration has changed</Dialog.Title>
      <Dialog.Description className="text-kumo-subtle">
        Your change was not applied: you made it to revision {seen}, but revision {newest} is now in force.
      </Dialog.Description>
      <div className="flex flex-col gap-3">
        <h3 className="font-medium">Their changes</h3>
        {missed.length > SHOWN && <p>{missed.length - SHOWN} earlier changes, then:</p>}
        {theirs.map(
          ({ data }) =>
            data && (
              <div key={data.revision} className="flex flex-col gap-1">
                <p>
                  Revision {data.revision} by {actorInWords(data.who)}: {data.summary}
                </p>
                <Differences differences={data.changes ?? []} />
              </div>
            ),
        )}
        <h3 className="font-medium">Your change</h3>
        <p>{change.label}</p>
      </div>
      <div className="flex justify-end gap-2">
        <Button variant="secondary" onClick={close}>
          Discard mine
        </Button>
        <ChangeButton variant="primary" onClick={submitAgain}>
          Apply mine too
        </ChangeButton>
      </div>
    </Dialog>
  );
}
