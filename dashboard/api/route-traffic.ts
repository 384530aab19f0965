/** How much traffic a route has, for the question before it is deleted. */
import type { QueryClient } from '@tanstack/react-query';
import type { RouteConfig } from './config.ts';
import { KEPT, requestsQuery } from './requests.ts';

/** Requests longer ago than this do not count as traffic. */
const WINDOW_MS = 60_000;

/** The requests of a route per second, over the last minute or what the record holds of it; 0: none on record. */
export async function routeRate(queries: QueryClient, { id, pool }: RouteConfig): Promise<number> {
  const requests = await queries.fetchQuery({ ...requestsQuery({ pool: pool ?? undefined }), staleTime: 0 });
  const now = Date.now();
  const recent = requests.filter(({ at }) => at > now - WINDOW_MS);
  // A full record reaches back only to its oldest request.
  const oldest = recent.at(-1)?.at ?? now;
  const spanMs = requests.length < KEPT ? WINDOW_MS : Math.max(1_000, now - oldest);
  return (recent.filter(({ route }) => route === id).length * 1_000) / spanMs;
}
