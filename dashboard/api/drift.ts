/** How the configuration in force differs from the declared one. */
import { queryOptions } from '@tanstack/react-query';
import type { Problem } from '../../worker/config/check.ts';
import { type Config, declaredQuery } from './config.ts';
import { checkDocument } from './document-check.ts';
import type { Difference } from './revisions.ts';

/** `none`: nothing is declared. `changes`: from what is in force to what is declared. */
export type Drift =
  | { readonly kind: 'none' }
  | { readonly kind: 'faulty'; readonly errors: readonly Problem[] }
  | { readonly kind: 'compared'; readonly declared: Config; readonly changes: readonly Difference[] };

/** The drift at `revision`, the one in force. */
export const driftQuery = (revision: number) =>
  queryOptions({
    queryKey: ['drift', revision],
    queryFn: async ({ client: queries }): Promise<Drift> => {
      const { declared } = await queries.fetchQuery(declaredQuery);
      if (!declared) return { kind: 'none' };
      const checked = await checkDocument(declared);
      if (!checked.ok) return { kind: 'faulty', errors: checked.errors };
      return { kind: 'compared', declared, changes: checked.changes };
    },
  });
