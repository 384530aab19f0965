/** Which routes led to a pool that none leads to now, according to the kept revisions. */
import { queryOptions } from '@tanstack/react-query';
import { leadsTo } from '../model/maintenance.ts';
import type { Config, RouteConfig } from './config.ts';
import { revisionQuery, revisionsQuery } from './revisions.ts';

/** Revisions that are read, newest first, before the search ends. */
const MOST_READ = 20;

/** The newest revision in which a route led to the pool, and those of its routes that still exist and lead elsewhere. */
export interface FormerRoutes {
  readonly revision: number;
  readonly routes: readonly RouteConfig[];
}

/** The former routes of `pool`; null: none are known. `config` is the document of `revision`, the one in force. */
export const formerRoutesQuery = (pool: string, revision: number, config: Config) =>
  queryOptions({
    queryKey: ['former-routes', pool, revision],
    queryFn: async ({ client: queries }): Promise<FormerRoutes | null> => {
      const { revisions } = await queries.fetchQuery({ ...revisionsQuery, staleTime: 0 });
      for (const { revision: earlier } of revisions
        .filter((row) => row.revision < revision)
        .slice(0, MOST_READ)) {
        const { config: document } = await queries.fetchQuery(revisionQuery(earlier));
        const routes = document.routes.filter((route) => leadsTo(pool, route));
        const movable = routes.filter(({ id }) => config.routes.some((route) => route.id === id));
        if (routes.length > 0) return movable.length > 0 ? { revision: earlier, routes: movable } : null;
      }
      return null;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
