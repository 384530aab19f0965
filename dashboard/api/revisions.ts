/** Earlier revisions of the configuration. */
import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

export type { Difference } from '../../worker/config/diff.ts';
export type {
  /** One revision, without its document. */
  Revision as RevisionRow,
  /** One revision with its document; `changes` against the one before, null when that is not kept. */
  RevisionDetails,
} from '../../worker/protocol/config-schemas.ts';

/** The revisions kept, newest first. */
export const revisionsQuery = queryOptions({
  queryKey: ['revisions'],
  queryFn: () => call('GET /config/revisions'),
});

/** One revision. It never changes. */
export const revisionQuery = (revision: number) =>
  queryOptions({
    queryKey: ['revision', revision],
    queryFn: () => call('GET /config/revisions/:n', { params: { n: String(revision) } }),
    staleTime: Number.POSITIVE_INFINITY,
  });
