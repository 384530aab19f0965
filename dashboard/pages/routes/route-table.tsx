/** The list of routes, in the order in which they match; long lists are narrowed rather than drawn whole. */
import { Button } from '@cloudflare/kumo/components/button';
import { PlusIcon, SignpostIcon } from '@phosphor-icons/react';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useMemo } from 'react';
import type { Config, RouteConfig } from '../../api/config.ts';
import { removeRoute } from '../../changes/change.ts';
import { useChange } from '../../changes/use-change.ts';
import { Card } from '../../components/card.tsx';
import { Nothing } from '../../components/query-state.tsx';
import { useHealths } from '../../live/use-healths.ts';
import { count, plural } from '../../model/format.ts';
import { RouteFilter } from './route-filter.tsx';
import { inMatchingOrder, narrow, SHOWN } from './route-list.ts';
import { RouteCard, RouteRow } from './route-row.tsx';

/** From so many routes on there is something to narrow. */
const MANY = 8;

/** The list with its filter. */
export function RouteTable({ config }: { readonly config: Config }) {
  const { find, pool } = useSearch({ from: '/routes' });
  const navigate = useNavigate({ from: '/routes' });
  const { run } = useChange();
  const healths = useHealths();
  const sorted = useMemo(() => inMatchingOrder(config.routes), [config.routes]);
  const text = useDeferredValue(find);
  const fitting = useMemo(() => narrow(sorted, { find: text, pool }), [sorted, text, pool]);
  const shown = fitting.slice(0, SHOWN);
  const onEdit = useCallback(
    (id: string) => void navigate({ search: (before) => ({ ...before, edit: id }), resetScroll: false }),
    [navigate],
  );
  const onDelete = useCallback(
    (route: RouteConfig) => void run(removeRoute(route.id, `Deleted route ${route.id}`)),
    [run],
  );
  const props = (route: RouteConfig) => ({
    route,
    health: healths[route.pool] ?? ('unknown' as const),
    onEdit,
    onDelete,
  });
  const isNarrowed = find !== undefined || pool !== undefined;

  if (config.routes.length === 0)
    return (
      <Card>
        <NoRoutes hasPools={config.pools.length > 0} onAdd={() => onEdit('+')} />
      </Card>
    );
  return (
    <Card title={plural(config.routes.length, 'route')}>
      <div className="flex flex-col gap-3 px-4 pt-1 pb-3">
        <p className="text-kumo-subtle">
          In the order in which they match: exact hosts before wildcards, the longest wildcard first, and
          within a host the longest path.
        </p>
        {(config.routes.length > MANY || isNarrowed) && <RouteFilter pools={config.pools} />}
        {(isNarrowed || fitting.length > SHOWN) && (
          <p role="status" className="text-kumo-subtle">
            {fitting.length > SHOWN
              ? `The first ${SHOWN} of ${count(fitting.length)}; narrow the list to see others.`
              : `${count(fitting.length)} of ${count(config.routes.length)}`}
          </p>
        )}
      </div>
      <table className="hidden w-full md:table">
        <thead>
          <tr className="text-left text-xs text-kumo-subtle">
            <th scope="col" className="w-[34%] py-1 pr-4 pl-4 font-medium">
              Host and path
            </th>
            <th scope="col" className="w-[16%] py-1 pr-4 font-medium">
              Pool
            </th>
            <th scope="col" className="w-[16%] py-1 pr-4 font-medium">
              Affinity
            </th>
            <th scope="col" className="py-1 pr-4 font-medium">
              Overrides
            </th>
            <th scope="col" className="w-32 py-1 pr-4">
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
      <ul className="md:hidden">
        {shown.map((route) => (
          <RouteCard key={route.id} {...props(route)} />
        ))}
      </ul>
      {fitting.length === 0 && (
        <Nothing Sign={SignpostIcon} title="No route fits">
          <Button
            variant="secondary"
            onClick={() =>
              void navigate({ search: (before) => ({ ...before, find: undefined, pool: undefined }) })
            }
          >
            Show all
          </Button>
        </Nothing>
      )}
    </Card>
  );
}

function NoRoutes({ hasPools, onAdd }: { readonly hasPools: boolean; readonly onAdd: () => void }) {
  return (
    <Nothing Sign={SignpostIcon} title="No route yet">
      {hasPools ? (
        <>
          <p>
            A route says which host and path lead to which pool. Without one every request is answered 404.
          </p>
          <Button variant="primary" icon={PlusIcon} onClick={onAdd}>
            Add the first route
          </Button>
        </>
      ) : (
        <>
          <p>A route leads to a pool, and there is none yet.</p>
          <Link to="/" className="text-kumo-link hover:underline">
            To the first steps
          </Link>
        </>
      )}
    </Nothing>
  );
}
