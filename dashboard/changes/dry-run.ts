/** What the API would say to a change, asked while the operator still types: errors and warnings, nothing changed. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Problem } from '../../worker/config/check.ts';
import { ApiError, send } from '../api/client.ts';
import { type Config, configQuery } from '../api/config.ts';
import type { Change } from './change.ts';

/** What a document would be told; paths are those of the whole document. */
export interface Findings {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const NOTHING: Findings = { errors: [], warnings: [] };

/** Checks the document as the change would leave it. Throws only when no answer about the document came. */
export async function dryRun(config: Config, change: Change): Promise<Findings> {
  try {
    const { warnings = [] } = await send<{ warnings?: readonly Problem[] }>(
      'PUT',
      '/config?dryRun=true',
      change.apply(config),
    );
    return { errors: [], warnings };
  } catch (error) {
    if (error instanceof ApiError && error.errors.length > 0) return { ...NOTHING, errors: error.errors };
    throw error;
  }
}

/** Where a part of the document stands: `pools[0].backends[2]`, `routes[3]`; null when it is not there. */
export function pathOf(
  config: Config,
  part: { readonly pool: string; readonly backend?: string } | { readonly route: string },
): string | null {
  if ('route' in part) return step('routes', config.routes, part.route);
  const pool = step('pools', config.pools, part.pool);
  if (pool === null || part.backend === undefined) return pool;
  const backends = config.pools.find(({ id }) => id === part.pool)?.backends ?? [];
  const backend = step('backends', backends, part.backend);
  return backend === null ? null : `${pool}.${backend}`;
}

const step = (name: string, items: readonly { readonly id: string }[], id: string): string | null => {
  // The last of that id: one that was appended twice is the newer one's fault.
  const index = items.findLastIndex((item) => item.id === id);
  return index < 0 ? null : `${name}[${index}]`;
};

const PAUSE_MS = 250;

/**
 * The findings about a change that is being typed, a moment after each stroke; null asks nothing. `change` is compared
 * by identity: make it with useMemo. What was found stays until there is something newer.
 */
export function useDryRun(change: Change | null): Findings {
  const queries = useQueryClient();
  const [findings, setFindings] = useState(NOTHING);
  const newest = useRef<Change | null>(null);
  useEffect(() => {
    newest.current = change;
    if (!change) {
      setFindings(NOTHING);
      return;
    }
    const timer = setTimeout(async () => {
      const { config } = await queries.ensureQueryData(configQuery);
      // No answer is no finding: sending the form will tell.
      const found = await dryRun(config, change).catch(() => NOTHING);
      if (newest.current === change) setFindings(found);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [queries, change]);
  return findings;
}
