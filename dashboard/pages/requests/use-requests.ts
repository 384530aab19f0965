/** The requests that fit a filter, as they come: asked for once, then told by the live view. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { fits, type Mapping, type RequestFilter, requestsQuery, tail } from '../../api/requests.ts';
import { merged } from './held.ts';

type Held = readonly Mapping[];

/** The query; its data grows while the page is shown. `filter` may be a new object each time. */
export function useRequests(filter: RequestFilter) {
  const queries = useQueryClient();
  const { queryKey, ...options } = requestsQuery(filter);
  const key = JSON.stringify(queryKey);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all that the filter does
  useEffect(() => {
    const onMappings = (mappings: Held) => {
      const fresh = mappings.filter((mapping) => fits(mapping, filter));
      if (fresh.length > 0) queries.setQueryData<Held>(queryKey, (known) => known && fresh);
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
    // Nobody told while the page was away, or showed other requests.
    staleTime: 0,
    // An answer that was under way while the live view told more must not take it back.
    structuralSharing: (known, fresh) => merged((known as Held | undefined) ?? [], fresh as Held),
  });
}
