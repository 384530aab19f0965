/** No request to show: what to do about it. */
import { Button } from '@cloudflare/kumo/components/button';
import { FunnelIcon, ListMagnifyingGlassIcon } from '@phosphor-icons/react';
import { Link } from '@tanstack/react-router';
import type { Config } from '../../api/config.ts';
import { Card } from '../../components/card.tsx';
import { CommandLine } from '../../components/copy.tsx';
import { Nothing } from '../../components/query-state.tsx';
import { curlLine } from '../../model/curl.ts';
import { filterOf, isFiltered, type RequestsSearch } from './filter.ts';

interface EmptyTailProps {
  readonly search: RequestsSearch;
  readonly config: Config | undefined;
  readonly onClear: () => void;
}

/** Filters that nothing fits, a deployment without traffic, or one without a route. */
export function EmptyTail({ search, config, onClear }: EmptyTailProps) {
  const route = config?.routes.find(({ pool }) => search.pool === undefined || pool === search.pool);
  if (isFiltered(filterOf(search)))
    return (
      <Card>
        <Nothing Sign={FunnelIcon} title="No request on record fits">
          <p>The last 1,000 of each pool are kept. New ones that fit appear here by themselves.</p>
          <Button variant="secondary" onClick={onClear}>
            Clear the filters
          </Button>
        </Nothing>
      </Card>
    );
  if (!route)
    return (
      <Card>
        <Nothing Sign={ListMagnifyingGlassIcon} title="No request can come in yet">
          <p>
            There is no route that leads to a pool.{' '}
            <Link to="/" className="text-kumo-link underline">
              Take the first steps
            </Link>
          </p>
        </Nothing>
      </Card>
    );
  return (
    <Card>
      <Nothing Sign={ListMagnifyingGlassIcon} title="No request yet">
        <p>Requests appear here within a second. This line sends one:</p>
        <CommandLine command={curlLine(location.origin, route.host, route.path)} />
      </Nothing>
    </Card>
  );
}
