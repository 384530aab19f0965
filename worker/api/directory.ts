/** How API handlers call the Directory, and how its results become responses. */
import type { Context } from 'hono';
import type { Change } from '../config/changed.ts';
import type { Problem } from '../config/check.ts';
import type { Config } from '../config/schema.ts';
import type { ChangeOptions, ChangeResult } from '../protocol/messages.ts';
import { directoryObject } from '../protocol/rpc.ts';
import { type Drain, drainTimes } from '../stats/drain.ts';
import type { StatusContext } from '../stats/pool-status.ts';
import type { ApiEnv } from './auth/access.ts';
import { readPrecondition } from './http/conditions.ts';
import { fail, failInvalid } from './http/problem.ts';

/** The Directory, by a new stub each time: a stub that failed once keeps failing. */
export const directory = (c: Context<ApiEnv>) => directoryObject(c.env);

/** What the Directory knows: the document, its revision, and the drains. */
interface DirectoryState {
  readonly revision: number;
  readonly config: Config;
  readonly drains: readonly Drain[];
}

/** What the Directory knows. */
export const readConfig = (c: Context<ApiEnv>): Promise<DirectoryState> => directory(c).read();

/** The same for a response that only a new revision changes: sets the ETag that conditional requests compare. */
export async function readDocument(c: Context<ApiEnv>): Promise<DirectoryState> {
  const read = await readConfig(c);
  c.header('etag', `"${read.revision}"`);
  return read;
}

/** The context of a pool's status for a caller that has the status of every shard. */
export const statusContext = (c: Context<ApiEnv>, { revision, drains }: DirectoryState): StatusContext => ({
  revision,
  drains,
  times: drainTimes(c.env),
  complete: true,
});

/** Whether a change to the whole document is only to be checked. */
export const isDryRun = (c: Context<ApiEnv>): boolean => c.req.query('dryRun') === 'true';

/** Makes a change; throws the problem document of a refused one. */
export async function change(c: Context<ApiEnv>, asked: Change, dryRun = false) {
  return answerOf(c, await directory(c).change(asked, optionsOf(c, dryRun)), dryRun);
}

/** Deletes a part of the document. Returns the new revision, and the document that still held the part. */
export async function remove(c: Context<ApiEnv>, asked: Change) {
  const options = optionsOf(c, false);
  const { config } = await readConfig(c);
  const { revision } = answerOf(c, await directory(c).change(asked, options), false);
  return { revision, config };
}

/** The actor of a change and its conditions; throws a 400 when a condition cannot be read. */
export const optionsOf = (c: Context<ApiEnv>, dryRun: boolean): ChangeOptions => ({
  who: c.get('actor'),
  ...readPrecondition(c.req.header('if-match'), c.req.header('if-none-match')),
  dryRun,
});

/** The result of a change; sets status and ETag. Throws the problem document of a refused one. */
export function answerOf(c: Context<ApiEnv>, result: ChangeResult, dryRun: boolean) {
  if (!result.ok) return refuse(result);
  c.header('etag', `"${result.revision}"`);
  c.status(result.created && !dryRun ? 201 : 200);
  return result;
}

function refuse(result: Exclude<ChangeResult, { ok: true }>): never {
  switch (result.reason) {
    case 'invalid':
      return failInvalid(result.errors);
    case 'missing':
      return fail(404, result.detail);
    case 'conflict':
      return fail(409, result.detail);
    case 'precondition':
      return fail(412, result.detail);
    case 'stale':
      return fail(
        412,
        `The configuration is at revision ${result.revision}, which If-Match does not name; read it again and repeat the change.`,
      );
  }
}

/** The whole document as a response; that of a dry run says so, and lists what would change. */
export const documentAnswer = ({
  revision,
  config,
  warnings,
  changes,
}: Extract<ChangeResult, { ok: true }>) => ({
  revision,
  config,
  ...(changes ? { dryRun: true, changes } : {}),
  ...withWarnings(warnings),
});

/** Warnings as part of a response; left out when there are none. */
export const withWarnings = (warnings: readonly Problem[]): { warnings?: readonly Problem[] } =>
  warnings.length > 0 ? { warnings } : {};
