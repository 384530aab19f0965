/** What the API finds of a form's change: as one types, and at once when the form is sent. */
import { useCallback, useState } from 'react';
import type { Problem } from '../../worker/config/check.ts';
import type { Change } from './change.ts';
import { useDryRun } from './dry-run.ts';

/** The errors known of `change`, and how to note those that sending it has found. `isAsked`: whether to ask as it is typed. */
export function useFindings(change: Change, isAsked: boolean) {
  const [sent, setSent] = useState<{ readonly change: Change; readonly errors: readonly Problem[] } | null>(
    null,
  );
  const typed = useDryRun(isAsked ? change : null);
  const note = useCallback((errors: readonly Problem[]) => setSent({ change, errors }), [change]);
  // The newest of what was typed may be about the change before.
  return { errors: sent?.change === change ? sent.errors : typed.errors, note };
}
