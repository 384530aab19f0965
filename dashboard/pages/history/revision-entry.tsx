/** A change of the configuration on the time line, with the way to its details and the way back to it. */
import { Button } from '@cloudflare/kumo/components/button';
import { GitCommitIcon } from '@phosphor-icons/react';
import type { RevisionRow } from '../../api/revisions.ts';
import { State } from '../../components/state.tsx';
import { whoInWords } from '../../model/who.ts';
import { EntryFrame } from './entry-frame.tsx';

interface RevisionEntryProps {
  readonly row: RevisionRow;
  readonly isKept: boolean;
  readonly isInForce: boolean;
  readonly onOpen: (revision: number) => void;
  readonly onRollBack: (revision: number) => void;
}

/** The entry. */
export function RevisionEntry({ row, isKept, isInForce, onOpen, onRollBack }: RevisionEntryProps) {
  const { revision, at, who, summary } = row;
  const title = isKept ? (
    <button
      type="button"
      aria-haspopup="dialog"
      className="text-left break-words text-kumo-default underline decoration-kumo-line underline-offset-4 hover:decoration-current"
      onClick={() => onOpen(revision)}
    >
      {summary}
    </button>
  ) : (
    <span className="break-words text-kumo-default">{summary}</span>
  );
  const actions = isKept && !isInForce && (
    <Button variant="secondary" size="sm" onClick={() => onRollBack(revision)}>
      Roll back to {revision}
    </Button>
  );
  return (
    <EntryFrame Sign={GitCommitIcon} tone="off" title={title} at={at} actions={actions}>
      <span>revision {revision}</span>
      <span>by {whoInWords(who)}</span>
      {isInForce && <State tone="good">in force</State>}
      {!isKept && <span>not kept any more</span>}
    </EntryFrame>
  );
}
