/** The list of routes in matching order; long lists are filtered rather than drawn in full. */

import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { PlusIcon, SignpostIcon } from '@phosphor-icons/react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useMemo, useRef, useState } from 'react';
import type { Config, PoolConfig, RouteConfig } from '../../api/config.ts';
import { routeRate } from '../../api/route-traffic.ts';
import { deploymentQuery } from '../../api/status.ts';
import { removeRoute } from '../../changes/change.ts';
import { useChange } from '../../changes/submit-change.ts';
import { Card } from '../../components/card.tsx';
import { ChangeButton } from '../../components/change-button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { type Question, QuestionDialog } from '../../components/question-dialog.tsx';
import { useMedia } from '../../components/use-media.ts';
import { useHealths } from '../../live/use-live.ts';
import { count, perSecond, plural } from '../../model/format.ts';
import { coverOf } from '../../model/route-cover.ts';
import { filterRoutes, inMatchingOrder, SHOWN } from './route-list.ts';
import { RouteCard, type RouteCounts, RouteRow } from './route-row.tsx';

/** With more routes than this there is a filter. */
const MANY = 8;

/** The list with its filter. */
export function RouteTable({ config }: { readonly config: Config }) {
  const { find, pool } = useSearch({ from: '/routes' });
  const navigate = useNavigate({ from: '/routes' });
  const healths = useHealths();
  const isWide = useMedia('(min-width: 768px)');
  const counts = useCounts();
  const sorted = useMemo(() => inMatchingOrder(config.routes), [config.routes]);
  const text = useDeferredValue(find);
  const matching = useMemo(() => filterRoutes(sorted, { find: text, pool }), [sorted, text, pool]);
  const shown = matching.slice(0, SHOWN);
  const onEdit = useCallback(
    (id: string) => void navigate({ search: (before) => ({ ...before, edit: id }), resetScroll: false }),
    [navigate],
  );
  const [question, onDelete, close] = useDeletion(config.routes);
  const props = (route: RouteConfig) => ({
    route,
    counts: counts.get(route.id),
    health: healths[route.pool ?? ''] ?? ('unknown' as const),
    onEdit,
    onDelete,
  });
  const isFiltered = find !== undefined || pool !== undefined;

  if (config.routes.length === 0)
    return <NoRoutes hasPools={config.pools.length > 0} onAdd={() => onEdit('+')} />;
  return (
    <Card title={plural(config.routes.length, 'route')}>
      <div className="flex flex-col gap-3 px-4 pt-1 pb-3">
        <p className="text-kumo-subtle">
          In matching order: exact hosts before wildcards, longer wildcards before shorter ones; within a host
          exact paths first, then the longest path, then the route with more conditions.
        </p>
        {(config.routes.length > MANY || isFiltered) && <RouteFilter pools={config.pools} />}
        {(isFiltered || matching.length > SHOWN) && (
          <p role="status" className="text-kumo-subtle">
            {matching.length > SHOWN
              ? `The first ${SHOWN} of ${count(matching.length)}. Filter the list to see others.`
              : `${count(matching.length)} of ${count(config.routes.length)}`}
          </p>
        )}
      </div>
      {isWide ? (
        <table className="w-full">
          <thead>
            <tr className="text-left text-xs text-kumo-subtle">
              <th scope="col" className="w-[30%] py-1 pr-4 pl-4 font-medium">
                Host and path
              </th>
              <th scope="col" className="w-[16%] py-1 pr-4 font-medium">
                Leads to
              </th>
              <th scope="col" className="w-[16%] py-1 pr-4 font-medium">
                Affinity
              </th>
              <th scope="col" className="py-1 pr-4 font-medium">
                Overrides
              </th>
              <th scope="col" className="w-32 py-1 pr-4 text-right font-medium">
                Responses
                <span className="block font-normal">since created</span>
              </th>
              <th scope="col" className="w-56 py-1 pr-4">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((route) => (
              <RouteRow key={route.id} {...props(route)} />
            ))}
          </tbody>
        </table>
      ) : (
        <ul>
          {shown.map((route) => (
            <RouteCard key={route.id} {...props(route)} />
          ))}
        </ul>
      )}
      {matching.length === 0 && (
        <EmptyState icon={SignpostIcon} title="No matching routes">
          <Button
            variant="secondary"
            onClick={() =>
              void navigate({ search: (before) => ({ ...before, find: undefined, pool: undefined }) })
            }
          >
            Clear filters
          </Button>
        </EmptyState>
      )}
      <QuestionDialog question={question} onClose={close} />
    </Card>
  );
}

