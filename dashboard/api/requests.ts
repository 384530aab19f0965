/** Recent mappings: asked for once, then told by the live view. */
import { queryOptions } from '@tanstack/react-query';
import type { Mapping } from '../../worker/objects/protocol.ts';
import { client, read } from './client.ts';

export type { Mapping } from '../../worker/objects/protocol.ts';

/** What the list may be narrowed to; the names are the API's and the URL's. */
export interface RequestFilter {
  readonly pool?: string;
  readonly backend?: string;
  readonly outcome?: string;
  readonly status?: string;
  readonly path?: string;
}

/** Mappings kept by the API a shard, and shown here at most. */
export const KEPT = 1_000;

/** The mappings on record that fit, newest first. */
export const requestsQuery = (filter: RequestFilter) =>
  queryOptions({
    queryKey: ['requests', filter],
    queryFn: async () => {
      const query = { ...filter, limit: String(KEPT) };
      const { requests } = await read(client.requests.$get({ query } as object));
      return requests as readonly Mapping[];
    },
  });

/** The newest few of one pool, newest first. */
export const newestRequestsQuery = (pool: string, limit: number) =>
  queryOptions({
    queryKey: ['requests', 'newest', pool, limit],
    queryFn: async () => {
      const query = { pool, limit: String(limit) };
      const { requests } = await read(client.requests.$get({ query } as object));
      return requests as readonly Mapping[];
    },
    staleTime: 0,
  });

/** The requests on record that carry an id; usually one, but clients may send an id several times. */
export const requestsOfIdQuery = (requestId: string) =>
  queryOptions({
    queryKey: ['request', requestId],
    queryFn: async () => {
      const query = { requestId, limit: '20' };
      const { requests } = await read(client.requests.$get({ query } as object));
      return requests as readonly Mapping[];
    },
    // Isolates report once a second: it may still be on its way.
    refetchInterval: ({ state }) => (state.data?.length === 0 ? 2_000 : false),
  });

/** Whether a mapping fits the filter, as the API would say (worker/api/status.ts). */
export const fits = (mapping: Mapping, { pool, backend, outcome, status, path }: RequestFilter): boolean =>
  (pool === undefined || mapping.pool === pool) &&
  (backend === undefined || mapping.attempts.some((attempt) => attempt.backend === backend)) &&
  (outcome === undefined || mapping.attempts.some((attempt) => attempt.outcome === outcome)) &&
  (status === undefined || String(mapping.status) === status) &&
  (path === undefined || mapping.path.startsWith(path));

type Watcher = (mappings: readonly Mapping[]) => void;

/** The live view's mappings as they come; whoever shows a tail listens. Nothing is kept while nobody does. */
export const tail = {
  watchers: new Set<Watcher>(),
  /** `again`: the live view is away; who shows a list asks for it anew. */
  againWatchers: new Set<() => void>(),
  add(mappings: readonly Mapping[]): void {
    for (const watcher of this.watchers) watcher(mappings);
  },
  askAgain(): void {
    for (const watcher of this.againWatchers) watcher();
  },
};
