/** The last of the first steps: a command that sends a request, and its result. */
import { Button } from '@cloudflare/kumo/components/button';
import { Loader } from '@cloudflare/kumo/components/loader';
import { CheckCircleIcon, WarningCircleIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { RouteConfig } from '../../api/config.ts';
import { type Mapping, requestsQuery, tail } from '../../api/requests.ts';
import { CommandLine } from '../../components/copy.tsx';
import { curlLine, isLocal } from '../../model/curl.ts';
import { duration } from '../../model/format.ts';

interface FirstRequestProps {
  readonly route: RouteConfig;
  readonly onDone: () => void;
}

/** Takes the focus, because the step before it is done. */
export function FirstRequest({ route, onDone }: FirstRequestProps) {
  const mapping = useNewestMapping(route.pool ?? '');
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div ref={box} tabIndex={-1} className="flex flex-col gap-4 outline-none">
      <CommandLine command={curlLine(location.origin, route.host, route.path)} />
      {!isLocal(location.origin) && (
        <p className="text-kumo-subtle">
          {route.host} must lead to this Worker, by a custom domain or a route of its zone.
        </p>
      )}
      <div role="status" className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-2">
        {mapping ? <Outcome mapping={mapping} /> : <Waiting />}
        {mapping && (
          <Button variant="primary" onClick={onDone} className="ml-auto">
            Go to the overview
          </Button>
        )}
      </div>
    </div>
  );
}

function Waiting() {
  return (
    <p className="flex items-center gap-2 text-kumo-subtle">
      <Loader size={16} aria-hidden="true" />
      Waiting for the first request…
    </p>
  );
}

function Outcome({
  mapping: { requestId, backend, status, ms, method, path },
}: {
  readonly mapping: Mapping;
}) {
  const isWell = status < 500;
  const Sign = isWell ? CheckCircleIcon : WarningCircleIcon;
  return (
    <p className="flex items-center gap-2 text-kumo-default">
      <Sign
        aria-hidden="true"
        size={20}
        className={`shrink-0 ${isWell ? 'text-kumo-success' : 'text-kumo-danger'}`}
      />
      <span>
        {isWell ? `Answered by ${backend}` : 'Received, but no backend responded successfully'}: {status} for{' '}
        {method} {path} in {duration(ms)}.{' '}
        <Link to="/requests" search={{ id: requestId }} className="text-kumo-link underline">
          View the request
        </Link>
      </span>
    </p>
  );
}

/** The newest request of a pool; null while there is none. */
function useNewestMapping(pool: string): Mapping | null {
  const [live, setLive] = useState<Mapping | null>(null);
  const { data, refetch } = useQuery({ ...requestsQuery({ pool }), staleTime: 0 });
  useEffect(() => {
    const watch = (mappings: readonly Mapping[]) => {
      const newest = mappings.findLast((mapping) => mapping.pool === pool);
      if (newest) setLive(newest);
    };
    const again = () => void refetch();
    tail.watchers.add(watch);
    tail.againWatchers.add(again);
    return () => {
      tail.watchers.delete(watch);
      tail.againWatchers.delete(again);
    };
  }, [pool, refetch]);
  return live ?? data?.[0] ?? null;
}
