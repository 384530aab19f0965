/** What a rollback would change, as a dry run. */
import { queryOptions } from '@tanstack/react-query';
import { type AnswerOf, call } from './client.ts';
import type { Difference } from './revisions.ts';

/** The document that would be in force, its warnings, and what would change. */
export type Rehearsal = AnswerOf<'POST /config/rollback'> & { readonly changes: readonly Difference[] };

/** The dry run of a rollback to revision `to`. `now` is the revision in force: a newer one is compared again. */
export const rehearsalQuery = (to: number, now: number) =>
  queryOptions({
    queryKey: ['rehearsal', to, now],
    queryFn: async (): Promise<Rehearsal> => {
      const answer = await call('POST /config/rollback', { query: { dryRun: true }, body: { revision: to } });
      return { ...answer, changes: answer.changes ?? [] };
    },
    retry: false,
  });
