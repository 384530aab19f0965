/** Recent mappings: read once, then pushed by the live view. */
import { queryOptions } from '@tanstack/react-query';
import type { Mapping } from '../../worker/protocol/messages.ts';
import { type Call, call } from './client.ts';

export type { Mapping } from '../../worker/protocol/messages.ts';

/** The filters of the list; the names are those of the API and of the URL. */
export interface RequestFilter {
  readonly pool?: string;
  readonly backend?: string;
  readonly outcome?: string;
  readonly status?: string;
  readonly path?: string;
}

/** As many mappings as the API keeps for each shard, and the page shows at most. */
export const KEPT = 1_000;

/** The mappings on record that fit, newest first. */
export const requestsQuery = (filter: RequestFilter) =>
  queryOptions({
    queryKey: ['requests', filter],
    queryFn: () => readRequests({ ...filter, limit: KEPT }),
  });

/** The newest few of one pool, newest first. */
export const newestRequestsQuery = (pool: string, limit: number) =>
  queryOptions({
    queryKey: ['requests', 'newest', pool, limit],
    queryFn: () => readRequests({ pool, limit }),
    staleTime: 0,
  });

/** The requests on record with one id: usually a single one, but a client may send an id several times. */
export const requestsOfIdQuery = (requestId: string) =>
  queryOptions({
    queryKey: ['request', requestId],
    queryFn: () => readRequests({ requestId, limit: 20 }),
    // Isolates report once a second: the request may still be on its way.
    refetchInterval: ({ state }) => (state.data?.length === 0 ? 2_000 : false),
  });

const readRequests = async (query: Call<'GET /requests'>['query']): Promise<readonly Mapping[]> =>
  (await call('GET /requests', { query })).requests;

/** Whether a mapping fits the filter, as the API would say (worker/api/status.ts). */
export const fits = (mapping: Mapping, { pool, backend, outcome, status, path }: RequestFilter): boolean =>
  (pool === undefined || mapping.pool === pool) &&
  (backend === undefined || mapping.attempts.some((attempt) => attempt.backend === backend)) &&
  (outcome === undefined || mapping.attempts.some((attempt) => attempt.outcome === outcome)) &&
  (status === undefined || String(mapping.status) === status) &&
  (path === undefined || mapping.path.startsWith(path));

type Watcher = (mappings: readonly Mapping[]) => void;

/** The live view's mappings as they come, for every list on the page that shows a tail. None are kept. */
export const tail = {
  watchers: new Set<Watcher>(),
  /** Called while the live view is away: a list reads its mappings again. */
  againWatchers: new Set<() => void>(),
  add(mappings: readonly Mapping[]): void {
    for (const watcher of this.watchers) watcher(mappings);
  },
  askAgain(): void {
    for (const watcher of this.againWatchers) watcher();
  },
};
