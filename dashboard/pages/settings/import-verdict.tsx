/** The result of checking an import: its errors with their lines, or what it would change. */
import { CheckCircleIcon, WarningCircleIcon } from '@phosphor-icons/react';
import type { ReactNode } from 'react';
import type { Accepted } from '../../api/document-check.ts';
import type { Difference } from '../../api/revisions.ts';
import { Differences } from '../../components/differences.tsx';
import { count, plural } from '../../model/format.ts';
import type { Placed } from './import-text.ts';
import { inventory } from './import-text.ts';
import type { ImportState } from './use-import.ts';

/** The most messages shown; the others are only counted. */
const SHOWN = 100;

/** The result; nothing while there is no text. */
export function ImportVerdict({ state }: { readonly state: ImportState }) {
  switch (state.phase) {
    case 'empty':
      return null;
    case 'checking':
      return <p className="text-kumo-subtle">Checking…</p>;
    case 'fault':
      return (
        <Verdict isGood={false} title="Invalid JSON">
          <p>
            Line {state.fault.line}, column {state.fault.column}: {state.fault.message}.
          </p>
        </Verdict>
      );
    case 'refused':
      return <Refusal problems={state.problems} />;
    case 'failed':
      return <Verdict isGood={false} title={state.message} />;
    case 'accepted':
      return <Acceptance accepted={state.accepted} />;
  }
}

interface VerdictProps {
  readonly isGood: boolean;
  readonly title: string;
  readonly children?: ReactNode;
}

function Verdict({ isGood, title, children }: VerdictProps) {
  const Icon = isGood ? CheckCircleIcon : WarningCircleIcon;
  return (
    <div className="flex gap-3">
      <Icon
        aria-hidden="true"
        size={20}
        className={`mt-px shrink-0 ${isGood ? 'text-kumo-success' : 'text-kumo-danger'}`}
      />
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <p className="font-medium text-kumo-default">{title}</p>
        {children}
      </div>
    </div>
  );
}

function Refusal({ problems }: { readonly problems: readonly Placed[] }) {
  return (
    <Verdict isGood={false} title={`Invalid configuration: ${plural(problems.length, 'error')}`}>
      <ul className="flex flex-col gap-1">
        {problems.slice(0, SHOWN).map(({ path, message, line }) => (
          <li key={`${path} ${message}`} className="break-words">
            {line > 0 && <span className="text-kumo-subtle">line {line} </span>}
            <span className="font-mono text-[13px]">{path || 'the document'}</span> {message}
          </li>
        ))}
      </ul>
      <More of={problems.length} />
    </Verdict>
  );
}

function Acceptance({ accepted: { changes, warnings, config, revision } }: { readonly accepted: Accepted }) {
  const title =
    changes.length === 0
      ? `No changes: revision ${revision} has the same document`
      : `${plural(changes.length, 'difference')} from revision ${revision}`;
  return (
    <Verdict isGood title={title}>
      <p className="text-kumo-subtle">{inventory(config)}</p>
      {changes.length > 0 && <SomeDifferences changes={changes} />}
      {warnings.length > 0 && (
        <>
          <p className="font-medium text-kumo-default">Warnings</p>
          <ul className="flex flex-col gap-1">
            {warnings.slice(0, SHOWN).map(({ path, message }) => (
              <li key={`${path} ${message}`} className="break-words">
                <span className="font-mono text-[13px]">{path}</span> {message}
              </li>
            ))}
          </ul>
          <More of={warnings.length} />
        </>
      )}
    </Verdict>
  );
}

/** The first differences, and how many more there are. */
export function SomeDifferences({ changes }: { readonly changes: readonly Difference[] }) {
  return (
    <>
      <Differences differences={changes.slice(0, SHOWN)} />
      <More of={changes.length} />
    </>
  );
}

function More({ of }: { readonly of: number }) {
  return of > SHOWN ? <p className="text-kumo-subtle">and {count(of - SHOWN)} more</p> : null;
}
