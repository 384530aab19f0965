/** Narrows the list of routes: by text and by pool. What it is narrowed to stands in the page's address. */
import { Input } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { PoolConfig } from '../../api/config.ts';

const ALL = '';

/** The two controls. */
export function RouteFilter({ pools }: { readonly pools: readonly PoolConfig[] }) {
  const { find = '', pool } = useSearch({ from: '/routes' });
  const navigate = useNavigate({ from: '/routes' });
  const narrowTo = (to: { find?: string | undefined; pool?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...to }), replace: true, resetScroll: false });
  return (
    <div className="flex flex-wrap gap-2">
      <Input
        type="search"
        aria-label="Find a route by name, host or path"
        placeholder="Name, host or path"
        value={find}
        onValueChange={(text: string) => narrowTo({ find: text === '' ? undefined : text })}
        className="w-56 min-w-0 flex-1"
      />
      <Select
        aria-label="Pool"
        value={pool ?? ALL}
        onValueChange={(id) => narrowTo({ pool: id === ALL || id === null ? undefined : id })}
        items={[{ value: ALL, label: 'All pools' }, ...pools.map(({ id }) => ({ value: id, label: id }))]}
        className="w-44"
      />
    </div>
  );
}
