/** What a rollback would change, asked without changing anything. */
import { queryOptions } from '@tanstack/react-query';
import type { Problem } from '../../worker/config/check.ts';
import { send } from './client.ts';
import type { Config } from './config.ts';
import type { Difference } from './revisions.ts';

/** The document that would be in force, and what differs from the present one. */
export interface Rehearsal {
  readonly revision: number;
  readonly config: Config;
  readonly changes: readonly Difference[];
  readonly warnings?: readonly Problem[];
}

/** The rehearsal of a rollback to a revision; `now`: the revision in force, so that a newer one is compared anew. */
export const rehearsalQuery = (to: number, now: number) =>
  queryOptions({
    queryKey: ['rehearsal', to, now],
    queryFn: () => send<Rehearsal>('POST', '/config/rollback?dryRun=true', { revision: to }),
    retry: false,
  });
