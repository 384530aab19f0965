/** The list of requests as it grows: newest first, without duplicates, limited to what is kept. No I/O. */
import { KEPT, type Mapping } from '../../api/requests.ts';
import type { Line } from '../../model/export.ts';

/** Identifies a request. Its id alone does not, because clients may reuse ids. */
export const keyOf = ({ requestId, at, pool, path }: Mapping): string => `${requestId} ${at} ${pool}${path}`;

/** Sorts by the time of the response, latest first, as the API does. */
const byEnd = (a: Mapping, b: Mapping): number => b.at + b.ms - (a.at + a.ms);

/** Both lists as one. Known requests keep their identity, so that their rows are not drawn again. */
export function mergeRequests(known: readonly Mapping[], fresh: readonly Mapping[]): readonly Mapping[] {
  const keys = new Set(known.map(keyOf));
  const added: Mapping[] = [];
  for (const mapping of fresh) {
    const key = keyOf(mapping);
    if (keys.has(key)) continue;
    keys.add(key);
    added.push(mapping);
  }
  return added.length === 0 ? known : [...added, ...known].sort(byEnd).slice(0, KEPT);
}

/** A request as a line of an export. */
export const lineOf = (mapping: Mapping): Line => ({
  requestId: mapping.requestId,
  receivedAt: new Date(mapping.at).toISOString(),
  method: mapping.method,
  host: mapping.host,
  path: mapping.path,
  route: mapping.route,
  pool: mapping.pool,
  backend: mapping.backend,
  reason: mapping.reason,
  attempts: mapping.attempts.map(({ backend, outcome }) => `${backend}:${outcome}`).join(' '),
  status: mapping.status,
  ms: mapping.ms,
  colo: mapping.colo,
});

/** How many requests of `now` are not among those `shown`. */
export function countNew(shown: readonly Mapping[], now: readonly Mapping[]): number {
  if (shown === now) return 0;
  const keys = new Set(shown.map(keyOf));
  return now.filter((mapping) => !keys.has(keyOf(mapping))).length;
}
