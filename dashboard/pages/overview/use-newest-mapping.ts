/** Waits for a pool's requests: the guide says when the first one has come. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type Mapping, requestsQuery, tail } from '../../api/requests.ts';

/** The newest mapping of a pool; null while there is none. */
export function useNewestMapping(pool: string): Mapping | null {
  const [told, setTold] = useState<Mapping | null>(null);
  const { data, refetch } = useQuery({ ...requestsQuery({ pool }), staleTime: 0 });
  useEffect(() => {
    const watch = (mappings: readonly Mapping[]) => {
      const newest = mappings.findLast((mapping) => mapping.pool === pool);
      if (newest) setTold(newest);
    };
    const again = () => void refetch();
    tail.watchers.add(watch);
    tail.againWatchers.add(again);
    return () => {
      tail.watchers.delete(watch);
      tail.againWatchers.delete(again);
    };
  }, [pool, refetch]);
  return told ?? data?.[0] ?? null;
}
