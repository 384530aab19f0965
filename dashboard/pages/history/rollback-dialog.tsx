/** Confirms a rollback: shows what would change in the current configuration, then rolls back. */

import { Button } from '@cloudflare/kumo/components/button';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { configQuery } from '../../api/config.ts';
import { type Rehearsal, rehearsalQuery } from '../../api/rollback.ts';
import { rollBack } from '../../changes/change.ts';
import { useChange } from '../../changes/submit-change.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { Differences } from '../../components/differences.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { plural } from '../../model/format.ts';

interface RollbackDialogProps {
  /** null: closed. */
  readonly to: number | null;
  readonly onClose: () => void;
}

/** Open while there is a revision to go back to. */
export function RollbackDialog({ to, onClose }: RollbackDialogProps) {
  return (
    <Dialog.Root open={to !== null} onOpenChange={(open) => !open && onClose()}>
      {to !== null && (
        <Dialog size="xl" className="flex max-h-[88dvh] flex-col p-0">
          <Question to={to} onClose={onClose} />
        </Dialog>
      )}
    </Dialog.Root>
  );
}

function Question({ to, onClose }: { readonly to: number; readonly onClose: () => void }) {
  const { data: now } = useQuery(configQuery);
  const query = useQuery({ ...rehearsalQuery(to, now?.revision ?? 0), enabled: now !== undefined });
  const { run, busy } = useChange();
  const [problem, setProblem] = useState<string | null>(null);
  const rehearsal = query.data;
  const isSame = rehearsal?.changes.length === 0;
  const goBack = async () => {
    if (!rehearsal) return;
    try {
      await run(rollBack(to, rehearsal.config, `Rolled back to revision ${to}`), true);
      onClose();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem([error.message, ...error.errors.map((one) => `${one.path}: ${one.message}`)].join(' '));
    }
  };
  return (
    <>
      <div className="flex min-h-0 flex-col gap-4 overflow-y-auto p-6">
        <Dialog.Title className="text-lg font-semibold">Roll back to revision {to}?</Dialog.Title>
        <Dialog.Description className="text-kumo-subtle">
          This puts its document in force again as a new revision. The history is kept, and you can undo this.
        </Dialog.Description>
        {query.error ? <QueryError what="The preview" query={query} /> : null}
        {!query.error && (rehearsal ? <WouldChange rehearsal={rehearsal} /> : <Skeleton lines={4} />)}
      </div>
      <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-kumo-line px-6 py-4">
        <p role="status" className={`min-w-0 flex-1 text-kumo-subtle ${busy ? 'basis-48' : ''}`}>
          {busy && 'Rolling back: applying to every pool…'}
        </p>
        {problem && (
          <p role="alert" className="basis-full text-kumo-danger">
            {problem}
          </p>
        )}
        <Button variant="secondary" onClick={onClose}>
          Cancel
        </Button>
        <ChangeButton variant="primary" loading={busy} disabled={!rehearsal || isSame} onClick={goBack}>
          Roll back
        </ChangeButton>
      </footer>
    </>
  );
}

function WouldChange({ rehearsal: { revision, changes, warnings = [] } }: { readonly rehearsal: Rehearsal }) {
  if (changes.length === 0)
    return <p>No changes: revision {revision}, which is in force, has the same document.</p>;
  return (
    <>
      <h3 className="font-medium">{plural(changes.length, 'change')} to the current configuration</h3>
      <Differences differences={changes} />
      {warnings.length > 0 && (
        <details>
          <summary className="cursor-pointer text-kumo-subtle">{plural(warnings.length, 'warning')}</summary>
          <ul className="mt-1 text-kumo-subtle">
            {warnings.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                {path}: {message}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
