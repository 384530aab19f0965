/** The requests that match a filter: fetched once, then updated by the live view. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { fits, type Mapping, type RequestFilter, requestsQuery, tail } from '../../api/requests.ts';
import { mergeRequests } from './request-list.ts';

type Requests = readonly Mapping[];

/** The query; its data grows while the page is shown. `filter` may be a new object at each call. */
export function useRequests(filter: RequestFilter) {
  const queries = useQueryClient();
  const { queryKey, ...options } = requestsQuery(filter);
  const key = JSON.stringify(queryKey);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key contains the whole filter
  useEffect(() => {
    const onMappings = (mappings: Requests) => {
      const fresh = mappings.filter((mapping) => fits(mapping, filter));
      if (fresh.length > 0) queries.setQueryData<Requests>(queryKey, (known) => known && fresh);
    };
    const askAgain = () => void queries.invalidateQueries({ queryKey, exact: true });
    tail.watchers.add(onMappings);
    tail.againWatchers.add(askAgain);
    return () => {
      tail.watchers.delete(onMappings);
      tail.againWatchers.delete(askAgain);
    };
  }, [queries, key]);
  return useQuery({
    ...options,
    queryKey,
    // There were no updates while the page was closed or had another filter.
    staleTime: 0,
    // A response must not drop requests that the live view has added in the meantime.
    structuralSharing: (known, fresh) =>
      mergeRequests((known as Requests | undefined) ?? [], fresh as Requests),
  });
}
