/** Dry runs: what the API would say about a change while the operator is still typing it. Nothing is changed. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Problem } from '../../worker/config/check.ts';
import { configQuery } from '../api/config.ts';
import { type Accepted, checkDocument } from '../api/document-check.ts';
import type { Change } from './change.ts';
import { useChange } from './submit-change.ts';

/** What the API says about a document; paths are those of the whole document. */
interface Findings {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const NOTHING: Findings = { errors: [], warnings: [] };
const PAUSE_MS = 250;

/**
 * The findings about a change, a moment after each keystroke; null asks nothing. `change` is compared by identity: make
 * it with useMemo. Findings stay until there are newer ones.
 */
function useDryRun(change: Change | null): Findings {
  const queries = useQueryClient();
  const [findings, setFindings] = useState(NOTHING);
  const newest = useRef<Change | null>(null);
  useEffect(() => {
    newest.current = change;
    if (!change) {
      setFindings(NOTHING);
      return;
    }
    const timer = setTimeout(async () => {
      const { config } = await queries.ensureQueryData(configQuery);
      // Without an answer there are no findings: submitting the form will show the error.
      const found = await checkDocument(change.apply(config)).catch(() => NOTHING);
      if (newest.current === change) setFindings({ ...NOTHING, ...found });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [queries, change]);
  return findings;
}

interface FormChange {
  /** Null while the form changes nothing. */
  readonly change: Change | null;
  /**
   * The same change for the dry run, where that differs: a new item is appended even if its id is taken, so that the API
   * reports the duplicate instead of replacing the item.
   */
  readonly preview?: Change;
  /** Whether to check it as it is typed. */
  readonly isEdited: boolean;
}

/**
 * A form's change: checked as it is typed, and again when it is submitted. `errors` and `warnings` have the paths of the
 * whole document; see splitProblems in model/problems.ts.
 */
export function useFormChange({ change, preview, isEdited }: FormChange) {
  const queries = useQueryClient();
  const { run, busy } = useChange();
  const checked = preview ?? change;
  const typed = useDryRun(isEdited ? checked : null);
  const [refused, setRefused] = useState<{ checked: Change; errors: readonly Problem[] } | null>(null);
  const [isSubmitted, setSubmitted] = useState(false);
  /** `complete`: makes the change of the document that the API accepted, defaults included. */
  const submit = async (
    complete?: (accepted: Accepted) => Change,
  ): Promise<'done' | 'conflict' | 'refused'> => {
    if (!change || !checked) return 'done';
    setSubmitted(true);
    try {
      const { config } = await queries.ensureQueryData(configQuery);
      const answer = await checkDocument(checked.apply(config));
      if (!answer.ok) {
        setRefused({ checked, errors: answer.errors });
        return 'refused';
      }
      return (await run(complete?.(answer) ?? change, true)) ? 'done' : 'conflict';
    } catch (error) {
      setRefused({ checked, errors: [{ path: '', message: (error as Error).message }] });
      return 'refused';
    }
  };
  // Findings of the typing may be about the change before this one; those of submitting it are newer.
  const errors = refused && refused.checked === checked ? refused.errors : typed.errors;
  return { errors, warnings: typed.warnings, isSubmitted, busy, submit };
}
