/** Earlier revisions of the configuration. */
import { queryOptions } from '@tanstack/react-query';
import type { Difference } from '../../worker/config/diff.ts';
import { client, read } from './client.ts';
import type { Config } from './config.ts';

export type { Difference } from '../../worker/config/diff.ts';

/** One revision, without its document. */
export interface RevisionRow {
  readonly revision: number;
  readonly at: number;
  readonly who: string;
  readonly summary: string;
}

/** One revision whole; `changes` against the one before, null when that is not kept. */
export interface RevisionDetails extends RevisionRow {
  readonly config: Config;
  readonly changes: readonly Difference[] | null;
}

/** The revisions kept, newest first. */
export const revisionsQuery = queryOptions({
  queryKey: ['revisions'],
  queryFn: () => read(client.config.revisions.$get()) as Promise<{ revisions: readonly RevisionRow[] }>,
});

/** One revision. It never changes. */
export const revisionQuery = (revision: number) =>
  queryOptions({
    queryKey: ['revision', revision],
    queryFn: () =>
      read(
        client.config.revisions[':n'].$get({ param: { n: String(revision) } }),
      ) as unknown as Promise<RevisionDetails>,
    staleTime: Number.POSITIVE_INFINITY,
  });
