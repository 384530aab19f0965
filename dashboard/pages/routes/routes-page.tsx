/** Routes: which host and path lead to which pool, and a test that shows where a request would go. */

import { PlusIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type Config, configQuery } from '../../api/config.ts';
import { Card } from '../../components/card.tsx';
import { ChangeButton } from '../../components/change-button.tsx';
import { NotFoundDialog } from '../../components/not-found-dialog.tsx';
import { Page } from '../../components/page.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { ExplainPanel } from './explain-panel.tsx';
import { RolloutDialog } from './rollout-dialog.tsx';
import { RouteDialog } from './route-dialog.tsx';
import { RouteTable } from './route-table.tsx';

/** The page; the open form is in the URL. */
export function RoutesPage() {
  const query = useQuery(configQuery);
  const navigate = useNavigate({ from: '/routes' });
  const { data } = query;
  const open = (edit: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, edit }), resetScroll: false });
  return (
    <Page
      title="Routes"
      facts={data && <p className="whitespace-nowrap">revision {data.revision}</p>}
      actions={
        data &&
        data.config.pools.length > 0 && (
          <ChangeButton variant="primary" icon={PlusIcon} onClick={() => open('+')}>
            Add route
          </ChangeButton>
        )
      }
    >
      {data ? (
        <>
          <ExplainPanel />
          <RouteTable config={data.config} />
          <OpenForm config={data.config} onClose={() => open(undefined)} />
          <OpenRollout
            config={data.config}
            onClose={() =>
              void navigate({ search: (before) => ({ ...before, rollout: undefined }), resetScroll: false })
            }
          />
        </>
      ) : query.error ? (
        <QueryError what="The routes" query={query} />
      ) : (
        <Card>
          <Skeleton lines={6} className="p-4" />
        </Card>
      )}
    </Page>
  );
}

function OpenForm({ config, onClose }: { readonly config: Config; readonly onClose: () => void }) {
  const { edit } = useSearch({ from: '/routes' });
  if (edit === undefined) return null;
  if (edit === '+') return <RouteDialog key={edit} config={config} route={null} onClose={onClose} />;
  const route = config.routes.find(({ id }) => id === edit);
  if (route) return <RouteDialog key={edit} config={config} route={route} onClose={onClose} />;
  return <NotFoundDialog what={`Route ${edit}`} onClose={onClose} />;
}

function OpenRollout({ config, onClose }: { readonly config: Config; readonly onClose: () => void }) {
  const { rollout } = useSearch({ from: '/routes' });
  if (rollout === undefined) return null;
  const route = config.routes.find(({ id }) => id === rollout);
  if (route) return <RolloutDialog key={rollout} route={route} onClose={onClose} />;
  return <NotFoundDialog what={`Route ${rollout}`} onClose={onClose} />;
}
