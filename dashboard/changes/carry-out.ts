/** Carries a change out: shown at once, taken back when the API refuses, offered to be undone when it was taken. */
import type { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/client.ts';
import { configQuery, type Revised } from '../api/config.ts';
import type { Change } from './change.ts';
import { conflicts } from './conflicts.ts';
import { tellDone, tellFailed } from './toasts.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * Sends a change after those before it, on the condition that nobody else has changed anything since this browser last
 * looked. Returns whether it was taken. A 412 becomes a question (conflicts.ts), any other refusal a toast.
 * `quiet`: an ApiError is thrown instead, for forms that show the API's messages at their fields.
 */
export function carryOut(queries: QueryClient, change: Change, quiet = false): Promise<boolean> {
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
    tellDone(change.label, undo && (() => void carryOut(queries, undo)));
    return true;
  } catch (error) {
    queries.setQueryData<Revised>(configQuery.queryKey, before);
    const { status, message } = error as ApiError;
    if (status === 412) conflicts.ask({ change, seen: before.revision });
    else if (quiet && error instanceof ApiError) throw error;
    else tellFailed(`Not done: ${change.label}`, message);
    return false;
  } finally {
    void queries.invalidateQueries({ queryKey: configQuery.queryKey });
    void queries.invalidateQueries({ queryKey: ['revisions'] });
  }
}
