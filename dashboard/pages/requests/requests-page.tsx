/** A live list of requests with filters, and the details of each request. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { configQuery } from '../../api/config.ts';
import type { Mapping } from '../../api/requests.ts';
import { Card } from '../../components/card.tsx';
import { Page } from '../../components/page.tsx';
import { QueryError, Skeleton } from '../../components/query-state.tsx';
import { EmptyTail } from './empty-tail.tsx';
import { filterOf, type RequestsSearch, withoutFilters } from './filter.ts';
import { Filters } from './filters.tsx';
import { RequestDetails } from './request-details.tsx';
import { Tail } from './tail.tsx';
import { useRequests } from './use-requests.ts';

const NONE: readonly Mapping[] = [];

/** The page; filters and the open request are in the URL. */
export function RequestsPage() {
  const search = useSearch({ from: '/requests' });
  const navigate = useNavigate({ from: '/requests' });
  const go = useCallback(
    (change: (now: RequestsSearch) => RequestsSearch) => void navigate({ search: change, replace: true }),
    [navigate],
  );
  const open = useCallback(
    (id: string) => void navigate({ search: (now) => ({ ...now, id }), resetScroll: false }),
    [navigate],
  );
  const close = () => void navigate({ search: (now) => ({ ...now, id: undefined }), resetScroll: false });
  const filter = filterOf(search);
  const query = useRequests(filter);
  const { data: config } = useQuery(configQuery);
  const { data: requests } = query;
  return (
    <Page title="Requests">
      <Filters search={search} config={config?.config} onChange={go} />
      {requests === undefined && query.error && <QueryError what="The requests" query={query} />}
      {requests === undefined && !query.error && (
        <Card>
          <Skeleton lines={8} className="p-4" />
        </Card>
      )}
      {requests?.length === 0 && (
        <EmptyTail search={search} config={config?.config} onClear={() => go(withoutFilters)} />
      )}
      {requests && requests.length > 0 && (
        <Tail
          key={JSON.stringify(filter)}
          requests={requests}
          isHeld={search.id !== undefined}
          onOpen={open}
        />
      )}
      <RequestDetails id={search.id} known={requests ?? NONE} onClose={close} />
    </Page>
  );
}
