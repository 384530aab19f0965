/** What the API makes of a whole document without changing anything: its messages by path, or what would differ. */
import type { Problem } from '../../worker/config/check.ts';
import { ApiError, send } from './client.ts';
import type { Config } from './config.ts';
import type { Difference } from './revisions.ts';

/** A document that the API would take, with its defaults filled in: what it changes, and what should be known of it. */
export interface Accepted {
  readonly ok: true;
  /** The revision that it was compared with. */
  readonly revision: number;
  readonly config: Config;
  readonly changes: readonly Difference[];
  readonly warnings: readonly Problem[];
}

/** A document that it would refuse, and why. */
export interface Refused {
  readonly ok: false;
  readonly errors: readonly Problem[];
}

interface Answer {
  readonly revision: number;
  readonly config: Config;
  readonly changes?: readonly Difference[];
  readonly warnings?: readonly Problem[];
}

/** Asks. Throws an ApiError when no answer about the document came. */
export async function checkDocument(document: unknown): Promise<Accepted | Refused> {
  try {
    const answer = await send<Answer>('PUT', '/config?dryRun=true', document);
    return { ...answer, ok: true, changes: answer.changes ?? [], warnings: answer.warnings ?? [] };
  } catch (error) {
    if (error instanceof ApiError && error.errors.length > 0) return { ok: false, errors: error.errors };
    throw error;
  }
}
