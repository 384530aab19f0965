/** Submits changes: shown at once, taken back when the API refuses them, and offered for undo when it accepts them. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { Store } from '@tanstack/react-store';
import { useCallback, useState } from 'react';
import { ApiError } from '../api/client.ts';
import { configQuery, type Revised } from '../api/config.ts';
import type { Change } from './change.ts';
import { mayChange, VIEWER_REASON } from './may-change.ts';
import { toastError, toastSuccess } from './toasts.ts';

/** A change that was refused (412) because revision `seen` is no longer in force. */
export interface Conflict {
  readonly change: Change;
  readonly seen: number;
}

/** The conflict that the operator must resolve; null when there is none. */
export const openConflict = new Store<Conflict | null>(null);

let last: Promise<unknown> = Promise.resolve();

/**
 * Sends a change after those before it, provided that the configuration is still the one this browser last saw. Returns
 * whether the API accepted it. A 412 opens a conflict, any other refusal is a toast. `quiet`: an ApiError is thrown
 * instead of the toast, for forms that show the API's messages at their fields.
 */
export function submitChange(queries: QueryClient, change: Change, quiet = false): Promise<boolean> {
  if (!mayChange(queries)) {
    toastError(`Failed: ${change.label}`, VIEWER_REASON);
    return Promise.resolve(false);
  }
  const done = last.then(() => sendNow(queries, change, quiet));
  last = done.catch(() => undefined);
  return done;
}

async function sendNow(queries: QueryClient, change: Change, quiet: boolean): Promise<boolean> {
  await queries.cancelQueries({ queryKey: configQuery.queryKey });
  const before =
    queries.getQueryData<Revised>(configQuery.queryKey) ?? (await queries.fetchQuery(configQuery));
  queries.setQueryData<Revised>(configQuery.queryKey, { ...before, config: change.apply(before.config) });
  try {
    const revision = await change.send(before.revision);
    queries.setQueryData<Revised>(configQuery.queryKey, (now) => now && { ...now, revision });
    const undo = change.undo(before.config);
    toastSuccess(change.label, undo && (() => void submitChange(queries, undo)));
    return true;
  } catch (error) {
    queries.setQueryData<Revised>(configQuery.queryKey, before);
    const { status, message } = error as ApiError;
    if (status === 412) openConflict.setState(() => ({ change, seen: before.revision }));
    else if (quiet && error instanceof ApiError) throw error;
    else toastError(`Failed: ${change.label}`, message);
    return false;
  } finally {
    void queries.invalidateQueries({ queryKey: configQuery.queryKey });
    void queries.invalidateQueries({ queryKey: ['revisions'] });
  }
}

/** submitChange for a component: `run` submits a change, `busy` is true while one of the component's own is under way. */
export function useChange() {
  const queries = useQueryClient();
  const [underWay, setUnderWay] = useState(0);
  const run = useCallback(
    async (change: Change, quiet = false): Promise<boolean> => {
      setUnderWay((n) => n + 1);
      try {
        return await submitChange(queries, change, quiet);
      } finally {
        setUnderWay((n) => n - 1);
      }
    },
    [queries],
  );
  return { run, busy: underWay > 0 };
}
