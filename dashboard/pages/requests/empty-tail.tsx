/** Shown when there are no requests: why, and what to do next. */
import { Button } from '@cloudflare/kumo/components/button';
import { FunnelIcon, ListMagnifyingGlassIcon } from '@phosphor-icons/react';
import { Link } from '@tanstack/react-router';
import type { Config } from '../../api/config.ts';
import { CommandLine } from '../../components/copy.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { curlLine } from '../../model/curl.ts';
import { filterOf, isFiltered, type RequestsSearch } from './filter.ts';

interface EmptyTailProps {
  readonly search: RequestsSearch;
  readonly config: Config | undefined;
  readonly onClear: () => void;
}

/** Nothing matches the filters, there is no route yet, or there was no traffic yet. */
export function EmptyTail({ search, config, onClear }: EmptyTailProps) {
  const route = config?.routes.find(({ pool }) => search.pool === undefined || pool === search.pool);
  if (isFiltered(filterOf(search)))
    return (
      <EmptyState icon={FunnelIcon} title="No matching requests">
        <p>The last 1,000 requests of each pool are kept. New requests that match will appear here.</p>
        <Button variant="secondary" onClick={onClear}>
          Clear filters
        </Button>
      </EmptyState>
    );
  if (!route)
    return (
      <EmptyState icon={ListMagnifyingGlassIcon} title="No routes yet">
        <p>
          Requests need a route that leads to a pool.{' '}
          <Link to="/" className="text-kumo-link underline">
            Add the first one
          </Link>
        </p>
      </EmptyState>
    );
  return (
    <EmptyState icon={ListMagnifyingGlassIcon} title="No requests yet">
      <p>Requests appear here within a second. This command sends one:</p>
      <CommandLine command={curlLine(location.origin, route.host, route.path)} />
    </EmptyState>
  );
}
