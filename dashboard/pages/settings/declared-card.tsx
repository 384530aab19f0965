/** Compares the declared configuration with the live one, which may have been changed by hand. */

import { useQuery } from '@tanstack/react-query';
import { type Drift as DriftState, driftQuery } from '../../api/drift.ts';
import { replaceConfig } from '../../changes/change.ts';
import { useChange } from '../../changes/submit-change.ts';
import { Card } from '../../components/card.tsx';
import { ChangeButton } from '../../components/change-button.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { State } from '../../components/state.tsx';
import { plural } from '../../model/format.ts';
import { SomeDifferences } from './import-verdict.tsx';

/** `revision`: the one in force. */
export function DeclaredCard({ revision }: { readonly revision: number }) {
  const query = useQuery({ ...driftQuery(revision), placeholderData: (before) => before });
  return (
    <Card title="Declared configuration">
      <div className="flex flex-col gap-4 p-4 pt-1">
        <p className="text-kumo-subtle">
          STATIC_CONFIG is the configuration that the deployment declares: the initial configuration of an
          empty deployment, and used as a fallback when the Directory is unreachable. Changes in the dashboard
          do not affect it.
        </p>
        {query.data ? (
          <Drift drift={query.data} />
        ) : query.error ? (
          <QueryError what="The declared configuration" query={query} />
        ) : (
          <Skeleton lines={1} />
        )}
      </div>
    </Card>
  );
}

function Drift({ drift }: { readonly drift: DriftState }) {
  const { run, busy } = useChange();
  switch (drift.kind) {
    case 'none':
      return (
        <>
          <State tone="off">not declared</State>
          <p className="text-kumo-subtle">
            To declare a configuration, export one, put it into the variable{' '}
            <code className="font-mono text-[13px]">STATIC_CONFIG</code> (<code>vars</code> in wrangler.jsonc,
            or <code>.dev.vars</code>) and deploy. An invalid one is ignored; the Worker&apos;s log says why.
          </p>
        </>
      );
    case 'faulty':
      return (
        <>
          <State tone="bad">the declared configuration is now invalid</State>
          <ul className="flex flex-col gap-1">
            {drift.errors.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                <span className="font-mono text-[13px]">{path}</span> {message}
              </li>
            ))}
          </ul>
        </>
      );
    case 'compared':
      if (drift.changes.length === 0) return <State tone="good">in sync</State>;
      return (
        <>
          <State tone="warning">{`out of sync: ${plural(drift.changes.length, 'difference')}`}</State>
          <p className="text-kumo-subtle">From live to declared:</p>
          <SomeDifferences changes={drift.changes} />
          <ChangeButton
            variant="secondary"
            className="self-start"
            loading={busy}
            onClick={() => void run(replaceConfig(drift.declared, 'Applied the declared configuration'))}
          >
            Apply declared configuration
          </ChangeButton>
        </>
      );
  }
}
