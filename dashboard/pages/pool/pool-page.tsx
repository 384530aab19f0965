/** One pool: its state, its backends and the actions on them, its traffic and its settings. */

import { PlusIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { configQuery, type PoolConfig } from '../../api/config.ts';
import { ChangeButton } from '../../components/change-button.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { Page } from '../../components/page.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { leadsTo } from '../../model/maintenance.ts';
import { BackendForm } from './backend-form.tsx';
import { BackendsTab } from './backends-tab.tsx';
import { NoRouteNote } from './maintenance.tsx';
import { PoolMenu } from './pool-menu.tsx';
import { PoolNotFound } from './pool-not-found.tsx';
import { SettingsTab } from './settings-tab.tsx';
import { ShardsCard } from './shards-card.tsx';

const route = getRouteApi('/pools/$pool');

/** The page of the pool that the URL names. */
export function PoolPage() {
  const { pool: id } = route.useParams();
  const { edit, tab = 'backends' } = route.useSearch();
  const query = useQuery(configQuery);
  const { data } = query;
  const navigate = route.useNavigate();
  const pool = data?.config.pools.find((one) => one.id === id);
  if (!data)
    return (
      <Page title={id}>
        {query.error ? <QueryError what="The configuration" query={query} /> : <Skeleton lines={8} />}
      </Page>
    );
  if (!pool) return <PoolNotFound id={id} revision={data.revision} />;
  const open = (backend: string | undefined) =>
    void navigate({ search: (search) => ({ ...search, edit: backend }) });
  return (
    <Page
      title={id}
      facts={<Facts pool={pool} revision={data.revision} />}
      actions={
        <>
          <ChangeButton variant="primary" icon={PlusIcon} onClick={() => open('+')}>
            Add backend
          </ChangeButton>
          <PoolMenu key={id} pool={pool} config={data.config} />
        </>
      }
    >
      {!data.config.routes.some((route) => leadsTo(id, route)) && (
        <NoRouteNote pool={pool} config={data.config} revision={data.revision} />
      )}
      <nav aria-label={`Sections of ${id}`} className="-mt-2 flex gap-1 border-b border-kumo-line">
        <TabLink name="Backends" isCurrent={tab !== 'settings'} />
        <TabLink name="Settings" tab="settings" isCurrent={tab === 'settings'} />
      </nav>
      {tab === 'settings' ? (
        <>
          <SettingsTab key={id} pool={pool} config={data.config} />
          <ShardsCard pool={id} />
        </>
      ) : (
        <BackendsTab key={id} pool={pool} routes={data.config.routes} />
      )}
      {edit !== undefined && (
        <BackendForm key={`${id}/${edit}`} pool={pool} edit={edit} onClose={() => open(undefined)} />
      )}
    </Page>
  );
}

function Facts({ pool, revision }: { readonly pool: PoolConfig; readonly revision: number }) {
  const { id, policy, hashKey, sharding } = pool;
  return (
    <>
      <CopyButton value={id} what="pool id" />
      <span>{policy === 'hash' ? `hash by ${hashKey}` : policy}</span>
      {typeof sharding === 'number' && <span>{`${sharding} shards`}</span>}
      {sharding === 'region' && <span>one shard per region</span>}
      <span>revision {revision}</span>
    </>
  );
}

interface TabLinkProps {
  readonly name: string;
  readonly tab?: string;
  readonly isCurrent: boolean;
}

function TabLink({ name, tab, isCurrent }: TabLinkProps) {
  return (
    <Link
      from="/pools/$pool"
      search={{ tab }}
      aria-current={isCurrent ? 'page' : undefined}
      activeOptions={{ includeSearch: true, exact: true }}
      className={`-mb-px border-b-2 px-3 py-2 ${
        isCurrent
          ? 'border-kumo-brand font-medium text-kumo-default'
          : 'border-transparent text-kumo-subtle hover:text-kumo-default'
      }`}
    >
      {name}
    </Link>
  );
}
