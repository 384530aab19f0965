/** Declared against live: whether somebody has changed by hand what the deployment declares. */
import { Button } from '@cloudflare/kumo/components/button';
import { useQuery } from '@tanstack/react-query';
import { type Drift as DriftState, driftQuery } from '../../api/drift.ts';
import { replaceConfig } from '../../changes/change.ts';
import { useChange } from '../../changes/use-change.ts';
import { Card } from '../../components/card.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { State } from '../../components/state.tsx';
import { plural } from '../../model/format.ts';
import { SomeDifferences } from './import-verdict.tsx';

/** `revision`: the one in force. */
export function DeclaredCard({ revision }: { readonly revision: number }) {
  const query = useQuery({ ...driftQuery(revision), placeholderData: (before) => before });
  return (
    <Card title="Declared and live">
      <div className="flex flex-col gap-4 p-4 pt-1">
        <p className="text-kumo-subtle">
          STATIC_CONFIG is what the deployment declares: the start of an empty deployment, and the refuge when
          the configuration cannot be reached. Changes made here do not change it.
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
          <State tone="off">none declared</State>
          <p className="text-kumo-subtle">
            To declare one, put an export into the variable{' '}
            <code className="font-mono text-[13px]">STATIC_CONFIG</code>, as <code>vars</code> in
            wrangler.jsonc or in <code>.dev.vars</code>, and deploy. A faulty one counts as none; the log of
            the Worker says why.
          </p>
        </>
      );
    case 'faulty':
      return (
        <>
          <State tone="bad">the declared one would be refused now</State>
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
      if (drift.changes.length === 0) return <State tone="good">live is as declared</State>;
      return (
        <>
          <State tone="warning">{`live differs from the declared: ${plural(drift.changes.length, 'difference')}`}</State>
          <p className="text-kumo-subtle">From what is live to what is declared:</p>
          <SomeDifferences changes={drift.changes} />
          <Button
            variant="secondary"
            className="self-start"
            loading={busy}
            onClick={() => void run(replaceConfig(drift.declared, 'Made the declared configuration live'))}
          >
            Make the declared one live
          </Button>
        </>
      );
  }
}