/** The responses of each route with traffic, by id. A route keeps its object while its figures stay. */
function useCounts(): ReadonlyMap<string, RouteCounts> {
  const { data } = useQuery(deploymentQuery);
  const kept = useRef(new Map<string, RouteCounts>());
  return useMemo(() => {
    const next = new Map<string, RouteCounts>();
    for (const { id, responses } of data?.routes ?? []) {
      const all = Object.values(responses).reduce((sum, n) => sum + n, 0);
      if (all === 0) continue;
      const old = kept.current.get(id);
      const now = { all, failed: responses['5xx'] };
      next.set(id, old?.all === now.all && old.failed === now.failed ? old : now);
    }
    kept.current = next;
    return next;
  }, [data]);
}

/** Deletes a route: at once without traffic, otherwise after a question that says what its clients would get. */
function useDeletion(routes: readonly RouteConfig[]) {
  const queries = useQueryClient();
  const { run } = useChange();
  const [question, setQuestion] = useState<Question | null>(null);
  const newest = useRef(routes);
  newest.current = routes;
  const onDelete = useCallback(
    async (route: RouteConfig) => {
      const act = () => void run(removeRoute(route.id, `Deleted route ${route.id}`));
      // Unknown traffic counts as traffic.
      const rate = await routeRate(queries, route).catch(() => null);
      if (rate === 0) return act();
      const cover = coverOf(route, newest.current);
      const requests = rate === null ? 'Its requests' : `${perSecond(rate)} requests per second`;
      setQuestion({
        title: `Delete route ${route.id}?`,
        consequence: cover
          ? `${requests} for ${route.host}${route.path} would go to route ${cover.id} (${cover.host}${cover.path}).`
          : `${requests} for ${route.host}${route.path} would get 404: no other route matches them.`,
        confirm: `Delete ${route.id}`,
        act,
      });
    },
    [queries, run],
  );
  return [question, onDelete, () => setQuestion(null)] as const;
}

function NoRoutes({ hasPools, onAdd }: { readonly hasPools: boolean; readonly onAdd: () => void }) {
  return (
    <EmptyState icon={SignpostIcon} title="No routes yet">
      {hasPools ? (
        <>
          <p>A route says which host and path lead to which pool. Without a route every request gets 404.</p>
          <ChangeButton variant="primary" icon={PlusIcon} onClick={onAdd}>
            Add the first route
          </ChangeButton>
        </>
      ) : (
        <>
          <p>A route leads to a pool, and there are no pools yet.</p>
          <Link to="/" className="text-kumo-link hover:underline">
            Add the first pool
          </Link>
        </>
      )}
    </EmptyState>
  );
}

const ALL = '';

/** Filters the list by text and by pool; the filters are in the URL. */
function RouteFilter({ pools }: { readonly pools: readonly PoolConfig[] }) {
  const { find = '', pool } = useSearch({ from: '/routes' });
  const navigate = useNavigate({ from: '/routes' });
  const apply = (to: { find?: string | undefined; pool?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...to }), replace: true, resetScroll: false });
  return (
    <div className="flex flex-wrap gap-2">
      <Input
        type="search"
        aria-label="Filter by ID, host or path"
        placeholder="ID, host or path"
        value={find}
        onValueChange={(text: string) => apply({ find: text === '' ? undefined : text })}
        className="w-56 min-w-0 flex-1"
      />
      <Select
        aria-label="Pool"
        value={pool ?? ALL}
        onValueChange={(id) => apply({ pool: id === ALL || id === null ? undefined : id })}
        items={[{ value: ALL, label: 'All pools' }, ...pools.map(({ id }) => ({ value: id, label: id }))]}
        className="w-44"
      />
    </div>
  );
}
