/** Recent mappings: read once, then pushed by the live view. */
import { queryOptions } from '@tanstack/react-query';
import type { Mapping } from '../../worker/protocol/messages.ts';
import { type Call, call } from './client.ts';

export type { Mapping } from '../../worker/protocol/messages.ts';

/** The filters of the list; the names are those of the API and of the URL. All are text, as in the URL. */
export interface RequestFilter {
  readonly pool?: string;
  readonly backend?: string;
  readonly outcome?: string;
  /** `502`, or a class such as `5xx`. */
  readonly status?: string;
  /** `true`: only those whose client got a 5xx, and those with an attempt that counted against its backend. */
  readonly failed?: string;
  /** `true`: only those with more than one attempt. */
  readonly retried?: string;
  readonly slowerThanMs?: string;
  readonly method?: string;
  readonly host?: string;
  readonly path?: string;
  readonly route?: string;
  /** `true`: only those that no route fitted. */
  readonly unrouted?: string;
  /** Only those answered in the last so many ms; not known to the API, but applied here. */
  readonly withinMs?: string;
}

/** As many mappings as the API keeps for each shard, and the page shows at most. */
export const KEPT = 1_000;

/** The mappings on record that fit, newest first. */
export const requestsQuery = (filter: RequestFilter) =>
  queryOptions({
    queryKey: ['requests', filter],
    queryFn: async () => {
      const { withinMs: _, unrouted, failed, retried, slowerThanMs, ...known } = filter;
      const requests = await readRequests({
        ...known,
        ...(unrouted === 'true' ? { status: '404' } : {}),
        ...(failed === 'true' ? { failed: true } : {}),
        ...(retried === 'true' ? { retried: true } : {}),
        ...(slowerThanMs === undefined ? {} : { slowerThanMs: Number(slowerThanMs) }),
        limit: KEPT,
      } as Call<'GET /requests'>['query']);
      return requests.filter((mapping) => fits(mapping, filter));
    },
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

const isRecent = ({ at, ms }: Mapping, { withinMs }: RequestFilter): boolean =>
  withinMs === undefined || at + ms >= Date.now() - Number(withinMs);

const hasStatus = (mapping: Mapping, status: string): boolean =>
  status.endsWith('xx') ? String(mapping.status)[0] === status[0] : String(mapping.status) === status;

/** Outcomes that count against a backend. */
const FAILED: ReadonlySet<string> = new Set(['failure-status', 'connect-failure', 'timeout', 'stalled']);

const hasFailed = ({ status, attempts }: Mapping): boolean =>
  status >= 500 || attempts.some(({ outcome }) => FAILED.has(outcome));

/** Whether a mapping fits the filter, as the API would say (worker/api/traffic/requests.ts). */
export const fits = (mapping: Mapping, filter: RequestFilter): boolean => {
  const { pool, backend, outcome, status, failed, retried, slowerThanMs, method, host, path, route } = filter;
  return (
    (pool === undefined || mapping.pool === pool) &&
    (backend === undefined || mapping.attempts.some((attempt) => attempt.backend === backend)) &&
    (outcome === undefined || mapping.attempts.some((attempt) => attempt.outcome === outcome)) &&
    (status === undefined || hasStatus(mapping, status)) &&
    (failed !== 'true' || hasFailed(mapping)) &&
    (filter.unrouted !== 'true' || mapping.route === null) &&
    (route === undefined || mapping.route === route) &&
    (retried !== 'true' || mapping.attempts.length > 1) &&
    (slowerThanMs === undefined || mapping.ms > Number(slowerThanMs)) &&
    (method === undefined || mapping.method === method) &&
    (host === undefined || mapping.host === host) &&
    (path === undefined || mapping.path.startsWith(path)) &&
    isRecent(mapping, filter)
  );
};

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
