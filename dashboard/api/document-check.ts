/** What the API says about a whole document without changing anything: its messages by path, or what would change. */
import type { Problem } from '../../worker/config/check.ts';
import { ApiError, call, Unchecked } from './client.ts';
import type { Config } from './config.ts';
import type { Difference } from './revisions.ts';

/** A document that the API accepts, with its defaults filled in, what it would change, and its warnings. */
export interface Accepted {
  readonly ok: true;
  /** The revision that it was compared with. */
  readonly revision: number;
  readonly config: Config;
  readonly changes: readonly Difference[];
  readonly warnings: readonly Problem[];
}

/** A document that the API refuses, and why. */
export interface Refused {
  readonly ok: false;
  readonly errors: readonly Problem[];
}

/** Checks a document. Throws an ApiError when no response about the document came. */
export async function checkDocument(document: unknown): Promise<Accepted | Refused> {
  try {
    const answer = await call('PUT /config', { query: { dryRun: true }, body: new Unchecked(document) });
    return { ...answer, ok: true, changes: answer.changes ?? [], warnings: answer.warnings ?? [] };
  } catch (error) {
    if (error instanceof ApiError && error.errors.length > 0) return { ok: false, errors: error.errors };
    throw error;
  }
}
