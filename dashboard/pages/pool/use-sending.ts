/** A backend's form on its way to the API: asked about while it is typed, and sent. */
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Problem } from '../../../worker/config/check.ts';
import type { ApiError } from '../../api/client.ts';
import { type BackendConfig, configQuery, type PoolConfig } from '../../api/config.ts';
import { type Change, putBackend } from '../../changes/change.ts';
import { dryRun, useDryRun } from '../../changes/dry-run.ts';
import { useChange } from '../../changes/use-change.ts';
import { within } from '../../model/problems.ts';

/**
 * The draft as a change: checked while it is typed, and once more when it is sent. `edit` is the backend's id, `+` for a
 * new one; problems have the paths of the backend's fields.
 */
export function useSending(pool: PoolConfig, edit: string, draft: BackendConfig) {
  const queries = useQueryClient();
  const { run, busy } = useChange();
  const [refused, setRefused] = useState<{ draft: BackendConfig; problems: readonly Problem[] } | null>(null);
  const change = useMemo((): Change => {
    const isNew = edit === '+';
    const label = isNew ? `Added ${draft.id} to ${pool.id}` : `Changed ${draft.id} of ${pool.id}`;
    return putBackend(pool.id, draft, label);
  }, [pool.id, edit, draft]);
  // A new one is appended for the check even where its id is taken: the API then says so instead of replacing.
  const checked = useMemo((): Change => {
    if (edit !== '+') return change;
    const append = (one: PoolConfig) =>
      one.id === pool.id ? { ...one, backends: [...one.backends, draft] } : one;
    return { ...change, apply: (config) => ({ ...config, pools: config.pools.map(append) }) };
  }, [change, edit, draft, pool.id]);
  const found = useDryRun(checked);
  const config = queries.getQueryData(configQuery.queryKey)?.config;
  const place = config?.pools.findIndex(({ id }) => id === pool.id) ?? 0;
  const index = edit === '+' ? pool.backends.length : pool.backends.findIndex(({ id }) => id === edit);
  const part = `pools[${place}].backends[${index}]`;
  /** Problems of the backend by its own paths, or of the pool's list of backends. */
  const ours = (problems: readonly Problem[]): Problem[] => {
    const own = within(problems, part);
    const path = `pools[${place}].backends`;
    return [...own, ...problems.filter((problem) => problem.path === path)];
  };
  const send = async (): Promise<boolean> => {
    try {
      const now = (await queries.ensureQueryData(configQuery)).config;
      const { errors } = await dryRun(now, checked);
      const own = ours(errors);
      // What is wrong elsewhere keeps the change from being made too.
      if (errors.length > 0) setRefused({ draft, problems: own.length > 0 ? own : errors });
      return errors.length === 0 && (await run(change, true));
    } catch (error) {
      const { errors, message } = error as ApiError;
      setRefused({ draft, problems: errors.length > 0 ? errors : [{ path: '', message }] });
      return false;
    }
  };
  const problems = refused?.draft === draft ? refused.problems : ours(found.errors);
  return { problems, warnings: within(found.warnings, part), send, busy };
}
