/** The newest requests of a pool; the list pauses under the pointer. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { type Mapping, newestRequestsQuery, tail } from '../../api/requests.ts';
import { Card } from '../../components/card.tsx';
import { MappingHeading, MappingLine } from '../../components/mapping-line.tsx';

const SHOWN = 10;

/** The card; its height is that of ten lines, even if there are fewer. */
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
        {recent.length > 0 && (
          <li className="max-lg:hidden">
            <MappingHeading />
          </li>
        )}
        {recent.map((mapping) => (
          <li key={mapping.requestId} className="max-lg:border-b max-lg:border-kumo-line max-lg:pb-1">
            <MappingLine mapping={mapping} />
          </li>
        ))}
        {recent.length === 0 && <li className="text-kumo-subtle">No requests yet.</li>}
      </ul>
    </Card>
  );
}

/** The recorded requests, then those of the live view; fetched again while the live view is lost. */
function useRecent(pool: string, paused: { readonly current: boolean }): readonly Mapping[] {
  const { data = [], refetch } = useQuery(newestRequestsQuery(pool, SHOWN));
  const [live, setLive] = useState<readonly Mapping[]>([]);
  useEffect(() => {
    setLive([]);
    const watcher = (mappings: readonly Mapping[]) => {
      if (paused.current) return;
      const mine = mappings.filter((mapping) => mapping.pool === pool);
      if (mine.length > 0) setLive((known) => [...mine.toReversed(), ...known].slice(0, SHOWN));
    };
    const again = () => {
      if (!paused.current) void refetch().then(() => setLive([]));
    };
    tail.watchers.add(watcher);
    tail.againWatchers.add(again);
    return () => {
      tail.watchers.delete(watcher);
      tail.againWatchers.delete(again);
    };
  }, [pool, paused, refetch]);
  const ids = new Set(live.map(({ requestId }) => requestId));
  return [...live, ...data.filter(({ requestId }) => !ids.has(requestId))].slice(0, SHOWN);
}
