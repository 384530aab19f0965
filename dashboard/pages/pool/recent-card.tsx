/** The newest requests of a pool; they stand still while pointed at. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { type Mapping, newestRequestsQuery, tail } from '../../api/requests.ts';
import { Card } from '../../components/card.tsx';
import { MappingLine } from '../../components/mapping-line.tsx';

const SHOWN = 10;

/** The card, as high as ten lines whether there are as many or not. */
export function RecentCard({ pool }: { readonly pool: string }) {
  const paused = useRef(false);
  const recent = useRecent(pool, paused);
  return (
    <Card
      title="Recent requests"
      actions={
        <Link to="/requests" search={{ pool }} className="text-kumo-link underline">
          All requests of {pool}
        </Link>
      }
    >
      <ul
        className="flex min-h-72 flex-col gap-1 p-4 pt-3 leading-6"
        onPointerEnter={() => {
          paused.current = true;
        }}
        onPointerLeave={() => {
          paused.current = false;
        }}
      >
        {recent.map((mapping) => (
          <li key={mapping.requestId} className="max-lg:border-b max-lg:border-kumo-line max-lg:pb-1">
            <MappingLine mapping={mapping} />
          </li>
        ))}
        {recent.length === 0 && <li className="text-kumo-subtle">No request yet.</li>}
      </ul>
    </Card>
  );
}

/** What is on record when the page opens, then what the live view tells; asked for anew while that is away. */
function useRecent(pool: string, paused: { readonly current: boolean }): readonly Mapping[] {
  const { data = [], refetch } = useQuery(newestRequestsQuery(pool, SHOWN));
  const [told, setTold] = useState<readonly Mapping[]>([]);
  useEffect(() => {
    setTold([]);
    const watcher = (mappings: readonly Mapping[]) => {
      if (paused.current) return;
      const mine = mappings.filter((mapping) => mapping.pool === pool);
      if (mine.length > 0) setTold((known) => [...mine.toReversed(), ...known].slice(0, SHOWN));
    };
    const again = () => {
      if (!paused.current) void refetch().then(() => setTold([]));
    };
    tail.watchers.add(watcher);
    tail.againWatchers.add(again);
    return () => {
      tail.watchers.delete(watcher);
      tail.againWatchers.delete(again);
    };
  }, [pool, paused, refetch]);
  const ids = new Set(told.map(({ requestId }) => requestId));
  return [...told, ...data.filter(({ requestId }) => !ids.has(requestId))].slice(0, SHOWN);
}
